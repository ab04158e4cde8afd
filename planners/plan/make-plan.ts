import type { Runbook } from '../../topology/resolve/runbook.ts';
import type { Topology } from '../../topology/resolve/topology.ts';
import type { Random } from '../../topology/world.ts';
import type { Calendar } from '../choose/calendar.ts';
import { sensitivityOf } from '../choose/sensitivity.ts';
import { UnderWay, type MoveUnderWay } from '../choose/under-way.ts';
import type { Model } from '../estimate/model.ts';
import { linkUse, movesOf, staysBecause, warningsOf } from './assemble.ts';
import { changesThatHelp } from './changes.ts';
import { settle, type Settled, unplacedBecause } from './deadline.ts';
import type { Draft, DraftInput } from './draft.ts';
import { dependsOnStart } from './depends-on-start.ts';
import { planHash } from './hash.ts';
import { roundDue } from '../schedule/goals/follow-the-sun.ts';
import { latestSafeStart } from './latest-start.ts';
import type { Plan, PlannedMove, Stay } from './plan.ts';
import type { Reason } from './reasons.ts';

export interface PlanInput {
  readonly topology: Topology;
  readonly runbook: Runbook;
  readonly model: Model;
  /** When the plan is made: the start that is assumed where the runbook names none and something depends on it. */
  readonly nowSeconds: number;
  readonly random: Random;
  /** Moves of other runs that are not over; none where nobody asked. */
  readonly underWay?: readonly MoveUnderWay[];
}

/**
 * The plan for a runbook: who moves, how each of them, and when. Pure: the same input, and random numbers from the
 * same seed, give the same bytes.
 */
export function makePlan(input: PlanInput): Plan {
  const { topology, runbook, model } = input;
  const calendar: Calendar = {
    startSeconds: runbook.startSeconds ?? startOf(input),
  };
  const underWay = asOfStart(input, calendar);
  const draftInput: DraftInput = { ...input, calendar, underWay };
  const settled = settle(draftInput);
  const { draft } = settled;
  const { requested } = draft;
  const moves = movesOf(draft).map((move) => remarked(move, requested.remarksOn(move)));
  const rest: Omit<Plan, 'hash'> = {
    format: 'longhaul-plan/1',
    name: runbook.name,
    topology,
    runbook,
    model: { id: model.id, fittedTo: model.fittedTo },
    startSeconds: calendar.startSeconds,
    verdict: settled.verdict,
    hasteRatio: draft.choosing.hasteRatio,
    moves,
    stays: staysOf(draft, draftInput),
    placements: requested.placements,
    recurrence: requested.recurrenceOf(moves),
    outcome: requested.outcomeOf(moves),
    changes: settled.verdict === 'feasible' ? [] : changesThatHelp(draftInput, settled),
    makespan: makespanOf(draft),
    ...latestSafeStart(draftInput, settled),
    links: linkUse(draft),
    ...(underWay.length === 0 ? {} : { underWay: new UnderWay(underWay).moves }),
    warnings: warningsOf(draft, moves),
  };
  return { ...rest, hash: planHash(rest) };
}

/** Of a plan whose runbook names none: the round that is due, the present where the calendar matters, else none. */
function startOf(input: PlanInput): number | null {
  const { topology, runbook, nowSeconds } = input;
  const { goal } = runbook;
  if (goal.kind === 'follow-the-sun') return roundDue(goal, topology, nowSeconds);
  return dependsOnStart(input) ? nowSeconds : null;
}

/** A start that has passed is planned for as if it were now, and what is under way is as far then as it is now. */
function asOfStart(
  { underWay = [], nowSeconds }: PlanInput,
  { startSeconds }: Calendar,
): readonly MoveUnderWay[] {
  const passedSeconds = Math.max(0, nowSeconds - (startSeconds ?? nowSeconds));
  if (passedSeconds === 0) return underWay;
  return underWay.map((move) => ({
    ...move,
    fromUnixSeconds: move.fromUnixSeconds - passedSeconds,
    toUnixSeconds: move.toUnixSeconds === null ? null : move.toUnixSeconds - passedSeconds,
  }));
}

function remarked(move: PlannedMove, remarks: readonly Reason[]): PlannedMove {
  const { decision } = move;
  return remarks.length === 0
    ? move
    : { ...move, decision: { ...decision, because: [...decision.because, ...remarks] } };
}

function staysOf({ choosing, choices, requested, schedule }: Draft, input: DraftInput): Plan['stays'] {
  const byName = new Map(choices.map((choice) => [choice.workload.name, choice]));
  return [
    ...requested.stays.map((stays): Stay => ({ ...stays, decision: null, sensitivity: [] })),
    ...choices
      .filter(({ candidate }) => candidate === null)
      .map(
        (choice): Stay => ({
          workload: choice.workload.name,
          because: staysBecause(choice.decision),
          decision: choice.decision,
          sensitivity: sensitivityOf(choosing, choice, null),
        }),
      ),
    ...schedule.unplaced.map(
      (job): Stay => ({
        workload: job.name,
        because: [unplacedBecause(job, input)],
        decision: byName.get(job.name)?.decision ?? null,
        sensitivity: [],
      }),
    ),
  ].sort((a, b) => (a.workload < b.workload ? -1 : 1));
}

function makespanOf({ schedule, timing }: Settled['draft']): Plan['makespan'] {
  return {
    scheduledSeconds: schedule.makespanSeconds,
    p50Seconds: timing.allDoneSeconds(0.5),
    p90Seconds: timing.allDoneSeconds(0.9),
    lowerBoundSeconds: schedule.lowerBoundSeconds,
  };
}
