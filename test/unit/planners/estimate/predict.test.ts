import { expect, test } from 'vitest';
import type { Estimate } from '../../../../planners/estimate/estimate.ts';
import type { EstimateInput } from '../../../../planners/estimate/observation.ts';
import { estimate } from '../../../../planners/estimate/predict.ts';
import { shippedModel } from '../../../../planners/estimate/shipped-model.ts';
import { measuredMove } from '../../../support/observations.ts';

const gibibyte = 2 ** 30;
const idle: EstimateInput = {
  id: 'idle',
  guest: { memoryBytes: gibibyte, residentBytes: gibibyte / 2, accelerator: 'kvm' },
  dirty: [1, 3, 10].map((seconds) => ({ seconds, mebibytesPerSecond: 0 })),
  link: {
    bitsPerSecond: 100e6,
    rttSeconds: 0.02,
    jitterSeconds: 0,
    loss: 0,
    bufferSeconds: 0.05,
    mtuBytes: 1500,
    congestionControl: 'cubic',
    sendBufferBytes: 4_194_304,
  },
  settings: { downtimeLimitSeconds: 0.3, maxBandwidthBytesPerSecond: null },
  host: { cores: 8, load1: 0 },
};
const ask = (change: Partial<EstimateInput>): Estimate => estimate({ ...idle, ...change }, shippedModel);
const rate = (mebibytesPerSecond: number) => [1, 3].map((seconds) => ({ seconds, mebibytesPerSecond }));
const p50 = (range: { readonly p50: number } | null): number => range?.p50 ?? Number.NaN;

test('an idle guest completes in about its resident memory over the goodput', () => {
  const { verdict, totalSeconds, why, wouldCompleteWith } = ask({});
  expect({ verdict, wouldCompleteWith }).toEqual({ verdict: 'completes', wouldCompleteWith: null });
  expect(p50(totalSeconds)).toBeGreaterThan(42);
  expect(p50(totalSeconds)).toBeLessThan(50);
  expect(why[0]).toMatch(/^it sends 11\.\d MiB\/s: what 100 Mbit\/s leave after headers$/);
  expect(why[1]).toContain('a downtime limit of 300 ms allows 3.3');
});

test('a guest that rewrites its memory faster than the path carries does not converge, and is told what would help', () => {
  const answer = ask({ dirty: rate(40) });
  expect(answer).toMatchObject({ verdict: 'does-not-converge', totalSeconds: null, pauseSeconds: null });
  expect(answer.wouldCompleteWith?.bitsPerSecond).toBeGreaterThan(3 * 100e6);
  expect(answer.wouldCompleteWith?.downtimeLimitSeconds).toBeGreaterThan(3);
  expect(answer.why[1]).toContain('dirties more than that again');
});

test('what would help does help', () => {
  const helped = ask({ dirty: rate(40) }).wouldCompleteWith;
  const bitsPerSecond = (helped?.bitsPerSecond ?? 0) * 1.001;
  expect(ask({ dirty: rate(40), link: { ...idle.link, bitsPerSecond } }).verdict).toBe('completes');
});

test('nothing helps where neither the rate nor the limit is what is short', () => {
  const slow = { ...idle.link, rttSeconds: 5, sendBufferBytes: 4096 };
  expect(ask({ link: slow, settings: { timeoutSeconds: 10 } }).wouldCompleteWith).toEqual({
    bitsPerSecond: null,
    downtimeLimitSeconds: null,
  });
});

test('a move that would end after its timeout is not in time, and its times are told', () => {
  const answer = ask({ settings: { ...idle.settings, timeoutSeconds: 20 } });
  expect(answer.verdict).toBe('not-in-time');
  expect(p50(answer.totalSeconds)).toBeGreaterThan(20);
  expect(answer.why[1]).toMatch(/^it would end after 4\d\.?\d* s, and is cancelled after 20 s$/);
});

test('post-copy ends whatever the guest dirties, with a small pause and a longer stall', () => {
  const { verdict, pauseSeconds, sessionStallSeconds, why } = ask({
    dirty: rate(40),
    settings: { ...idle.settings, postcopyAfterPasses: 1 },
  });
  expect(verdict).toBe('completes');
  expect(p50(sessionStallSeconds)).toBeGreaterThan(p50(pauseSeconds) * 2);
  expect(why[1]).toBe('post-copy ends whatever the guest dirties');
});

test('post-copy at once sends each page once; after two passes more than after one', () => {
  const bytes = (postcopyAfterPasses: number) =>
    p50(ask({ dirty: rate(20), settings: { ...idle.settings, postcopyAfterPasses } }).transferredBytes);
  expect(bytes(0)).toBeLessThan(gibibyte / 2 + 1e7);
  expect(bytes(1)).toBeGreaterThan(bytes(0));
  expect(bytes(2)).toBeGreaterThan(bytes(1));
});

test('after post-copy at once a client waits for many more faults than after a pass', () => {
  const stall = (postcopyAfterPasses: number) => {
    const { sessionStallSeconds, pauseSeconds } = ask({
      dirty: rate(40),
      settings: { ...idle.settings, postcopyAfterPasses },
    });
    return p50(sessionStallSeconds) - p50(pauseSeconds);
  };
  expect(stall(0)).toBeGreaterThan(stall(1) * 2);
});

test('a gated start adds a control round trip to the pause', () => {
  const link = { ...idle.link, rttSeconds: 0.1 };
  const gated = p50(ask({ link, gatedStart: true }).pauseSeconds);
  expect(gated - p50(ask({ link }).pauseSeconds)).toBeCloseTo(0.1, 4);
});

test('a cap below the goodput empties the socket: a longer move, a shorter pause', () => {
  const settings = { ...idle.settings, maxBandwidthBytesPerSecond: 8e6 };
  const [capped, free] = [ask({ settings }), ask({})];
  expect(p50(capped.totalSeconds)).toBeGreaterThan(p50(free.totalSeconds) * 1.3);
  expect(p50(capped.pauseSeconds)).toBeLessThan(p50(free.pauseSeconds));
  expect(capped.why[0]).toContain('the cap of 7.63 MiB/s');
  expect(capped.why[2]).toContain('an empty socket');
});

test('each limit of the rate is named', () => {
  const lossy = { ...idle.link, loss: 0.01 };
  const long = { ...idle.link, rttSeconds: 0.3, sendBufferBytes: 262_144 };
  expect(ask({ link: lossy }).why[0]).toContain('a loss of 0.01 holds cubic below');
  expect(ask({ link: long }).why[0]).toContain('the socket buffers (256 KiB) allow no more');
  expect(ask({ settings: { ...idle.settings, compress: true }, host: { cores: 0.1 } }).why[0]).toContain(
    "the source's cores compress no more",
  );
});

test('the session stall adds how the path converges: tunnel, announcement, BGP, DNS', () => {
  const stall = (change: Partial<EstimateInput>) => {
    const { pauseSeconds, sessionStallSeconds } = ask(change);
    return p50(sessionStallSeconds) - p50(pauseSeconds);
  };
  const own = shippedModel.parameters.sessionSeconds;
  expect(stall({})).toBeCloseTo(own, 4);
  expect(stall({ method: 'stretched-live' })).toBeCloseTo(own + 0.05 + 0.01, 4);
  expect(stall({ convergence: { kind: 'bgp' } })).toBeCloseTo(own + 5.02, 4);
  expect(stall({ convergence: { kind: 'dns', seconds: 30 } })).toBeCloseTo(own + 30, 4);
});

const disks = [{ sizeBytes: 20e9, usedBytes: 10e9, writeBytesPerSecond: 1e6 }];

test('a disk that is not shared is mirrored before the memory, and its writes slow both', () => {
  const [with_, without] = [ask({ disks }), ask({})];
  expect(p50(with_.totalSeconds) - p50(without.totalSeconds)).toBeGreaterThan(10e9 / 12.5e6);
  expect(p50(with_.transferredBytes)).toBeGreaterThan(10e9);
  expect(ask({ disks: [{ ...disks[0]!, shared: true }] })).toEqual(without);
});

test('a seeded disk sends only what is new', () => {
  const seeded = ask({ disks: [{ ...disks[0]!, seededBytes: 9.9e9 }] });
  expect(p50(seeded.transferredBytes)).toBeLessThan(0.8e9);
});

test('only disks that are written to have a rest', () => {
  const written = { sizeBytes: 1e9, writeBytesPerSecond: 20e6 };
  const [one, beside] = [[written], [written, { sizeBytes: 50e9 }]].map((each) =>
    ask({ method: 'cold', disks: each, shutdownSeconds: 10, bootSeconds: 30 }),
  );
  expect(p50(beside!.pauseSeconds)).toBeCloseTo(p50(one!.pauseSeconds), 6);
});

test('a guest that writes faster than the path carries never gets its disk across', () => {
  const answer = ask({ disks: [{ sizeBytes: 20e9, writeBytesPerSecond: 20e6 }] });
  expect(answer.verdict).toBe('does-not-converge');
  expect(answer.why[1]).toContain('to its disks, and the path carries no more');
});

test('a cold move is down for shutdown, rest and boot; most of the disk crosses before', () => {
  const answer = ask({
    method: 'cold',
    disks,
    shutdownSeconds: 10,
    bootSeconds: 30,
    convergence: { kind: 'dns', seconds: 60 },
  });
  expect(answer.verdict).toBe('completes');
  expect(p50(answer.downtimeSeconds)).toBeGreaterThan(40);
  expect(p50(answer.downtimeSeconds)).toBeLessThan(45);
  expect(p50(answer.sessionStallSeconds)).toBeCloseTo(p50(answer.downtimeSeconds) + 60, 1);
  expect(p50(answer.totalSeconds)).toBeGreaterThan(800);
  expect(answer.passes).toBe(0);
});

test('a cold move ends even where writes fill the path', () => {
  const answer = ask({ method: 'cold', disks: [{ sizeBytes: 1e9, writeBytesPerSecond: 1e9 }] });
  expect(answer.verdict).toBe('completes');
  expect(p50(answer.downtimeSeconds)).toBeGreaterThan(1e9 / 12.5e6);
});

test('redirect pauses nothing and takes the clone, its image, and the balancer', () => {
  const answer = ask({ method: 'redirect', cloneSeconds: 30, disks: [{ sizeBytes: 1.16e9 }] });
  expect(answer.pauseSeconds).toEqual({ p10: 0, p50: 0, p90: 0 });
  expect(answer.sessionStallSeconds).toEqual({ p10: 0, p50: 0, p90: 0 });
  expect(p50(answer.totalSeconds)).toBeGreaterThan(125);
  expect(p50(answer.totalSeconds)).toBeLessThan(140);
});

test('moves that share a link each take longer', () => {
  const alone = p50(ask({}).totalSeconds);
  expect(p50(ask({ concurrent: [{}] }).totalSeconds)).toBeGreaterThan(alone * 1.9);
  expect(p50(ask({ concurrent: [{ bytesPerSecond: 2e6 }] }).totalSeconds)).toBeGreaterThan(alone * 1.1);
});

test('a measured move is answered within a few percent of what was measured', () => {
  for (const id of ['s1-046', 's2-042', 's2-068', 's1-034']) {
    const { outcome, ...input } = measuredMove(id);
    const answer = estimate(input, shippedModel);
    expect(answer.verdict).toBe('completes');
    expect(Math.abs(p50(answer.totalSeconds) / (outcome.totalSeconds ?? 0) - 1)).toBeLessThan(0.08);
    expect(Math.abs(p50(answer.transferredBytes) / (outcome.transferredBytes ?? 0) - 1)).toBeLessThan(0.06);
  }
});
