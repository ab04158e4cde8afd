import fc from 'fast-check';
import { expect, test } from 'vitest';
import { shippedModel } from '../../../planners/estimate/shipped-model.ts';
import { makePlan } from '../../../planners/plan/make-plan.ts';
import type { Plan } from '../../../planners/plan/plan.ts';
import type { MoveUnderWay } from '../../../planners/choose/under-way.ts';
import { createRandom } from '../../../src/world/random.ts';
import { aRunbook, aTopology, aWorkload } from '../../support/fleets.ts';
import { anyUnderWay } from '../../support/under-way.ts';
import { policedFleet } from '../../support/policed-fleets.ts';
import { asPlanned, breaches, stretched } from '../../support/replay-plan.ts';

const seed = Number(process.env['SEED'] ?? 1);
const nowSeconds = 1_764_000_000;
const fleets = fc.record({
  seed: fc.integer({ min: 1, max: 100_000 }),
  workloads: fc.integer({ min: 4, max: 12 }),
  sites: fc.integer({ min: 2, max: 4 }),
  goal: fc.constantFrom('evacuate' as const, 'drain-host' as const, 'move' as const, 'rebalance' as const),
});
const planOf = (
  { topology, runbook }: ReturnType<typeof policedFleet>,
  underWay: readonly MoveUnderWay[] = [],
): Plan => {
  return makePlan({
    topology,
    runbook,
    model: shippedModel,
    nowSeconds,
    random: createRandom(seed),
    underWay,
  });
};

test('at no instant of a plan is a policy newly broken, a host overfull or a limit exceeded, however long moves take', () => {
  let moves = 0;
  fc.assert(
    fc.property(fleets, fc.integer({ min: 1, max: 1000 }), (drawn, pace) => {
      const plan = planOf(policedFleet(drawn));
      moves += plan.moves.length;
      expect(breaches(plan, asPlanned(plan))).toEqual([]);
      const random = createRandom(pace);
      expect(
        breaches(
          plan,
          stretched(plan, () => 0.3 + 3 * random.next()),
        ),
      ).toEqual([]);
    }),
    { seed, numRuns: 35 },
  );
  expect(moves).toBeGreaterThan(35);
});

/** Nothing makes a move of another run wait for one of ours that is late, so these hold as planned. */
const ofTheMoment = / moves, \d+ may be$| bytes a second$/;

test('beside whatever other runs do no limit is exceeded, no policy broken and no host overfull by a plan', () => {
  let moves = 0;
  let others = 0;
  fc.assert(
    fc.property(fleets, fc.integer({ min: 1, max: 100_000 }), (drawn, pace) => {
      const fleet = policedFleet(drawn);
      const underWay = anyUnderWay(fleet.topology, { seed: pace, atUnixSeconds: nowSeconds });
      const plan = planOf(fleet, underWay);
      moves += plan.moves.length;
      others += underWay.length;
      const theirs = new Set(underWay.map(({ workload }) => workload));
      expect(plan.moves.filter(({ workload }) => theirs.has(workload))).toEqual([]);
      expect(breaches(plan, asPlanned(plan), underWay)).toEqual([]);
      const random = createRandom(pace);
      const late = stretched(plan, () => 0.3 + 3 * random.next());
      expect(breaches(plan, late, underWay).filter((breach) => !ofTheMoment.test(breach))).toEqual([]);
    }),
    { seed, numRuns: 50 },
  );
  expect(Math.min(moves, others)).toBeGreaterThan(50);
});

test('the replay names each kind of breach, and not what was broken before anything moved', () => {
  const topology = aTopology({ workloads: [aWorkload(), aWorkload({ name: 'b', last: 11 })] });
  const runbook = aRunbook({ limits: { movesMax: 1 } });
  const plan = makePlan({ topology, runbook, model: shippedModel, nowSeconds: 0, random: createRandom(1) });
  expect(breaches(plan, asPlanned(plan))).toEqual([]);
  const names = ['app', 'b', 'c'];
  const policies = {
    ...topology.policies,
    antiAffinity: [
      { name: 'apart', workloads: ['app', 'b'], scope: 'host' as const },
      { name: 'far apart', workloads: ['app', 'b'], scope: 'site' as const },
    ],
    quorums: [{ name: 'quorum', workloads: names }],
    zones: [{ name: 'cards', zone: 'cards', workloads: ['b'], neverBeside: ['c'], scope: 'host' as const }],
  };
  const sites = topology.sites.map((site) => ({
    ...site,
    zones: site.name === 'paris' ? ['cards'] : [],
    hosts: site.hosts.map((host) => ({ ...host, memoryBytes: 16 * 2 ** 30, movesMax: 1 })),
  }));
  const workloads = [...topology.workloads, aWorkload({ name: 'c', site: 'lyon', last: 12 })];
  const [first, second] = asPlanned(plan);
  const there = { site: 'lyon', host: 'h1' };
  const both = [first!, second!].map(({ move }) => ({
    move: {
      ...move,
      decision: { ...move.decision, chosen: { ...move.decision.chosen, target: there } },
    },
    startSeconds: 0,
    endSeconds: 10,
  }));
  expect(breaches({ ...plan, topology: { ...topology, policies, sites, workloads } }, both)).toEqual([
    'cards: b beside c',
    'cards: b at lyon, which may not hold cards',
    'quorum: 2 disturbed at once, 1 may be',
    'lyon/h1: memory',
    'run: 2 moves, 1 may be',
    'lyon/h1: 2 moves, 1 may be',
    'paris/h1: 2 moves, 1 may be',
    'wan: 200000000 of 100000000 bytes a second',
  ]);
  const apart = workloads.map((each) => (each.name === 'b' ? { ...each, host: 'h2' } : each));
  expect(breaches({ ...plan, topology: { ...topology, policies, sites, workloads: apart } }, both)).toContain(
    'apart: app and b on one host',
  );
});
