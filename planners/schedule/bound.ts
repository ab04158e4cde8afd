import { inWindow } from './build.ts';
import type { Compiled, CompiledJob } from './compile.ts';

/** Sets of resources whose use is added up against what they have together: a site's links, all links. */
export type Cuts = readonly (readonly string[])[];

/**
 * A time before which nobody can be done, whatever the order (each is a relaxation of the problem, so the largest
 * holds):
 * - work: for every resource, and for every given set of them, the jobs' least use (amount × seconds over their
 *   options) must fit under what there is until then;
 * - chains: the least seconds along needs, from when a window opens.
 */
export function lowerBoundSeconds(compiled: Compiled, cuts: Cuts): number {
  return Math.max(chainBound(compiled.jobs), workBound(compiled, cuts));
}

function workBound({ jobs, problem: { resources } }: Compiled, cuts: Cuts): number {
  const index = new Map(resources.map(({ name }, position) => [name, position]));
  const sets = [
    ...resources.map((_, position) => [position]),
    ...cuts.map((names) => names.map((name) => index.get(name)!)),
  ];
  return Math.max(
    0,
    ...sets.map((set) => {
      const work = leastWork(jobs, new Set(set));
      return timeForWork(
        work,
        set.map((position) => resources[position]!.steps),
      );
    }),
  );
}

function leastWork(jobs: readonly CompiledJob[], set: ReadonlySet<number>): number {
  let work = 0;
  for (const { options } of jobs) {
    let least = Number.POSITIVE_INFINITY;
    for (const { seconds, uses } of options) {
      let amount = 0;
      for (const use of uses) if (set.has(use.index)) amount += use.amount;
      least = Math.min(least, amount * seconds);
      if (least === 0) break;
    }
    work += least;
  }
  return work;
}

/** When that much can have been done with all of these together. */
export function timeForWork(work: number, capacities: readonly Steps[]): number {
  return work === 0 ? 0 : timeFor(work, stepsOfAll(capacities));
}

type Steps = readonly { readonly atSeconds: number; readonly amount: number }[];

function stepsOfAll(all: readonly Steps[]): Steps {
  if (all.length === 1) return all[0]!;
  const times = [...new Set(all.flatMap((steps) => steps.map(({ atSeconds }) => atSeconds)))].sort(
    (a, b) => a - b,
  );
  return times.map((atSeconds) => ({
    atSeconds,
    amount: all.reduce(
      (sum, steps) => sum + (steps.findLast((step) => step.atSeconds <= atSeconds)?.amount ?? 0),
      0,
    ),
  }));
}

/** When amount × time reaches the work. */
function timeFor(work: number, steps: Steps): number {
  let left = work;
  for (let index = 0; index < steps.length; index++) {
    const { atSeconds, amount } = steps[index]!;
    const end = steps[index + 1]?.atSeconds ?? Number.POSITIVE_INFINITY;
    const done = amount * (end - atSeconds);
    if (done >= left || end === Number.POSITIVE_INFINITY)
      return amount === 0 ? Number.POSITIVE_INFINITY : atSeconds + left / amount;
    left -= done;
  }
  return Number.POSITIVE_INFINITY;
}

function chainBound(jobs: readonly CompiledJob[]): number {
  const ends = new Array<number>(jobs.length).fill(-1);
  const end = (index: number): number => {
    if (ends[index]! >= 0) return ends[index]!;
    ends[index] = 0;
    const { options, needs, windows } = jobs[index]!;
    const seconds = Math.min(...options.map((option) => option.seconds));
    const ready = Math.max(0, ...needs.map(end));
    const surely = Math.min(...options.map((option) => option.surelySeconds));
    const start = windows.length === 0 ? ready : inWindow(windows, ready, surely);
    ends[index] = start + seconds;
    return ends[index];
  };
  return Math.max(0, ...jobs.map(({ index }) => end(index)));
}
