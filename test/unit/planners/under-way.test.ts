import { describe, expect, test } from 'vitest';
import { lessTaken, type MoveUnderWay } from '../../../planners/choose/under-way.ts';
import { shippedModel } from '../../../planners/estimate/shipped-model.ts';
import { makePlan } from '../../../planners/plan/make-plan.ts';
import type { Plan } from '../../../planners/plan/plan.ts';
import { sentenceOf } from '../../../planners/plan/reasons.ts';
import { planText } from '../../../src/cli/render/plan.ts';
import { createRandom } from '../../../src/world/random.ts';
import type { Goal } from '../../../topology/resolve/runbook.ts';
import type { Topology } from '../../../topology/resolve/topology.ts';
import { aRunbook, aTopology, aWorkload } from '../../support/fleets.ts';
import { aMoveUnderWay } from '../../support/under-way.ts';

const now = 1_764_000_000;
const planOf = (
  topology: Topology,
  underWay: readonly MoveUnderWay[],
  changes: Parameters<typeof aRunbook>[0] = {},
): Plan =>
  makePlan({
    topology,
    runbook: aRunbook(changes),
    model: shippedModel,
    nowSeconds: now,
    random: createRandom(1),
    underWay,
  });
const going = (changes: Partial<MoveUnderWay> = {}): MoveUnderWay =>
  aMoveUnderWay({ fromUnixSeconds: now - 100, toUnixSeconds: now + 600, ...changes });
const two = [aWorkload(), aWorkload({ name: 'b', last: 11 })];
const moveOf = ({ moves }: Plan, name: string) => moves.find(({ workload }) => workload === name)!;
const whyStays = ({ stays }: Plan, name: string) =>
  stays.find(({ workload }) => workload === name)?.because.map(sentenceOf);

/** Hosts with one quality, the second host of each site as it was. */
const withFirstHosts = (topology: Topology, change: object): Topology => ({
  ...topology,
  sites: topology.sites.map((site) => ({
    ...site,
    hosts: site.hosts.map((host, index) => (index === 0 ? { ...host, ...change } : host)),
  })),
});

describe('what is under way', () => {
  test('is not planned again; it stays, with its run, its target and its end as the reason', () => {
    const plan = planOf(aTopology({ workloads: two }), [going()]);
    expect(plan.moves.map(({ workload }) => workload)).toEqual(['b']);
    expect(whyStays(plan, 'app')).toEqual([
      'run other-1 moves it to lyon/h1 already, until 2025-11-24 16:10 UTC (P90)',
    ]);
    expect(plan.verdict).toBe('feasible');
    expect(plan.startSeconds).toBe(now);
  });

  test('nothing under way leaves a plan as it was, to the byte', () => {
    const topology = aTopology({ workloads: two });
    const { underWay: _, ...input } = {
      topology,
      runbook: aRunbook(),
      model: shippedModel,
      nowSeconds: now,
      underWay: [],
    };
    const without = makePlan({ ...input, random: createRandom(1) });
    const plan = planOf(topology, []);
    expect(JSON.stringify(plan)).toBe(JSON.stringify(without));
    expect(JSON.stringify(plan)).not.toContain('nderWay');
  });

  test('takes its rate of a link while it lasts, and no longer', () => {
    const plan = planOf(aTopology({ workloads: two }), [going({ toUnixSeconds: now + 30 })]);
    const [link] = plan.links;
    expect(link?.capacity).toEqual([
      { atSeconds: 0, bytesPerSecond: 50_000_000 },
      { atSeconds: 30, bytesPerSecond: 100_000_000 },
    ]);
    expect(link?.underWay).toEqual([
      { atSeconds: 0, bytesPerSecond: 50_000_000 },
      { atSeconds: 30, bytesPerSecond: 0 },
    ]);
    const { startSeconds, reservations, notBeforeSeconds } = moveOf(plan, 'b');
    expect(reservations[0]!.bytesPerSecond <= 50_000_000 || startSeconds >= 30).toBe(true);
    expect(notBeforeSeconds).toBe(startSeconds);
  });

  test('lets one move begin beside it with what it leaves of the link', () => {
    const whole = planOf(aTopology({ workloads: two }), [
      going({ toUnixSeconds: now + 7200, reservations: [{ link: 'wan', bytesPerSecond: 30_000_000 }] }),
    ]);
    expect(moveOf(whole, 'b')).toMatchObject({
      startSeconds: 0,
      reservations: [{ link: 'wan', bytesPerSecond: 70_000_000 }],
    });
    const full = planOf(aTopology({ workloads: two }), [
      going({ reservations: [{ link: 'wan', bytesPerSecond: 100_000_000 }] }),
    ]);
    expect(moveOf(full, 'b').startSeconds).toBe(600);
  });

  test.each([
    ['host', (topology: Topology) => withFirstHosts(topology, { movesMax: 1 })],
    [
      'site',
      (topology: Topology) => ({
        ...topology,
        sites: topology.sites.map((site) => (site.name === 'lyon' ? { ...site, movesMax: 1 } : site)),
      }),
    ],
    [
      'link',
      (topology: Topology) => ({
        ...topology,
        links: topology.links.map((link) => ({ ...link, movesMax: 1 })),
      }),
    ],
  ])('counts among the moves of a %s that takes one at a time', (_, limited) => {
    const plan = planOf(limited(aTopology({ workloads: two })), [going()]);
    expect(moveOf(plan, 'b').startSeconds).toBe(600);
  });

  test('is not counted in the limit of another runbook on its own moves', () => {
    const plan = planOf(aTopology({ workloads: two }), [going()], { limits: { movesMax: 1 } });
    expect(moveOf(plan, 'b').startSeconds).toBe(0);
  });

  test('has its memory at the target from the start on and keeps that at its source for good', () => {
    const gibibyte = 2 ** 30;
    const topology = aTopology({ workloads: two });
    const tight = {
      ...topology,
      sites: topology.sites.map((site) => ({
        ...site,
        hosts: site.hosts.slice(0, 1).map((host) => ({ ...host, memoryBytes: 16 * gibibyte })),
      })),
    };
    expect(planOf(tight, [going()]).moves.map(({ workload }) => workload)).toEqual(['b']);
    const third = { ...tight, workloads: [...two, aWorkload({ name: 'c', site: 'lyon', last: 12 })] };
    const plan = planOf(third, [going()]);
    expect(plan.moves).toEqual([]);
    expect(whyStays(plan, 'b')?.join('\n')).toContain('no host of lyon fits: 1 memory');
    const back = planOf(third, [going()], {
      goal: { kind: 'move', workloads: ['c'], to: 'paris' } satisfies Goal,
    });
    expect(back.moves).toEqual([]);
  });

  test('is where it goes to for those that must be apart, and where it comes from', () => {
    const [address] = aWorkload({ last: 12 }).addresses;
    const newAddresses = { paris: { network: 'lan', address: '10.1.0.12' } };
    const addresses = [{ ...address!, address: '10.2.0.12', newAddresses }];
    const topology = aTopology({
      workloads: [...two, aWorkload({ name: 'c', site: 'lyon', host: 'h2', addresses })],
      policies: {
        ...aTopology().policies,
        antiAffinity: [{ name: 'apart', workloads: ['app', 'b', 'c'], scope: 'host' }],
      },
    });
    expect(moveOf(planOf(topology, []), 'app').decision.chosen.target).toEqual({ site: 'lyon', host: 'h1' });
    expect(whyStays(planOf(topology, [going()]), 'b')?.join('\n')).toContain('2 anti-affinity');
    const home = planOf(topology, [going()], { goal: { kind: 'move', workloads: ['c'], to: 'paris' } });
    expect(moveOf(home, 'c').decision.chosen.target).toEqual({ site: 'paris', host: 'h2' });
  });

  test('counts as disturbed in its quorum until it has ended, also before it begins', () => {
    const names = ['app', 'b', 'c'];
    const topology = aTopology({
      workloads: [...two, aWorkload({ name: 'c', last: 12 })],
      policies: { ...aTopology().policies, quorums: [{ name: 'quorum', workloads: names }] },
    });
    const plan = planOf(topology, [going({ fromUnixSeconds: now + 300, reservations: [] })]);
    expect(Math.min(...plan.moves.map(({ startSeconds }) => startSeconds))).toBe(600);
    expect(plan.moves).toHaveLength(2);
  });

  test('is waited for by those that depend on it', () => {
    const workloads = [aWorkload(), aWorkload({ name: 'b', last: 11, dependsOn: ['app'] })];
    const plan = planOf(aTopology({ workloads }), [going({ reservations: [] })]);
    expect(moveOf(plan, 'b').startSeconds).toBe(600);
    expect(moveOf(plan, 'b').notBeforeSeconds).toBe(600);
    expect(moveOf(plan, 'b').decision.because.map(sentenceOf)).toContain(
      'it waits for app, which it depends on and run other-1 moves until 2025-11-24 16:10 UTC (P90)',
    );
  });

  test('holds back who depends on it for good when it has stopped, and takes no link', () => {
    const workloads = [...two, aWorkload({ name: 'c', last: 12, dependsOn: ['app'] })];
    const plan = planOf(aTopology({ workloads }), [going({ toUnixSeconds: null })]);
    expect(plan.moves.map(({ workload, startSeconds }) => [workload, startSeconds])).toEqual([['b', 0]]);
    expect(plan.links[0]?.underWay).toBeUndefined();
    expect(whyStays(plan, 'c')).toEqual([
      'it depends on app, and run other-1 stopped while it moved that; settle it (longhaul show other-1), then plan again',
    ]);
    expect(whyStays(plan, 'app')).toEqual([
      'run other-1 stopped while it moved it to lyon/h1; a person has to settle that: longhaul show other-1',
      'when it will be there cannot be told before that is settled',
    ]);
    expect(plan.verdict).toBe('none-found');
  });

  test('holds only its place when it has ended', () => {
    const plan = planOf(aTopology({ workloads: two }), [going({ toUnixSeconds: now - 1 })]);
    expect(plan.moves.map(({ workload, startSeconds }) => [workload, startSeconds])).toEqual([['b', 0]]);
    expect(whyStays(plan, 'app')).toEqual([
      'run other-1 has it at lyon/h1, and ends later than this plan starts',
    ]);
    expect(plan.verdict).toBe('feasible');
  });

  test('is no part of a goal that wants it elsewhere, or sooner', () => {
    const elsewhere = planOf(aTopology({ workloads: two }), [
      going({ target: { site: 'paris', host: 'h2' }, reservations: [] }),
    ]);
    expect(whyStays(elsewhere, 'app')?.at(-1)).toBe(
      'that is not where this goal wants it: plan again when that run has ended',
    );
    expect(elsewhere.verdict).toBe('none-found');
    const late = planOf(aTopology({ workloads: two }), [going()], { deadlineSeconds: now + 590 });
    expect(whyStays(late, 'app')?.at(-1)).toBe('that is after the deadline, 2025-11-24 16:09 UTC');
    expect(late.verdict).not.toBe('feasible');
  });

  test('is named where it comes to a site that is to be emptied', () => {
    const workloads = [aWorkload({ name: 'b' }), aWorkload({ site: 'lyon', host: 'h1', last: 12 })];
    const plan = planOf(aTopology({ workloads }), [
      going({ source: { site: 'lyon', host: 'h1' }, target: { site: 'paris', host: 'h1' } }),
    ]);
    expect(whyStays(plan, 'app')?.[0]).toContain('run other-1 moves it to paris/h1 already');
    expect(plan.verdict).toBe('none-found');
  });

  test('is load where it goes to, and is left alone, when hosts are levelled or switched off', () => {
    const gibibyte = 2 ** 30;
    const topology = withFirstHosts(aTopology({ workloads: two }), { memoryBytes: 32 * gibibyte });
    const aim = (kind: 'level' | 'power-off'): Goal => ({
      kind: 'rebalance',
      sites: ['paris', 'lyon'],
      aim: kind,
    });
    for (const kind of ['level', 'power-off'] as const) {
      const plan = planOf(topology, [going()], { goal: aim(kind) });
      expect(plan.moves.filter(({ workload }) => workload === 'app')).toEqual([]);
    }
    const off = planOf(topology, [going()], { goal: aim('power-off') });
    expect(off.outcome.map(sentenceOf).join()).not.toContain('lyon/h1');
  });

  test('keeps the address that it was given at its target', () => {
    const clone = { template: 'app', seconds: 40, bytes: 0, pool: 'web' };
    const plain = aWorkload();
    const workloads = two.map((each, index) => ({
      ...each,
      clone,
      methods: ['redirect' as const],
      sessions: 'drain' as const,
      addresses: plain.addresses.map((address) => ({
        ...address,
        address: `10.1.0.${10 + index}`,
        newAddresses: {},
      })),
    }));
    const topology = aTopology({ workloads });
    const pooled = {
      ...topology,
      sites: topology.sites.map((site) => ({
        ...site,
        balancers: [
          { name: `lb-${site.name}`, url: 'tcp://127.0.0.1:1', driver: 'haproxy' as const, pools: ['web'] },
        ],
      })),
    };
    const given = (underWay: readonly MoveUnderWay[]) =>
      moveOf(planOf(pooled, underWay), 'b').addresses[0]?.newAddress;
    const first = '10.2.0.2';
    expect(given([going({ addresses: [{ network: 'lan', address: first }] })])).toBe('10.2.0.3');
    expect(given([going()])).toBe(first);
  });

  test('is as far at a start that has passed as it is now', () => {
    const topology = aTopology({ workloads: two });
    const full = going({ reservations: [{ link: 'wan', bytesPerSecond: 100_000_000 }] });
    const passed = planOf(topology, [full], { startSeconds: now - 86_400, deadlineSeconds: now - 80_000 });
    expect(moveOf(passed, 'b').startSeconds).toBe(600);
    expect(passed.verdict).toBe('feasible');
    const later = planOf(topology, [full], { startSeconds: now + 500 });
    expect(moveOf(later, 'b').startSeconds).toBe(100);
  });

  test('may be told in any order', () => {
    const workloads = [...two, aWorkload({ name: 'c', last: 12 }), aWorkload({ name: 'd', last: 13 })];
    const all = [
      going({ reservations: [{ link: 'wan', bytesPerSecond: 0.1 }] }),
      going({ run: 'another-1', workload: 'b', reservations: [{ link: 'wan', bytesPerSecond: 0.2 }] }),
      going({ run: 'third-1', workload: 'b', reservations: [{ link: 'wan', bytesPerSecond: 0.3 }] }),
    ];
    const topology = aTopology({ workloads });
    expect(planOf(topology, all.toReversed()).hash).toBe(planOf(topology, all).hash);
  });

  test('is in what people see: a line for each run, and a bar beside that of the link', () => {
    const workloads = [...two, aWorkload({ name: 'c', last: 12 })];
    const text = planText(
      planOf(aTopology({ workloads }), [
        going(),
        going({
          workload: 'c',
          toUnixSeconds: now + 900,
          reservations: [{ link: 'wan', bytesPerSecond: 1e6 }],
        }),
      ]),
    );
    expect(text).toContain(
      'Already under way, and left room by this plan\n- run other-1: 2 moves until 2025-11-24 16:15 UTC (P90), up to 408 Mbit/s of\n  link wan',
    );
    expect(text).toMatch(
      /\nLinks, part of what moves may use \(\+: taken by other runs\)\nwan  .*\n\+ wan  +▅/,
    );
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
  });
});

test('steps with what is taken from them never fall below nothing, and come back', () => {
  const steps = [
    { atSeconds: 0, amount: 10 },
    { atSeconds: 20, amount: 4 },
  ];
  const taken = [
    { fromSeconds: 10, toSeconds: 30, amount: 3 },
    { fromSeconds: 25, toSeconds: Number.POSITIVE_INFINITY, amount: 3 },
  ];
  expect(lessTaken(steps, taken)).toEqual([
    { atSeconds: 0, amount: 10 },
    { atSeconds: 10, amount: 7 },
    { atSeconds: 20, amount: 1 },
    { atSeconds: 25, amount: 0 },
    { atSeconds: 30, amount: 1 },
  ]);
});
