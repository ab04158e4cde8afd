import { LonghaulError } from '../../topology/errors.ts';
import type { MoveState, Outcome } from './journal.ts';
import type { Move } from './move.ts';

export const moved: Omit<Outcome, 'remains'> = {
  result: 'moved',
  reason: 'it serves at its target',
  code: null,
  settle: null,
  again: null,
};

/** Of an attempt that is taken back by a journal that does not say why. */
export const unexplained: NonNullable<MoveState['undoing']> = {
  result: 'failed',
  reason: 'the journal does not say why',
  code: null,
  settle: null,
  again: null,
};

/** Nothing is undone: that would take names, routes and addresses from where it serves. */
export function goneAhead({ workload, target, run }: Pick<Move, 'workload' | 'target' | 'run'>): Outcome {
  const { code, message } = new LonghaulError('LH_JOURNAL_BEHIND', [workload.name, target.name]);
  return {
    result: 'needs-person',
    reason: message,
    code,
    remains: [],
    settle: `longhaul show ${run} --journal, then probe the topology and plan again`,
    again: null,
  };
}
