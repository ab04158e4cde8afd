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
}

/**
 * Serial schedule generation: takes the jobs in the given order and puts each at the earliest instant at which all it
 * uses is free for as long as it runs. Every schedule in which no job could start earlier comes out of some order, and
 * for the time at which everything is done one of these is best (Sprecher, Kolisch and Drexl 1995, active schedules).
 * A job that waits for something another one gives back is tried again after the others.
 */
export function build(
  { jobs, resources, stores }: Compiled,
  { order, options, deadlineSeconds, atOnceMax }: Recipe,
): Built {
  for (const profile of resources) profile.clear();
  for (const profile of stores) profile.clear();
  const starts = new Float64Array(jobs.length).fill(Number.POSITIVE_INFINITY);
  const ends = new Float64Array(jobs.length).fill(Number.POSITIVE_INFINITY);
  const chosen = new Int32Array(jobs.length).fill(-1);
  const atOnce =
    atOnceMax === undefined ? null : new Profile([{ atSeconds: 0, amount: atOnceMax }], { least: 1 });
  const state = { resources, stores, starts, ends, chosen, deadlineSeconds, atOnce };
  let waiting = order;
  for (let before = -1; waiting.length !== before && waiting.length > 0; ) {
    before = waiting.length;
    waiting = waiting.filter((index) => !place(state, jobs[index]!, options[index]!));
  }
  let makespanSeconds = 0;
  let sumSeconds = 0;
  for (const end of ends) {
    if (end === Number.POSITIVE_INFINITY) continue;
    if (end > makespanSeconds) makespanSeconds = end;
    sumSeconds += end;
  }
  return { starts, ends, options: chosen, unplaced: waiting.length, makespanSeconds, sumSeconds };
}

interface State extends Pick<Compiled, 'resources' | 'stores'> {
  readonly starts: Float64Array;
  readonly ends: Float64Array;
  readonly chosen: Int32Array;
  readonly deadlineSeconds: number;
  /** Room for jobs at all, where the recipe limits it. */
  readonly atOnce: Profile | null;
}

function place(state: State, job: CompiledJob, options: readonly number[]): boolean {
  let ready = 0;
  for (const need of job.needs) ready = Math.max(ready, state.ends[need]!);
  if (ready === Number.POSITIVE_INFINITY) return false;
  let best = -1;
  let bestStart = Number.POSITIVE_INFINITY;
  let bestEnd = Number.POSITIVE_INFINITY;
  for (const index of options) {
    const option = job.options[index]!;
    if (ready + option.seconds > bestEnd) continue;
    const start = earliest(state, job, { option, from: ready });
    const end = start + option.seconds;
    if (end < bestEnd || (end === bestEnd && best >= 0 && option.area < job.options[best]!.area)) {
      best = index;
      bestStart = start;
      bestEnd = end;
    }
  }
  if (best < 0 || bestEnd > state.deadlineSeconds) return false;
  take(state, job, { option: job.options[best]!, start: bestStart, end: bestEnd });
  state.starts[job.index] = bestStart;
  state.ends[job.index] = bestEnd;
  state.chosen[job.index] = best;
  return true;
}

/** Everything must be free from one and the same instant: each asks for later until nobody does. */
function earliest(
  { resources, stores, atOnce }: State,
  { windows, uses: common }: CompiledJob,
  { option, from }: { readonly option: CompiledOption; readonly from: number },
): number {
  const { seconds, surelySeconds, uses, takes } = option;
  let start = from;
  for (let settled = false; !settled; ) {
    const before = start;
    if (windows.length > 0) start = inWindow(windows, start, surelySeconds);
    for (const { index, amount } of uses) {
      if (start === Number.POSITIVE_INFINITY) return start;
      start = resources[index]!.earliest(start, seconds, amount);
    }
    for (const { index, amount } of common) {
      if (start === Number.POSITIVE_INFINITY) return start;
      start = resources[index]!.earliest(start, seconds, amount);
    }
    if (atOnce !== null) start = atOnce.earliest(start, seconds, 1);
    for (const { index, amount } of takes) {
      if (start === Number.POSITIVE_INFINITY) return start;
      start = stores[index]!.earliest(start, Number.POSITIVE_INFINITY, amount);
    }
    settled = start === before || start === Number.POSITIVE_INFINITY;
  }
  return start;
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
  { resources, stores, atOnce }: State,
  { uses, returns }: CompiledJob,
  { option, start, end }: { readonly option: CompiledOption; readonly start: number; readonly end: number },
): void {
  atOnce?.take(start, end, 1);
  for (const { index, amount } of uses) resources[index]!.take(start, end, amount);
  for (const { index, amount } of option.uses) resources[index]!.take(start, end, amount);
  for (const { index, amount } of option.takes) stores[index]!.take(start, Number.POSITIVE_INFINITY, amount);
  for (const { index, amount } of returns) stores[index]!.take(end, Number.POSITIVE_INFINITY, -amount);
}
