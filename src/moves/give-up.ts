import type { MoveState } from './journal.ts';

/** A step gives the attempt up, and says what becomes of the move. */
export class MoveGivenUp extends Error {
  readonly undoing: NonNullable<MoveState['undoing']>;

  constructor(undoing: NonNullable<MoveState['undoing']>) {
    super(undoing.reason);
    this.undoing = undoing;
  }
}
