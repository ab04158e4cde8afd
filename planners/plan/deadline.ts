import type { Way } from '../choose/candidate.ts';
import type { Choice } from '../choose/choose.ts';
import { timeForWork } from '../schedule/work.ts';
import { lookupsDefault } from '../schedule/limits.ts';
import { deadlinePassed, stepsOf } from '../choose/calendar.ts';
import type { Job, Placed } from '../schedule/problem.ts';
import { withOnly } from '../schedule/schedule.ts';
import { timingOf } from './assemble.ts';
import { draft, type Draft, type DraftInput, scheduled } from './draft.ts';
import type { Plan } from './plan.ts';
import { reason, type Reason } from './reasons.ts';

/** The draft to go by, and whether it does all that the runbook asks for. */
export interface Settled {
  readonly draft: Draft;
  readonly verdict: Plan['verdict'];
  /** When everything would be done, with the runbook's confidence, if nothing were left out. */
  readonly neededSeconds: number;
}

/** How much dearer time becomes when the choices by the weights alone are too slow. */
const hastes = [10, 1000] as const;
/** Attempts at leaving out just enough. */
const cutsMax = 6;

/**
 * Without a deadline the choices by the weights. With one, if these are too slow, the same untuned; then choices to
 * which time is dearer; and if those are too slow as well, as much as can be done by the deadline, the rest left out by
 * priority.
 */
export function settle(input: DraftInput): Settled {
  const left = secondsLeft(input);
  const isInTime = (each: Draft): boolean => needed(input, each) <= (left ?? Number.MAX_VALUE);
  const first = draft(input, { haste: 1 });
  const plain = isInTime(first) ? first : untuned(input, first);
  if (left === null || isInTime(plain)) return settled(input, { draft: plain, whole: plain });
  let fastest = plain;
  for (const haste of hastes) {
    const hurried = draft(input, { haste });
    if (hurried.moving.length < plain.moving.length) continue;
    if (isInTime(hurried)) return settled(input, { draft: hurried, whole: hurried });
    if (needed(input, hurried) < needed(input, fastest)) fastest = hurried;
  }
  return settled(input, { draft: cut(input, fastest, left), whole: fastest });
}

/** The same choices with the limits and caps as they were before tuning: nobody comes too late for a smaller pause. */
function untuned(input: DraftInput, taken: Draft): Draft {
  if (!taken.menu.isTuned) return taken;
  const choosing = { ...taken.choosing, isTuned: false };
  return scheduled(input, { ...taken, choosing, lookupsMax: lookupsDefault, deadlineSeconds: null });
}

/** Until the deadline; null: there is none. */
export function secondsLeft({ runbook, calendar }: DraftInput): number | null {
  const { deadlineSeconds } = runbook;
  return deadlineSeconds === null || calendar.startSeconds === null
    ? null
    : Math.max(0, deadlineSeconds - calendar.startSeconds);
}

export function needed(
  { runbook }: Pick<DraftInput, 'runbook'>,
  { timing, schedule }: Pick<Draft, 'timing' | 'schedule'>,
): number {
  return schedule.unplaced.length > 0 ? Number.POSITIVE_INFINITY : timing.allDoneSeconds(runbook.confidence);
}

function settled(
  input: DraftInput,
  { draft: taken, whole }: { readonly draft: Draft; readonly whole: Draft },
): Settled {
  const left = secondsLeft(input);
  const stuck = taken.choices.filter(isStuck);
  const unplaceable = taken.requested.placements.some(({ decision }) => decision.chosen === null);
  const isUnmet = unplaceable || taken.requested.unmet.size > 0;
  const isWhole = stuck.length === 0 && !isUnmet && taken.schedule.unplaced.length === 0;
  const tooLate = left !== null && leastSeconds(input, whole) > left;
  const isProven = stuck.some(isProvenStuck) || (tooLate && input.runbook.confidence > 0.5);
  return {
    draft: taken,
    verdict: isWhole ? 'feasible' : isProven ? 'infeasible-proven' : 'none-found',
    neededSeconds: whole.timing.allDoneSeconds(input.runbook.confidence),
  };
}

/** Why a job that could move fits nowhere in the schedule. */
export function unplacedBecause({ name, windows, options }: Job, input: DraftInput): Reason {
  const passed = deadlinePassed(input.runbook, input.calendar);
  if (passed !== null) return passed;
  const dependsOn = input.topology.workloads.find((each) => each.name === name)?.dependsOn ?? [];
  const stopped = input.underWay?.find(
    ({ workload, toUnixSeconds }) => toUnixSeconds === null && dependsOn.includes(workload),
  );
  if (stopped !== undefined)
    return reason('never-after-under-way', { other: stopped.workload, run: stopped.run });
  const left = secondsLeft(input);
  const neededSeconds = Math.min(...options.map(({ surelySeconds }) => surelySeconds));
  const windowSeconds = Math.max(0, ...windows.map(({ fromSeconds, toSeconds }) => toSeconds - fromSeconds));
  if (windows.length > 0 && windowSeconds < neededSeconds)
    return reason('window-too-short', { neededSeconds, windowSeconds });
  return left === null
    ? reason('never-fits', { neededSeconds })
    : reason('no-room-in-time', { neededSeconds, deadlineSeconds: left });
}

/** Nothing is possible, as against not worth it. */
export function isStuck({ candidate, decision }: Choice): boolean {
  return candidate === null && decision.because.some(({ code }) => code === 'no-option');
}

/** Reasons that another choice for somebody else might have removed. */
const dependsOnOthers: ReadonlySet<string> = new Set(['no-host-fits', 'costs-too-much', 'peer-ends-too-far']);

/** Each way is refused by something that no other choice of host could have changed. */
function isProvenStuck({ decision }: Choice): boolean {
  return decision.rejected.every(({ because }) => because.some(({ code }) => !dependsOnOthers.has(code)));
}

/** Leaves out what does not fit: the planned end is brought forward until the probable one meets the deadline. */
function cut(input: DraftInput, fastest: Draft, left: number): Draft {
  const { confidence } = input.runbook;
  let limit = left;
  let whole = fastest;
  let taken = fastest;
  for (let attempt = 0; attempt < cutsMax; attempt++) {
    taken = scheduled(input, { ...fastest, lookupsMax: lookupsDefault, deadlineSeconds: limit });
    const done = taken.timing.allDoneSeconds(confidence);
    if (done <= left) return taken;
    if (attempt === 0) whole = taken;
    limit *= (left / done) * 0.995;
  }
  const [first, last] = [endingInTime(input, whole, left), endingInTime(input, taken, left)];
  return last.schedule.placed.length > first.schedule.placed.length ? last : first;
}

/**
 * Where moves start late, by a window or a freeze, or may take far longer than planned, a planned end brought forward by
 * little takes nothing out: of those scheduled, as many as end in time with the runbook's confidence, those that probably end first; perhaps none.
 * Whoever another waits for probably ends no later, so nobody is left waiting for one that was taken out.
 */
function endingInTime(input: DraftInput, taken: Draft, left: number): Draft {
  const probableEnd = ({ job }: Placed): number => taken.timing.ends.get(job.name)!.p90;
  const byEnd = taken.schedule.placed.toSorted((a, b) => probableEnd(a) - probableEnd(b));
  const keeping = (count: number): Draft => {
    const schedule = withOnly(taken.menu.problem, taken.schedule, {
      kept: new Set(byEnd.slice(0, count)),
      cuts: taken.menu.cuts,
    });
    return { ...taken, schedule, timing: timingOf(taken.menu, schedule, input.random) };
  };
  let best = keeping(0);
  let [fits, exceeds] = [0, byEnd.length];
  while (fits + 1 < exceeds) {
    const count = Math.floor((fits + exceeds) / 2);
    const tried = keeping(count);
    if (tried.timing.allDoneSeconds(input.runbook.confidence) <= left) [best, fits] = [tried, count];
    else exceeds = count;
  }
  return best;
}

/**
 * A time before which nobody can be done with more than even odds, whatever is chosen: the bytes that the thriftiest
 * possible way of each workload sends must cross the links around each site, and the longest chain of dependencies
 * must run. With medians, since the sum of what moves take exceeds the sum of their medians at least every other time.
 */
function leastSeconds({ runbook, topology, calendar }: DraftInput, { moving }: Draft): number {
  const cuts = [
    ...topology.links.map((link) => [link]),
    ...topology.sites.map(({ name }) => topology.links.filter(({ between }) => between.includes(name))),
  ];
  const bytes = cuts.map((links) => {
    const names = new Set(links.map(({ name }) => name));
    const work = moving.reduce((sum, choice) => {
      const crossing = waysOf(choice).map(
        ({ path, estimate }) =>
          path.links.filter(({ name }) => names.has(name)).length * estimate.wireBytes.p50,
      );
      return sum + Math.min(...crossing);
    }, 0);
    const capacities = links.map((link) => stepsOf(link, runbook.limits.linkShareMax, calendar));
    return timeForWork(work, capacities);
  });
  return Math.max(0, ...bytes, longestChain(moving));
}

const waysOf = ({ templates }: Choice): readonly Way[] => templates.flatMap(({ ways }) => ways);

function longestChain(moving: Draft['moving']): number {
  const byName = new Map(moving.map((choice) => [choice.workload.name, choice]));
  const ends = new Map<string, number>();
  const end = (name: string): number => {
    const known = ends.get(name);
    const choice = byName.get(name);
    if (known !== undefined || choice === undefined) return known ?? 0;
    ends.set(name, 0);
    const own = Math.min(...waysOf(choice).map(({ estimate }) => estimate.totalSeconds.p50));
    const value = own + Math.max(0, ...choice.workload.dependsOn.map(end));
    ends.set(name, value);
    return value;
  };
  return Math.max(0, ...moving.map(({ workload }) => end(workload.name)));
}
