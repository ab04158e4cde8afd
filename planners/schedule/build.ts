import type { Compiled, CompiledJob, CompiledOption } from './compile.ts';
import type { Window } from './problem.ts';
import { Profile } from './profile.ts';

/** What to build: jobs in this order, each in that of the options named for it which ends first. */
export interface Recipe {
  readonly order: readonly number[];
  readonly options: readonly (readonly number[])[];
  /** A job that would end later is left out; Infinity: none is. */
  readonly deadlineSeconds: number;
  /** No more jobs than these run at any instant. */
  readonly atOnceMax?: number;
  /** A schedule in which anything ends later is of no use: it is not built to its end. */
  readonly giveUpSeconds?: number;
}

/** Starts and options by job index; a job that fits nowhere has start Infinity. */
export interface Built {
  readonly starts: Float64Array;
  readonly ends: Float64Array;
  readonly options: Int32Array;
  readonly unplaced: number;
  readonly makespanSeconds: number;
  /** Sum of all ends: of two schedules that are done at the same time the one that frees more earlier is better. */
  readonly sumSeconds: number;
  /** How often a place was looked for. */
  readonly lookups: number;
}

/**
 * Serial schedule generation: takes the jobs in the given order and puts each at the earliest instant at which all it
 * uses is free for as long as it runs. Every schedule in which no job could start earlier comes out of some order, and
 * for the time at which everything is done one of these is best (Sprecher, Kolisch and Drexl 1995, active schedules).
 * A job that waits for something another one gives back is tried again after the others.
 */
export function build(
  { jobs, resources, stores }: Compiled,
  { order, options, deadlineSeconds, atOnceMax, giveUpSeconds = Number.POSITIVE_INFINITY }: Recipe,
): Built {
  for (const profile of resources) profile.clear();
  for (const profile of stores) profile.clear();
  const starts = new Float64Array(jobs.length).fill(Number.POSITIVE_INFINITY);
  const ends = new Float64Array(jobs.length).fill(Number.POSITIVE_INFINITY);
  const chosen = new Int32Array(jobs.length).fill(-1);
  const atOnce =
    atOnceMax === undefined ? null : new Profile([{ atSeconds: 0, amount: atOnceMax }], { least: 1 });
  const state = { resources, stores, starts, ends, chosen, atOnce };
  let lookups = 0;
  let waiting = order;
  for (let before = -1; waiting.length !== before && waiting.length > 0; ) {
    before = waiting.length;
    const left: number[] = [];
    for (const index of waiting) {
      lookups += options[index]!.length;
      if (!place(state, jobs[index]!, { options: options[index]!, deadlineSeconds })) left.push(index);
      else if (ends[index]! > giveUpSeconds) return { ...givenUp, starts, ends, options: chosen, lookups };
    }
    waiting = left;
  }
  let makespanSeconds = 0;
  let sumSeconds = 0;
  for (const end of ends) {
    if (end === Number.POSITIVE_INFINITY) continue;
    if (end > makespanSeconds) makespanSeconds = end;
    sumSeconds += end;
  }
  return { starts, ends, options: chosen, unplaced: waiting.length, makespanSeconds, sumSeconds, lookups };
}

/** Worse than any that was built to its end. */
const givenUp = {
  unplaced: Number.POSITIVE_INFINITY,
  makespanSeconds: Number.POSITIVE_INFINITY,
  sumSeconds: Number.POSITIVE_INFINITY,
};

/** Where the jobs are that have a place, and what is free beside them. */
export interface State extends Pick<Compiled, 'resources' | 'stores'> {
  readonly starts: Float64Array;
  readonly ends: Float64Array;
  readonly chosen: Int32Array;
  /** Room for jobs at all, where the recipe limits it. */
  readonly atOnce: Profile | null;
}

/** Puts the job at its earliest place, in that of the options which ends first; false: none ends by the deadline. */
export function place(
  state: State,
  job: CompiledJob,
  { options, deadlineSeconds }: { readonly options: readonly number[]; readonly deadlineSeconds: number },
): boolean {
  let ready = 0;
  for (const need of job.needs) ready = Math.max(ready, state.ends[need]!);
  if (ready === Number.POSITIVE_INFINITY) return false;
  let best = -1;
  let bestStart = Number.POSITIVE_INFINITY;
  let bestEnd = deadlineSeconds;
  let takes: CompiledOption['takes'] | null = null;
  let from = ready;
  for (const index of options) {
    const option = job.options[index]!;
    if (option.takes !== takes) {
      takes = option.takes;
      from = withRoom(state, takes, ready);
    }
    if (from + option.seconds > bestEnd) continue;
    const start = earliest(state, job, { option, from, endMax: bestEnd });
    if (start === Number.POSITIVE_INFINITY) continue;
    const end = start + option.seconds;
    if (end < bestEnd || best < 0 || option.area < job.options[best]!.area) {
      best = index;
      bestStart = start;
      bestEnd = end;
    }
  }
  if (best < 0) return false;
  putAt(state, job, { option: best, start: bestStart });
  return true;
}

/** Puts the job there; whether it fits is not asked. */
export function putAt(
  state: State,
  job: CompiledJob,
  { option, start }: { readonly option: number; readonly start: number },
): void {
  state.starts[job.index] = start;
  state.ends[job.index] = start + job.options[option]!.seconds;
  state.chosen[job.index] = option;
  take(state, job, 1);
}

/** Takes a placed job out again and gives back what it took. */
export function takeAway(state: State, job: CompiledJob): void {
  take(state, job, -1);
  state.starts[job.index] = Number.POSITIVE_INFINITY;
  state.ends[job.index] = Number.POSITIVE_INFINITY;
  state.chosen[job.index] = -1;
}

/** What is taken for good must be there from then on: once there is room there always is, and options share it. */
function withRoom({ stores }: State, takes: CompiledOption['takes'], from: number): number {
  let start = from;
  for (const { index, amount } of takes) {
    if (start === Number.POSITIVE_INFINITY) return start;
    start = stores[index]!.earliest(start, Number.POSITIVE_INFINITY, amount);
  }
  return start;
}

/**
 * Everything must be free from one and the same instant: each asks for later until nobody does. Infinity where it would
 * end after `endMax`: a better option is known.
 */
function earliest(
  { resources, atOnce }: State,
  { windows, uses: common }: CompiledJob,
  {
    option,
    from,
    endMax,
  }: { readonly option: CompiledOption; readonly from: number; readonly endMax: number },
): number {
  const { seconds, surelySeconds, uses } = option;
  let start = from;
  for (;;) {
    const before = start;
    if (windows.length > 0) start = inWindow(windows, start, surelySeconds);
    for (const { index, amount } of uses) {
      if (start === Number.POSITIVE_INFINITY) return start;
      start = resources[index]!.earliest(start, seconds, amount);
    }
    if (start + seconds > endMax) return Number.POSITIVE_INFINITY;
    for (const { index, amount } of common) {
      if (start === Number.POSITIVE_INFINITY) return start;
      start = resources[index]!.earliest(start, seconds, amount);
    }
    if (atOnce !== null) start = atOnce.earliest(start, seconds, 1);
    if (start === before || start === Number.POSITIVE_INFINITY) return start;
    if (start + seconds > endMax) return Number.POSITIVE_INFINITY;
  }
}

/** The first start, not before `from`, from which the job lies inside one window; Infinity: none. */
export function inWindow(windows: readonly Window[], from: number, seconds: number): number {
  for (const { fromSeconds, toSeconds } of windows) {
    const start = Math.max(from, fromSeconds);
    if (start + seconds <= toSeconds) return start;
  }
  return Number.POSITIVE_INFINITY;
}

function take(
  { resources, stores, atOnce, starts, ends, chosen }: State,
  { index: job, uses, returns, options }: CompiledJob,
  sign: 1 | -1,
): void {
  const option = options[chosen[job]!]!;
  const start = starts[job]!;
  const end = ends[job]!;
  atOnce?.take(start, end, sign);
  for (const { index, amount } of uses) resources[index]!.take(start, end, sign * amount);
  for (const { index, amount } of option.uses) resources[index]!.take(start, end, sign * amount);
  for (const { index, amount } of option.takes)
    stores[index]!.take(start, Number.POSITIVE_INFINITY, sign * amount);
  for (const { index, amount } of returns) stores[index]!.take(end, Number.POSITIVE_INFINITY, -sign * amount);
}
