import type { Goal } from '../../../topology/resolve/runbook.ts';
import type { Choosing } from '../../choose/choosing.ts';
import { workloadOf, type Fleet } from '../../choose/fleet.ts';
import type { MoveUnderWay } from '../../choose/under-way.ts';
import type { Stay } from '../../plan/plan.ts';
import { reason, type Reason } from '../../plan/reasons.ts';
import type { Requested } from './requested.ts';

/**
 * What another run moves is not planned again: it stays, with the run and its target as the reason. Where that target
 * is not what the goal wants, or is reached too late, the goal is not met by this plan alone.
 */
export function besideUnderWay({ fleet, calendar }: Choosing, wanted: Requested): Requested {
  const { moves: underWay } = fleet.underWay;
  if (underWay.length === 0) return wanted;
  const isFree = ({ workload }: { readonly workload: string }): boolean =>
    fleet.underWay.of(workload) === null;
  const targets = new Map([
    ...wanted.stays.map(({ workload }) => [workload, [workloadOf(fleet, workload).site]] as const),
    ...wanted.moves.map((move) => [move.workload, move.targets] as const),
    ...arriving(fleet).map((workload) => [workload, []] as const),
  ]);
  const others = [...targets].flatMap(([workload, sites]) => {
    const move = fleet.underWay.of(workload);
    return move === null ? [] : [{ move, against: againstGoal(fleet, move, sites) }];
  });
  return {
    ...wanted,
    moves: wanted.moves.filter(isFree),
    stays: [
      ...wanted.stays.filter(isFree),
      ...others.map(
        ({ move, against }): Pick<Stay, 'workload' | 'because'> => ({
          workload: move.workload,
          because: [whoMoves(move, calendar.startSeconds ?? 0), ...against],
        }),
      ),
    ],
    unmet: new Set(others.filter(({ against }) => against.length > 0).map(({ move }) => move.workload)),
  };
}

type Emptying = Extract<Goal, { kind: 'evacuate' | 'drain-host' }>;

/** Those that come to where the goal wants nobody to be. */
function arriving({ runbook: { goal }, underWay }: Fleet): readonly string[] {
  if (goal.kind !== 'evacuate' && goal.kind !== 'drain-host') return [];
  return underWay.moves.filter((move) => isEmptied(goal, move.target)).map(({ workload }) => workload);
}

function isEmptied(goal: Emptying, { site, host }: MoveUnderWay['target']): boolean {
  return goal.kind === 'evacuate' ? site === goal.from : site === goal.site && host === goal.host;
}

function againstGoal(
  { runbook: { goal, deadlineSeconds } }: Fleet,
  { target, toUnixSeconds }: MoveUnderWay,
  sites: readonly string[],
): readonly Reason[] {
  const isEmptying = goal.kind === 'evacuate' || goal.kind === 'drain-host';
  const isWanted = isEmptying ? !isEmptied(goal, target) : sites.includes(target.site);
  if (!isWanted) return [reason('under-way-elsewhere')];
  if (toUnixSeconds === null) return [reason('under-way-open')];
  return deadlineSeconds !== null && toUnixSeconds > deadlineSeconds
    ? [reason('under-way-late', { deadlineUnixSeconds: deadlineSeconds })]
    : [];
}

function whoMoves({ run, target, toUnixSeconds }: MoveUnderWay, startSeconds: number): Reason {
  const values = { run, target: `${target.site}/${target.host}` };
  if (toUnixSeconds === null) return reason('under-way-stopped', values);
  return toUnixSeconds <= startSeconds
    ? reason('under-way-ended', values)
    : reason('under-way', { ...values, endUnixSeconds: toUnixSeconds });
}
