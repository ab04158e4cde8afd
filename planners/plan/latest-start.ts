import { hasCalendar } from './depends-on-start.ts';
import { needed, type Settled } from './deadline.ts';
import { draft, type DraftInput } from './draft.ts';

/** Starts tried: the answer is right to a 64th of the time until the deadline. */
const stepsMax = 6;
/** Larger fleets are not planned again: the time needed from the present start is taken. */
const movesReplannedMax = 2000;
const lookupsRough = 40_000;

/**
 * The latest start, in Unix seconds, from which everything is still done by the deadline with the runbook's
 * confidence; before now when it is too late already, null without a deadline.
 */
export function latestSafeStart(input: DraftInput, { neededSeconds, draft: taken }: Settled): number | null {
  const { runbook, topology, calendar } = input;
  const { deadlineSeconds } = runbook;
  if (deadlineSeconds === null || calendar.startSeconds === null) return null;
  const direct = deadlineSeconds - neededSeconds;
  if (!hasCalendar(topology, runbook) || taken.moving.length > movesReplannedMax) return direct;
  const holds = (startSeconds: number): boolean => {
    const later = { ...input, calendar: { startSeconds } };
    return (
      startSeconds + needed(later, draft(later, { haste: 1, lookupsMax: lookupsRough })) <= deadlineSeconds
    );
  };
  if (direct < calendar.startSeconds) return direct;
  let good = calendar.startSeconds;
  let bad = deadlineSeconds;
  for (let step = 0; step < stepsMax; step++) {
    const middle = Math.floor((good + bad) / 2);
    if (holds(middle)) good = middle;
    else bad = middle;
  }
  return good;
}
