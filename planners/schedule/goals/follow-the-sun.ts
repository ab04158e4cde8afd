import assert from 'node:assert/strict';
import type { Goal } from '../../../topology/resolve/runbook.ts';
import type { Choosing } from '../../choose/choosing.ts';
import type { Choice } from '../../choose/choose.ts';
import type { Recurrence } from '../../plan/plan.ts';
import { reason, type Reason } from '../../plan/reasons.ts';
import { parted } from './parted.ts';
import { nothing, type Requested } from './requested.ts';

type FollowTheSun = Extract<Goal, { kind: 'follow-the-sun' }>;

const daySeconds = 86_400;
/** Transitions told ahead: two days of three sites. */
const transitionsMax = 6;

/**
 * Workloads go where it is day, if they will be there long enough: until the next transition a workload earns
 * `benefitPerHour`, and the move must cost less than that; a stay shorter than the cooldown is not begun at all, so
 * that nothing goes back and forth.
 */
export function followTheSun(choosing: Choosing, goal: FollowTheSun): Requested {
  const { startSeconds } = choosing.calendar;
  assert(startSeconds !== null, 'a goal with a schedule has a start');
  const { site, untilSeconds } = dueAt(goal, startSeconds);
  const staySeconds = untilSeconds - startSeconds;
  const recurrence = recurrenceOf(goal, startSeconds);
  const wanted = parted(choosing, goal.workloads, site);
  if (staySeconds < goal.cooldownSeconds)
    return {
      ...nothing,
      recurrence,
      stays: [
        ...wanted.stays,
        ...wanted.moves.map(({ workload }) => ({
          workload,
          because: [reason('cooldown', { site, staySeconds, cooldownSeconds: goal.cooldownSeconds })],
        })),
      ],
    };
  return {
    ...nothing,
    ...wanted,
    recurrence,
    worthless: (choice) => worthless(choice, { benefitPerHour: goal.benefitPerHour, staySeconds }),
  };
}

/** The site whose turn it is, and until when. */
function dueAt(
  { schedule }: FollowTheSun,
  atSeconds: number,
): { readonly site: string; readonly untilSeconds: number } {
  const turns = schedule.toSorted((a, b) => a.fromSecondOfDay - b.fromSecondOfDay);
  const secondOfDay = atSeconds % daySeconds;
  const now = turns.findLast(({ fromSecondOfDay }) => fromSecondOfDay <= secondOfDay) ?? turns.at(-1);
  assert(now !== undefined, 'a schedule has an entry');
  const next = turns.find(({ fromSecondOfDay, site }) => fromSecondOfDay > secondOfDay && site !== now.site);
  const first = turns.find(({ site }) => site !== now.site);
  const midnight = atSeconds - secondOfDay;
  if (next !== undefined) return { site: now.site, untilSeconds: midnight + next.fromSecondOfDay };
  const tomorrow = first === undefined ? secondOfDay : first.fromSecondOfDay;
  return { site: now.site, untilSeconds: midnight + daySeconds + tomorrow };
}

function recurrenceOf(goal: FollowTheSun, startSeconds: number): Recurrence {
  const next: { readonly atSeconds: number; readonly site: string }[] = [];
  for (let at = startSeconds; next.length < transitionsMax; ) {
    const { untilSeconds } = dueAt(goal, at);
    next.push({ atSeconds: untilSeconds, site: dueAt(goal, untilSeconds).site });
    at = untilSeconds;
  }
  return { next, cooldownSeconds: goal.cooldownSeconds };
}

function worthless(
  { candidate }: Choice,
  { benefitPerHour, staySeconds }: { readonly benefitPerHour: number; readonly staySeconds: number },
): Reason | null {
  if (candidate === null) return null;
  const gain = benefitPerHour * (Math.max(0, staySeconds - candidate.estimate.totalSeconds.p50) / 3600);
  return candidate.cost < gain ? null : reason('not-worth-it', { cost: candidate.cost, gain });
}
