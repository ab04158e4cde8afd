import { expect, test } from 'vitest';
import { createRandom } from '../../../../src/world/random.ts';
import { shippedModel } from '../../../../planners/estimate/shipped-model.ts';
import { explainWorkload } from '../../../../planners/explain/workload.ts';
import { summaryOf } from '../../../../planners/explain/summary.ts';
import { makePlan } from '../../../../planners/plan/make-plan.ts';
import type { Runbook } from '../../../../topology/resolve/runbook.ts';
import type { Topology } from '../../../../topology/resolve/topology.ts';
import { aRunbook, aTopology, aWorkload } from '../../../support/fleets.ts';

const planFor = (topology: Topology, runbook: Runbook = aRunbook()) =>
  makePlan({ topology, runbook, model: shippedModel, nowSeconds: 0, random: createRandom(1) });

const stuck = aWorkload({ name: 'stuck', last: 11, vtpm: true });
const home = aWorkload({ name: 'home', last: 12, site: 'lyon' });
const plan = planFor(aTopology({ workloads: [aWorkload(), home, stuck] }));

test('of a move every method is answered for, the chosen one first, and its parts add up to its cost', () => {
  const { outcome, because, candidates } = explainWorkload(plan, 'app');
  expect(outcome).toBe('moves');
  expect(because[0]).toEqual({
    code: 'sessions-kept',
    values: {},
    sentence: 'open sessions survive the move',
  });
  expect(candidates[0]).toMatchObject({ verdict: 'chosen', way: 'routed-live' });
  expect([...new Set(candidates.map(({ option }) => option.method))].sort()).toEqual([
    'cold',
    'redirect',
    'routed-live',
    'stretched-live',
  ]);
  for (const { option, costParts } of candidates) {
    const sum = Object.values(costParts ?? {}).reduce((total, part) => total + part, 0);
    expect(sum).toBeCloseTo(option.cost ?? 0, 6);
  }
});

test('the effects of an option are what its cost is made of', () => {
  const [chosen] = explainWorkload(plan, 'app').candidates;
  const { estimate, effects } = chosen!.option;
  expect(effects).toEqual({
    downtimeSeconds: estimate?.pauseSeconds?.p50,
    totalSeconds: estimate?.totalSeconds?.p50,
    wireBytes: estimate?.wireBytes.p50,
    sessionsLost: expect.closeTo(20 * Math.exp(-aRunbook().limits.drainSecondsMax / 600)) as number,
    money: 0,
    tromboneBytesPerDay: 100_000 * 600,
    tromboneSeconds: 0.02,
    riskSteps: expect.closeTo(2, 1) as number,
  });
});

test('of a workload that stays every way is kept with what stands against it', () => {
  const { outcome, because, candidates } = explainWorkload(plan, 'stuck');
  expect(outcome).toBe('stays');
  expect(because.map(({ code }) => code)).toEqual(['no-option']);
  expect(candidates.length).toBeGreaterThanOrEqual(4);
  expect(
    candidates.every(({ verdict, because: against }) => verdict === 'refused' && against.length > 0),
  ).toBe(true);
});

test('a workload that the goal does not concern is said to be that', () => {
  expect(explainWorkload(plan, 'home')).toMatchObject({
    outcome: 'not-part-of-the-goal',
    source: { site: 'lyon', host: 'h1' },
    candidates: [],
  });
});

test('a name that the plan does not have is refused, with those that are near', () => {
  expect(() => explainWorkload(plan, 'apq')).toThrow(
    "Plan 'leave paris' has no workload 'apq': did you mean app?",
  );
  expect(() => explainWorkload(plan, 'quite-other')).toThrow('it has app, home, stuck');
});

test('the summary counts methods, refusals and stays', () => {
  const { counts, methods, stays } = summaryOf(plan);
  expect(counts).toEqual({ moves: 1, stays: 1, placements: 0 });
  expect(methods.map(({ method, chosen, dearer, refused }) => [method, chosen, dearer, refused])).toEqual([
    ['stretched-live', 0, 0, 2],
    ['routed-live', 1, 0, 1],
    ['redirect', 0, 0, 2],
    ['cold', 0, 0, 2],
  ]);
  expect(methods[1]?.because).toEqual([{ what: 'kept alive', workloads: 1 }]);
  expect(stays.map(({ workloads }) => workloads)).toEqual([['stuck']]);
});

test('a deadline that makes time dearer is a reason', () => {
  const workloads = [aWorkload(), aWorkload({ name: 'app-2', last: 11 })];
  const hurried = { ...planFor(aTopology({ workloads })), hasteRatio: 10 };
  expect(explainWorkload(hurried, 'app').because.at(-1)?.sentence).toBe(
    'time counts 10 times its weight here: by the weights alone the deadline would be missed',
  );
});
