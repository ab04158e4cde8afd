import { deadlinePassed } from '../choose/calendar.ts';
import { hasCalendar } from './depends-on-start.ts';
import { needed, secondsLeft, type Settled } from './deadline.ts';
import { timingOf } from './assemble.ts';
import { carriedOver } from '../schedule/schedule.ts';
import { type Draft, type DraftInput, isMoving, scheduled } from './draft.ts';
import { menuFrom } from './menu.ts';
import type { Plan } from './plan.ts';
import { reason, type Reason } from './reasons.ts';

/** Starts tried: the answer is right to a 64th of the time until the deadline. */
const stepsMax = 6;
/** Larger fleets are not scheduled again: the order and the options of the plan are carried over to each start. */
const movesScheduledAgainMax = 2000;
const lookupsRough = 40_000;

type LatestStart = Pick<Plan, 'latestSafeStartSeconds' | 'latestSafeStartBecause'>;

/**
 * The latest start from which every move of the plan is still done by the deadline with the runbook's confidence, and
 * whom it leaves out; where nothing moves, why there is none.
 */
export function latestSafeStart(input: DraftInput, settled: Settled): LatestStart {
  const { deadlineSeconds } = input.runbook;
  const { startSeconds } = input.calendar;
  if (deadlineSeconds === null || startSeconds === null)
    return { latestSafeStartSeconds: null, latestSafeStartBecause: null };
  const { choices, schedule } = settled.draft;
  const moves = schedule.placed.length;
  if (moves === 0) return { latestSafeStartSeconds: null, latestSafeStartBecause: whyNone(input, settled) };
  return {
    latestSafeStartSeconds: startOf(input, settled, { startSeconds, deadlineSeconds }),
    latestSafeStartBecause:
      moves === choices.length ? null : reason('safe-start-of-part', { moves, all: choices.length }),
  };
}

function startOf(
  input: DraftInput,
  { draft: taken }: Settled,
  { startSeconds, deadlineSeconds }: { readonly startSeconds: number; readonly deadlineSeconds: number },
): number {
  const { runbook } = input;
  const direct = deadlineSeconds - taken.timing.allDoneSeconds(runbook.confidence);
  if (!hasCalendar(input)) return direct;
  const names = new Set(taken.schedule.placed.map(({ job }) => job.name));
  const choices = taken.choices.filter(({ workload }) => names.has(workload.name));
  const from = names.size > movesScheduledAgainMax ? carriedFrom : scheduledFrom;
  const holds = (later: number): boolean =>
    later + needed(input, from(input, { ...taken, choices }, later)) <= deadlineSeconds;
  let good = startSeconds;
  let bad = deadlineSeconds;
  for (let step = 0; step < stepsMax; step++) {
    const middle = Math.floor((good + bad) / 2);
    if (holds(middle)) good = middle;
    else bad = middle;
  }
  return good;
}

type Timed = Pick<Draft, 'schedule' | 'timing'>;

function scheduledFrom(input: DraftInput, taken: Draft, startSeconds: number): Timed {
  const shifted = { ...input, calendar: { startSeconds } };
  return scheduled(shifted, { ...taken, lookupsMax: lookupsRough, deadlineSeconds: null });
}

function carriedFrom({ random }: DraftInput, taken: Draft, startSeconds: number): Timed {
  const { choosing, choices, schedule } = taken;
  const menu = menuFrom(choosing, { menu: taken.menu, moving: choices.filter(isMoving) }, { startSeconds });
  const again = carriedOver(menu.problem, schedule.placed);
  return { schedule: again, timing: timingOf(menu, again, random) };
}

/** Nothing of the plan moves: there was nothing to, nothing can, or there is no time for any of it. */
function whyNone(input: DraftInput, { verdict, draft: taken, neededSeconds }: Settled): Reason {
  if (verdict === 'feasible') return reason('no-safe-start-needed');
  const passed = deadlinePassed(input.runbook, input.calendar);
  if (passed !== null) return passed;
  if (taken.moving.length === 0) return reason('no-safe-start-possible');
  const leftSeconds = secondsLeft(input) ?? 0;
  return hasCalendar(input) || neededSeconds <= leftSeconds
    ? reason('no-safe-start-open')
    : reason('no-safe-start-left', { neededSeconds, leftSeconds });
}
