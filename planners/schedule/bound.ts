import { inWindow } from './build.ts';
import type { Compiled, CompiledJob } from './compile.ts';
import { packedSeconds } from './packing-bound.ts';
import { timeForWork } from './work.ts';

/** Sets of links whose use is added up against what they have together: those around a site. */
export type Cuts = readonly (readonly string[])[];

/**
 * A time before which nobody can be done, whatever the order (each is a relaxation of the problem, so the largest
 * holds):
 * - work: for every resource, the jobs' least use (amount × seconds over their options) must fit under what there is
 *   until then;
 * - packing: the same for every given set of links, where at no instant more of the work can be under way than the
 *   best combination of options that fit on the links side by side (packing-bound.ts);
 * - chains: the least seconds along needs, from when a window opens.
 */
export function lowerBoundSeconds(compiled: Compiled, cuts: Cuts): number {
  return Math.max(chainBound(compiled.jobs), workBound(compiled), packingBound(compiled, cuts));
}

function workBound({ jobs, problem: { resources } }: Compiled): number {
  const work = new Float64Array(resources.length);
  for (const { options, uses } of jobs) {
    const shortest = options.reduce(
      (least, { seconds }) => Math.min(least, seconds),
      Number.POSITIVE_INFINITY,
    );
    for (const { index, amount } of uses) work[index]! += amount * shortest;
  }
  let bound = 0;
  for (let index = 0; index < work.length; index++)
    bound = Math.max(bound, timeForWork(work[index]!, [resources[index]!.steps]));
  return bound;
}

function packingBound(compiled: Compiled, cuts: Cuts): number {
  const index = new Map(compiled.problem.resources.map(({ name }, position) => [name, position]));
  const single = [...new Set(cuts.flat())].map((name) => [name]);
  return Math.max(
    0,
    ...[...single, ...cuts].map((names) =>
      packedSeconds(
        compiled,
        names.map((name) => index.get(name)!),
      ),
    ),
  );
}

function chainBound(jobs: readonly CompiledJob[]): number {
  const ends = new Array<number>(jobs.length).fill(-1);
  const end = (index: number): number => {
    if (ends[index]! >= 0) return ends[index]!;
    ends[index] = 0;
    const { options, needs, windows } = jobs[index]!;
    const seconds = Math.min(...options.map((option) => option.seconds));
    const surely = Math.min(...options.map((option) => option.surelySeconds));
    let ready = 0;
    for (const need of needs) ready = Math.max(ready, end(need));
    const start = windows.length === 0 ? ready : inWindow(windows, ready, surely);
    ends[index] = start + seconds;
    return ends[index];
  };
  let bound = 0;
  for (const { index } of jobs) bound = Math.max(bound, end(index));
  return bound;
}
