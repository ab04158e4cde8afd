import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { violations } from '../../../bench/planner/check.ts';
import { solveExactly } from '../../../bench/planner/exact.ts';
import { instanceOf } from '../../../bench/planner/instances.ts';
import { orders } from '../../../bench/planner/orders.ts';
import type { Job, JobOption, Placed, Problem } from '../../../planners/schedule/problem.ts';
import { schedule } from '../../../planners/schedule/schedule.ts';
import { createRandom } from '../../../src/world/random.ts';

const seed = Number(process.env['SEED'] ?? 1);
const instance = fc.integer({ min: 1, max: 100_000 });
const seeds = [1, 2, 3, 4, 5, 6, 7, 8, 9];
const small = (seed: number): Problem => instanceOf(seed, { jobs: 2 + (seed % 3), secondsMax: 4 });
const makespanOf = (placed: readonly Placed[]): number =>
  Math.max(0, ...placed.map(({ endSeconds }) => endSeconds));

/** Every option of every job at every whole second, held against the definitions: the obvious way. */
function bruteForce(problem: Problem, horizonSeconds: number): number | null {
  let best = horizonSeconds + 1;
  const extend = (placed: readonly Placed[]): void => {
    const job = problem.jobs.find((each) => !placed.some((entry) => entry.job === each));
    if (job === undefined) {
      if (makespanOf(placed) < best && violations(problem, placed).length === 0) best = makespanOf(placed);
      return;
    }
    for (const option of distinct(job))
      for (let at = 0; at + option.seconds < best; at++) {
        const more = [...placed, { job, option, startSeconds: at, endSeconds: at + option.seconds }];
        if (canStillHold(problem, more)) extend(more);
      }
  };
  extend([]);
  return best > horizonSeconds ? null : best;
}

/** Who needs whom, and room that is given back, are known at the end only; the rest gets no better with more moves. */
const canStillHold = (problem: Problem, placed: readonly Placed[]): boolean =>
  violations({ ...problem, stores: [] }, placed).every((each) => each.endsWith('which it needs, does not'));

const distinct = ({ options }: Job): readonly JobOption[] => [
  ...new Map(options.map((option) => [JSON.stringify({ ...option, id: '' }), option])).values(),
];

test.each(seeds)('the exact solver finds what trying everything finds, seed %i', async (seed) => {
  const problem = small(seed);
  const { makespanSeconds, unplaced } = schedule(problem, { random: createRandom(seed) });
  const horizon = unplaced.length === 0 ? makespanSeconds : 12;
  const exact = await solveExactly(problem, { horizonSeconds: horizon });
  assert(exact !== 'undecided');
  expect(exact === 'impossible' ? null : exact.makespanSeconds).toBe(bruteForce(problem, horizon));
  if (exact !== 'impossible') expect(violations(problem, exact.placed)).toEqual([]);
});

test('nobody can be done before the lower bound: the exact solver finds nothing there either', async () => {
  await fc.assert(
    fc.asyncProperty(instance, async (drawn) => {
      const problem = instanceOf(drawn, { jobs: 2 + (drawn % 4), secondsMax: 12 });
      const { lowerBoundSeconds, unplaced } = schedule(problem, {
        random: createRandom(drawn),
        lookupsMax: 3000,
      });
      fc.pre(unplaced.length === 0);
      const horizonSeconds = Math.ceil(lowerBoundSeconds - 1e-6) - 1;
      expect(await solveExactly(problem, { horizonSeconds })).toBe('impossible');
    }),
    { seed, numRuns: 30 },
  );
});

describe.each(Object.entries(orders))('beside the order %s', (_, order) => {
  test.each([1, 300_000])('seed 36 is no later, %i lookups', (lookupsMax) => {
    const problem = instanceOf(36, { jobs: 7, secondsMax: 96 });
    const ours = schedule(problem, { random: createRandom(36), lookupsMax });
    expect(ours.unplaced).toEqual([]);
    expect(ours.makespanSeconds).toBeLessThanOrEqual(order(problem).makespanSeconds);
  });

  test('nothing is left out or later, even where no lookup is left for a search', () => {
    fc.assert(
      fc.property(instance, (drawn) => {
        const problem = instanceOf(drawn, { jobs: 3 + (drawn % 10), secondsMax: 24 });
        const ours = schedule(problem, { random: createRandom(drawn), lookupsMax: 1 });
        const theirs = order(problem);
        expect(violations(problem, ours.placed)).toEqual([]);
        expect(ours.unplaced.length).toBeLessThanOrEqual(theirs.unplaced);
        if (ours.unplaced.length === theirs.unplaced)
          expect(ours.makespanSeconds).toBeLessThanOrEqual(theirs.makespanSeconds + 1e-9);
      }),
      { seed, numRuns: 100 },
    );
  });
});

test('more rate never makes the verdict worse where the optimum is known', async () => {
  const lookupsMax = 20_000;
  await fc.assert(
    fc.asyncProperty(instance, fc.constantFrom(2, 3, 5), async (drawn, more) => {
      const at = (rateFactor: number): Problem =>
        instanceOf(drawn, { jobs: 2 + (drawn % 4), secondsMax: 12, rateFactor });
      fc.pre(at(1).jobs.every(({ windows }) => windows.length === 0));
      const before = schedule(at(1), { random: createRandom(drawn), lookupsMax });
      fc.pre(before.unplaced.length === 0);
      const deadlineSeconds = before.makespanSeconds;
      fc.pre((await solveExactly(at(1), { horizonSeconds: deadlineSeconds - 1 })) === 'impossible');
      const after = schedule(at(more), { random: createRandom(drawn), deadlineSeconds, lookupsMax });
      expect(after.unplaced).toEqual([]);
    }),
    { seed, numRuns: 20 },
  );
});
