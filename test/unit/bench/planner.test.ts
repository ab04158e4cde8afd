import assert from 'node:assert/strict';
import { expect, test } from 'vitest';
import { violations } from '../../../bench/planner/check.ts';
import { solveExactly } from '../../../bench/planner/exact.ts';
import { instanceOf } from '../../../bench/planner/instances.ts';
import type { Job, JobOption, Placed, Problem } from '../../../planners/schedule/problem.ts';
import { schedule } from '../../../planners/schedule/schedule.ts';
import { createRandom } from '../../../src/world/random.ts';

const seeds = [1, 2, 3, 4, 5, 6];
const small = (seed: number): Problem => instanceOf(seed, { jobs: 2 + (seed % 2), secondsMax: 4 });
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
      for (let at = 0; at + option.seconds < best; at++)
        extend([...placed, { job, option, startSeconds: at, endSeconds: at + option.seconds }]);
  };
  extend([]);
  return best > horizonSeconds ? null : best;
}

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
