import assert from 'node:assert/strict';
import type { Placed, Problem } from '../../planners/schedule/problem.ts';
import { schedule } from '../../planners/schedule/schedule.ts';
import { createRandom } from '../../src/world/random.ts';
import { violations } from './check.ts';
import { solveExactly } from './exact.ts';
import { instanceOf } from './instances.ts';

/** A small problem and our schedule for it. */
export interface Ours {
  readonly seed: number;
  readonly problem: Problem;
  readonly makespanSeconds: number;
}

/** Seeds of the instances: three to ten moves each. */
const seeds = { first: 1, last: 340 } as const;
const movesMin = 3;
const movesMax = 10;
/** Times are whole, so the solver's grid of one rounds nothing; it is a hundredth of the makespan at most besides. */
const stepsMin = 100;
/** Longest time of one move alone, in grid steps: the first with which the makespan has so many. */
const secondsMaxes = [24, 48, 96, 192] as const;

/** Those instances whose moves can all be placed. */
export function instances(): readonly Ours[] {
  const all = Array.from({ length: seeds.last - seeds.first + 1 }, (_, index) => seeds.first + index);
  return all.flatMap((seed): readonly Ours[] => {
    for (const secondsMax of secondsMaxes) {
      const problem = instanceOf(seed, { jobs: movesMin + (seed % (movesMax - movesMin + 1)), secondsMax });
      const ours = schedule(problem, { random: createRandom(seed) });
      checked(problem, ours.placed);
      if (ours.unplaced.length > 0) return [];
      if (ours.makespanSeconds >= stepsMin) return [{ seed, problem, makespanSeconds: ours.makespanSeconds }];
    }
    return [];
  });
}

export function checked(problem: Problem, placed: readonly Placed[]): void {
  assert.deepEqual(violations(problem, placed), []);
}

export interface Optimum {
  readonly instances: number;
  readonly medianGap: number;
  readonly worstGap: number;
}

/** An instance counts when the solver has proved its optimum in this time. */
const patienceSeconds = 10;

export async function optimumOf(
  all: readonly Ours[],
): Promise<{ readonly optimum: Optimum; readonly undecided: number }> {
  const gaps: number[] = [];
  for (const [index, ours] of all.entries()) {
    const gap = await gapOf(ours);
    if (gap !== null) gaps.push(gap);
    if ((index + 1) % 20 === 0)
      process.stderr.write(`bench planner: ${index + 1} of ${all.length} instances, ${gaps.length} solved\n`);
  }
  gaps.sort((a, b) => a - b);
  const optimum = {
    instances: gaps.length,
    medianGap: rounded(gaps[Math.floor(gaps.length / 2)]!),
    worstGap: rounded(gaps.at(-1)!),
  };
  return { optimum, undecided: all.length - gaps.length };
}

/** How much longer ours takes than the optimum; null: the solver could not tell. It is asked for anything better. */
async function gapOf({ problem, makespanSeconds }: Ours): Promise<number | null> {
  const horizonSeconds = Math.ceil(makespanSeconds) - 1;
  const better = await solveExactly(problem, { horizonSeconds, patienceSeconds });
  if (better === 'undecided') return null;
  if (better === 'impossible') return 0;
  checked(problem, better.placed);
  return makespanSeconds / better.makespanSeconds - 1;
}

const rounded = (value: number): number => Number(value.toPrecision(4));
