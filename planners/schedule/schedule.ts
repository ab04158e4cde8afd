import type { Random } from '../../topology/world.ts';
import { lowerBoundSeconds, type Cuts } from './bound.ts';
import { build, type Built } from './build.ts';
import { compile, type Compiled } from './compile.ts';
import { lookupsDefault } from './limits.ts';
import type { Placed, Problem, Schedule } from './problem.ts';
import { findPrices } from './prices.ts';
import { search } from './search.ts';

export interface ScheduleOptions {
  readonly random: Random;
  /** Sets of links that every job of some group must cross; they sharpen the lower bound. */
  readonly cuts?: Cuts;
  /** Jobs that would end later are left out. */
  readonly deadlineSeconds?: number;
  readonly lookupsMax?: number;
}

/** When each job runs and in which option, so that all are done as early as can be found. */
export function schedule(problem: Problem, options: ScheduleOptions): Schedule {
  const compiled = compile(problem);
  const prices = findPrices(compiled);
  const lowerBound = Math.max(prices.lowerBoundSeconds, lowerBoundSeconds(compiled, options.cuts ?? []));
  const built = search(compiled, {
    random: options.random,
    lookupsMax: options.lookupsMax ?? lookupsDefault,
    deadlineSeconds: options.deadlineSeconds ?? Number.POSITIVE_INFINITY,
    lowerBoundSeconds: lowerBound,
    prices,
  });
  const result = scheduleOf(compiled, built);
  return {
    ...result,
    lowerBoundSeconds:
      result.unplaced.length === 0 ? lowerBound : boundOf(problem, result.placed, options.cuts ?? []),
  };
}

/** The same schedule with only these of its jobs: the others fit nowhere. Nobody kept may wait for one that is not. */
export function withOnly(
  problem: Problem,
  schedule: Schedule,
  { kept, cuts }: { readonly kept: ReadonlySet<Placed>; readonly cuts: Cuts },
): Schedule {
  const placed = schedule.placed.filter((entry) => kept.has(entry));
  const out = schedule.placed.filter((entry) => !kept.has(entry));
  return {
    placed,
    unplaced: [...schedule.unplaced, ...out.map(({ job }) => job)],
    makespanSeconds: Math.max(0, ...placed.map(({ endSeconds }) => endSeconds)),
    lowerBoundSeconds: boundOf(problem, placed, cuts),
  };
}

/** These jobs in the options and the order that they had, each as early as it can be: a schedule made before, carried over. */
export function carriedOver(problem: Problem, before: readonly Placed[]): Schedule {
  const compiled = compile(problem);
  const index = new Map(problem.jobs.map(({ name }, position) => [name, position]));
  const options = problem.jobs.map((): readonly number[] => []);
  for (const { job, option } of before) {
    const at = index.get(job.name)!;
    options[at] = [problem.jobs[at]!.options.indexOf(option)];
  }
  const order = before.map(({ job }) => index.get(job.name)!);
  const built = build(compiled, { order, options, deadlineSeconds: Number.POSITIVE_INFINITY });
  return { ...scheduleOf(compiled, built), lowerBoundSeconds: 0 };
}

/** Of those that are placed. */
function boundOf(problem: Problem, placed: readonly Placed[], cuts: Cuts): number {
  const names = new Set(placed.map(({ job }) => job.name));
  const jobs = placed.map(({ job }) => ({ ...job, needs: job.needs.filter((need) => names.has(need)) }));
  return lowerBoundSeconds(compile({ ...problem, jobs }), cuts);
}

function scheduleOf({ jobs }: Compiled, built: Built): Omit<Schedule, 'lowerBoundSeconds'> {
  const placed: Placed[] = [];
  const unplaced = [];
  for (const { index, job, options } of jobs) {
    const chosen = built.options[index]!;
    if (chosen < 0) unplaced.push(job);
    else
      placed.push({
        job,
        option: options[chosen]!.option,
        startSeconds: built.starts[index]!,
        endSeconds: built.ends[index]!,
      });
  }
  placed.sort((a, b) => a.startSeconds - b.startSeconds || (a.job.name < b.job.name ? -1 : 1));
  return { placed, unplaced, makespanSeconds: built.makespanSeconds };
}
