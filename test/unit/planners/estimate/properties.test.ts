import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Estimate, Quantiles } from '../../../../planners/estimate/estimate.ts';
import type { EstimateInput } from '../../../../planners/estimate/observation.ts';
import { estimate } from '../../../../planners/estimate/predict.ts';
import { quickEstimate } from '../../../../planners/estimate/quick.ts';
import { shippedModel } from '../../../../planners/estimate/shipped-model.ts';
import { anyInput, ordinaryMove } from '../../../support/estimate-inputs.ts';

const seed = Number(process.env['SEED'] ?? 20261122);
const options = { seed, numRuns: 600 };
const ask = (input: EstimateInput): Estimate => estimate(input, shippedModel);

const rangesOf = (answer: Estimate): Quantiles[] =>
  [
    answer.totalSeconds,
    answer.downtimeSeconds,
    answer.pauseSeconds,
    answer.sessionStallSeconds,
    answer.transferredBytes,
    answer.wireBytes,
  ].filter((range) => range !== null);

/** Rounding to six figures may turn equal into a hair more. */
const atMost = (value: number, bound: number): boolean => value <= bound * (1 + 2e-5) + 1e-9;

test('any input that the schema lets through gets finite, ordered, non-negative ranges', () => {
  fc.assert(
    fc.property(anyInput, (input) => {
      const answer = ask(input);
      for (const { p10, p50, p90 } of rangesOf(answer)) {
        expect([p10, p50, p90].every(Number.isFinite)).toBe(true);
        expect(p10).toBeGreaterThanOrEqual(0);
        expect(atMost(p10, p50) && atMost(p50, p90)).toBe(true);
      }
      expect(answer.completesProbability).toBeGreaterThanOrEqual(0);
      expect(answer.completesProbability).toBeLessThanOrEqual(1);
      expect(answer.totalSeconds === null).toBe(answer.verdict === 'does-not-converge');
      expect(JSON.stringify(answer)).not.toMatch(/NaN|Infinity|undefined/);
    }),
    options,
  );
});

const medians = (input: EstimateInput): Record<string, number> | null => {
  const { totalSeconds, downtimeSeconds, pauseSeconds } = ask(input);
  if (totalSeconds === null || downtimeSeconds === null || pauseSeconds === null) return null;
  return { total: totalSeconds.p50, downtime: downtimeSeconds.p50, pause: pauseSeconds.p50 };
};

const neverLonger = (better: EstimateInput, worse: EstimateInput): void => {
  const fast = medians(better);
  const slow = medians(worse);
  if (slow === null) return;
  if (fast === null) throw new Error('converges with the worse link and not with the better one');
  for (const [name, value] of Object.entries(fast))
    if (!atMost(value, slow[name] ?? 0))
      throw new Error(`${name}: ${value} with the better link, ${slow[name]} with the worse`);
};

test('a faster link never lengthens an unthrottled pre-copy move, its downtime or its pause', () => {
  fc.assert(
    fc.property(ordinaryMove, fc.double({ min: 1, max: 20, noNaN: true }), (input, factor) => {
      const { link } = input;
      neverLonger({ ...input, link: { ...link, bitsPerSecond: link.bitsPerSecond * factor } }, input);
    }),
    options,
  );
});

test('a longer round trip never shortens an unthrottled pre-copy move, its downtime or its pause', () => {
  fc.assert(
    fc.property(ordinaryMove, fc.double({ min: 0, max: 0.3, noNaN: true }), (input, more) => {
      const { link } = input;
      neverLonger(input, { ...input, link: { ...link, rttSeconds: link.rttSeconds + more } });
    }),
    options,
  );
});

test('a zero dirty rate is never does-not-converge', () => {
  fc.assert(
    fc.property(anyInput, (input) => {
      const quiet = { ...input, dirty: [{ seconds: 1, mebibytesPerSecond: 0 }], disks: [] };
      expect(ask(quiet).verdict).not.toBe('does-not-converge');
    }),
    options,
  );
});

test('an outcome and the order of dirty samples do not change the answer', () => {
  fc.assert(
    fc.property(ordinaryMove, (input) => {
      const told = { ...input, outcome: { status: 'completed', totalSeconds: 1 } };
      expect(ask(told)).toEqual(ask(input));
      expect(ask({ ...input, dirty: (input.dirty ?? []).toReversed() })).toEqual(ask(input));
    }),
    { ...options, numRuns: 100 },
  );
});

const widthOf = ({ p10, p90 }: Quantiles): number => Math.log(p90 / p10);

test('each field that is not told widens the range of the time and is named', () => {
  const full: EstimateInput = {
    id: 'full',
    guest: { memoryBytes: 2 ** 32, residentBytes: 2 ** 31, accelerator: 'kvm' },
    dirty: [{ seconds: 1, mebibytesPerSecond: 3 }],
    link: {
      bitsPerSecond: 1e9,
      rttSeconds: 0.02,
      jitterSeconds: 0,
      loss: 0,
      bufferSeconds: 0.05,
      mtuBytes: 1500,
      congestionControl: 'cubic',
      sendBufferBytes: 4_194_304,
    },
    settings: { downtimeLimitSeconds: 0.3, maxBandwidthBytesPerSecond: 134_217_728 },
    host: { load1: 0 },
  };
  const width = (input: EstimateInput): number =>
    widthOf(quickEstimate(input, shippedModel).ranges.totalSeconds!);
  const without = (part: 'guest' | 'link' | 'settings', key: string): EstimateInput => ({
    ...full,
    [part]: Object.fromEntries(Object.entries(full[part] ?? {}).filter(([name]) => name !== key)),
  });
  const { dirty: _dirty, ...unsampled } = full;
  const { host: _host, ...hostless } = full;
  const poorer: [string, EstimateInput][] = [
    ['guest.residentBytes', without('guest', 'residentBytes')],
    ['guest.accelerator', without('guest', 'accelerator')],
    ['dirty', unsampled],
    ['link.loss', without('link', 'loss')],
    ['link.jitterSeconds', without('link', 'jitterSeconds')],
    ['link.bufferSeconds', without('link', 'bufferSeconds')],
    ['link.mtuBytes', without('link', 'mtuBytes')],
    ['link.congestionControl', without('link', 'congestionControl')],
    ['link.sendBufferBytes', without('link', 'sendBufferBytes')],
    ['settings.downtimeLimitSeconds', without('settings', 'downtimeLimitSeconds')],
    ['settings.maxBandwidthBytesPerSecond', without('settings', 'maxBandwidthBytesPerSecond')],
    ['host', hostless],
    ['concurrent[].bytesPerSecond', { ...full, concurrent: [{}] }],
  ];
  expect(ask(full).why.join()).not.toContain('not told');
  for (const [name, input] of poorer) {
    expect(width(input), name).toBeGreaterThan(width(full));
    expect(ask(input).why.at(-1), name).toBe(`not told, so the range is wider: ${name}`);
  }
});
