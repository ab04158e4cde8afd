import type { MoveState, Outcome } from './journal.ts';

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
