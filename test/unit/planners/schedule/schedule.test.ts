import fc from 'fast-check';
import { expect, test } from 'vitest';
import { violations } from '../../../../bench/planner/check.ts';
import { instanceOf } from '../../../../bench/planner/instances.ts';
import { orders } from '../../../../bench/planner/orders.ts';
import type { Problem, Schedule } from '../../../../planners/schedule/problem.ts';
import { schedule } from '../../../../planners/schedule/schedule.ts';
import { createRandom } from '../../../../src/world/random.ts';

const seed = Number(process.env['SEED'] ?? 1);
const runs = { seed, numRuns: 60 };
/** Rough: these hold after any number of lookups. */
const scheduled = (problem: Problem, lookupsMax = 3000): Schedule =>
  schedule(problem, { random: createRandom(seed), lookupsMax });
const problems = fc
  .record({
    seed: fc.nat(),
    jobs: fc.integer({ min: 0, max: 12 }),
    secondsMax: fc.integer({ min: 6, max: 60 }),
  })
  .map((drawn) => instanceOf(drawn.seed, drawn));

test('at no instant is more used of a link, host, quorum, store or window than there is, and needs come first', () => {
  fc.assert(
    fc.property(problems, (problem) => {
      expect(violations(problem, scheduled(problem).placed)).toEqual([]);
    }),
    runs,
  );
});

test('the schedule still holds when every link has more rate', () => {
  fc.assert(
    fc.property(problems, fc.double({ min: 1, max: 4, noNaN: true }), (problem, factor) => {
      const { placed } = scheduled(problem);
      const resources = problem.resources.map((resource) => ({
        ...resource,
        steps: resource.steps.map((step) => ({ ...step, amount: step.amount * factor })),
      }));
      expect(violations({ ...problem, resources }, placed)).toEqual([]);
    }),
    runs,
  );
});

test('no schedule is shorter than its lower bound, and each job is placed or said not to be', () => {
  fc.assert(
    fc.property(problems, (problem) => {
      const { placed, unplaced, makespanSeconds, lowerBoundSeconds } = scheduled(problem);
      expect(placed.length + unplaced.length).toBe(problem.jobs.length);
      expect(lowerBoundSeconds).toBeLessThanOrEqual(makespanSeconds * (1 + 1e-9));
    }),
    runs,
  );
});

test('nobody who takes moves in a simple order is done sooner', () => {
  fc.assert(
    fc.property(problems, (problem) => {
      const { unplaced, makespanSeconds } = scheduled(problem, 40_000);
      for (const order of Object.values(orders)) {
        const theirs = order(problem);
        expect(theirs.unplaced).toBeGreaterThanOrEqual(unplaced.length);
        if (theirs.unplaced === 0)
          expect(theirs.makespanSeconds).toBeGreaterThanOrEqual(makespanSeconds * (1 - 1e-9));
      }
    }),
    { seed, numRuns: 20 },
  );
});

test('the checker names each kind of violation', () => {
  const problem: Problem = {
    jobs: ['a', 'b'].map((name) => ({
      name,
      options: [
        {
          id: 'whole',
          seconds: 10,
          surelySeconds: 12,
          uses: [{ resource: 'link', amount: 2 }],
          takes: [{ store: 'memory', amount: 3 }],
        },
      ],
      needs: name === 'b' ? ['a'] : [],
      priority: 0,
      windows: [{ fromSeconds: 0, toSeconds: 15 }],
      uses: [],
      returns: [],
    })),
    resources: [{ name: 'link', steps: [{ atSeconds: 0, amount: 3 }] }],
    stores: [{ name: 'memory', amount: 5 }],
  };
  const [a, b] = problem.jobs;
  const at = (job: typeof a, startSeconds: number) => ({
    job: job!,
    option: job!.options[0]!,
    startSeconds,
    endSeconds: startSeconds + 10,
  });
  expect(violations(problem, [at(a, 0)])).toEqual([]);
  expect(violations(problem, [at(a, 0), at(b, 5)])).toEqual([
    'b is outside its windows',
    'b starts before a has ended',
    'link: 4 used of 3 at 5',
    'memory: 1 too little at 5',
  ]);
  expect(violations(problem, [at(b, 0)])).toEqual(['b runs and a, which it needs, does not']);
});
