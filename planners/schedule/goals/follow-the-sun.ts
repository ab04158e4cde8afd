import assert from 'node:assert/strict';
import type { Goal } from '../../../topology/resolve/runbook.ts';
import type { Topology, Workload } from '../../../topology/resolve/topology.ts';
import type { Choosing } from '../../choose/choosing.ts';
import type { Choice } from '../../choose/choose.ts';
import { workloadOf } from '../../choose/fleet.ts';
import type { PlannedMove, Recurrence, Round } from '../../plan/plan.ts';
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
  const wanted = parted(choosing, goal.workloads, site);
  const tooShort = cooldown(goal, { site, staySeconds });
  if (tooShort !== null)
    return {
      ...nothing,
      recurrenceOf: () => roundsOf(choosing, goal, { site, startSeconds, members: goal.workloads }),
      stays: [...wanted.stays, ...wanted.moves.map(({ workload }) => ({ workload, because: [tooShort] }))],
    };
  const gains = { benefitPerHour: goal.benefitPerHour, staySeconds };
  return {
    ...nothing,
    ...wanted,
    recurrenceOf: (moves) =>
      roundsOf(choosing, goal, {
        site,
        startSeconds,
        members: [...wanted.stays, ...moves].map(({ workload }) => workload),
      }),
    worthless: ({ candidate }) => worthless(candidate, gains),
    remarksOn: (move) => remarksOn(choosing, move, gains),
    outcomeOf: () => (wanted.moves.length === 0 ? [reason('nobody-due')] : []),
  };
}

/**
 * When the round begins that is to be planned now: at once where somebody is not where it is day and the day there is
 * still long enough, else at the next transition of which that will be true.
 */
export function roundDue(goal: FollowTheSun, { workloads }: Topology, nowSeconds: number): number {
  const members = workloads.filter(({ name }) => goal.workloads.includes(name));
  let at = nowSeconds;
  for (let transition = 0; transition <= transitionsMax; transition++) {
    const { site, untilSeconds } = dueAt(goal, at);
    const isDue = members.some((member) => member.site !== site);
    if (isDue && cooldown(goal, { site, staySeconds: untilSeconds - at }) === null) return at;
    at = untilSeconds;
  }
  return nowSeconds;
}

function cooldown(
  { cooldownSeconds }: FollowTheSun,
  { site, staySeconds }: { readonly site: string; readonly staySeconds: number },
): Reason | null {
  return staySeconds < cooldownSeconds ? reason('cooldown', { site, staySeconds, cooldownSeconds }) : null;
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

interface Going {
  readonly site: string;
  readonly startSeconds: number;
  /** Those for whom it is worth it. */
  readonly members: readonly string[];
}

/** The transitions after this one, with what each would send of the disks: they leave a seed wherever they have been. */
function roundsOf(
  { fleet }: Choosing,
  goal: FollowTheSun,
  { site, startSeconds, members: names }: Going,
): Recurrence {
  const members = names.map((name) => workloadOf(fleet, name));
  const leftAt = new Map<string, number>();
  const next: Round[] = [];
  let here = site;
  for (let at = dueAt(goal, startSeconds).untilSeconds; next.length < transitionsMax; ) {
    const due = dueAt(goal, at);
    const staySeconds = due.untilSeconds - at;
    const skipped = cooldown(goal, { site: due.site, staySeconds });
    const seconds = at - (leftAt.get(due.site) ?? startSeconds);
    const isNew = !leftAt.has(due.site);
    const deltaBytes = members.reduce(
      (sum, member) => sum + changedBytes(member, seconds) + (isNew ? unseededBytes(member, due.site) : 0),
      0,
    );
    next.push({
      atSeconds: at,
      site: due.site,
      staySeconds,
      deltaBytes: skipped === null ? deltaBytes : 0,
      skipped,
    });
    if (skipped === null) {
      leftAt.set(here, at);
      here = due.site;
    }
    at = due.untilSeconds;
  }
  return { next, cooldownSeconds: goal.cooldownSeconds };
}

interface Gains {
  readonly benefitPerHour: number;
  readonly staySeconds: number;
}

function worthless(candidate: Choice['candidate'], gains: Gains): Reason | null {
  if (candidate === null) return null;
  const { cost, estimate } = candidate;
  const gain = gainOf(gains, estimate.totalSeconds.p50);
  return cost < gain ? null : reason('not-worth-it', { cost, gain });
}

/** From the end of the move until the next transition. */
function gainOf({ benefitPerHour, staySeconds }: Gains, moveSeconds: number): number {
  return benefitPerHour * (Math.max(0, staySeconds - moveSeconds) / 3600);
}

function remarksOn(
  { fleet }: Choosing,
  { workload: name, source, decision }: PlannedMove,
  gains: Gains,
): readonly Reason[] {
  const { target, estimate, cost } = decision.chosen;
  const { staySeconds } = gains;
  const gain = gainOf(gains, estimate?.totalSeconds?.p50 ?? 0);
  const workload = workloadOf(fleet, name);
  const worth = reason('worth-it', { staySeconds, site: target?.site ?? '', gain, cost: cost ?? 0 });
  return workload.disks.some(({ storage }) => storage === null)
    ? [
        worth,
        reason('reverse-delta', {
          site: source.site,
          staySeconds,
          deltaBytes: changedBytes(workload, staySeconds),
        }),
      ]
    : [worth];
}

/** What is written to its own disks in that time, at most all of them. */
function changedBytes({ disks }: Workload, seconds: number): number {
  return disks.reduce(
    (sum, { storage, usedBytes, writeBytesPerSecond }) =>
      storage === null ? sum + Math.min(usedBytes, writeBytesPerSecond * seconds) : sum,
    0,
  );
}

/** What no seed at that site holds yet. */
function unseededBytes({ disks, site }: Workload, target: string): number {
  if (site === target) return 0;
  return disks.reduce(
    (sum, { storage, usedBytes, seeded }) =>
      storage === null ? sum + Math.max(0, usedBytes - (seeded[target] ?? 0)) : sum,
    0,
  );
}
