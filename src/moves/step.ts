import type { Move, MoveFacts } from './move.ts';

/**
 * One step of a move. It can die at any line and be run again: the engine asks `observe` first, and `apply` and `undo`
 * look at the world before they act. What `apply` found out comes back in `move.facts`.
 */
export interface Step {
  readonly name: string;
  /** Share of the whole move's time that people are shown; only relations matter. */
  readonly weight: number;
  /** How long `apply` may take. */
  deadlineSeconds(move: Move): number;
  /** `done`: it is so already, not to be applied. Absent: always applied, as applying it twice does no harm. */
  observe?(move: Move, signal: AbortSignal): Promise<'done' | 'pending'>;
  apply(move: Move, signal: AbortSignal): Promise<MoveFacts | undefined>;
  /** Takes back what `apply` did or may have begun to do. Absent: nothing to take back. */
  undo?(move: Move, signal: AbortSignal): Promise<void>;
  /**
   * From its `apply` on nothing is undone; the journal says so first. Only an `apply` that throws NotOrdered
   * (faults.ts) has not passed it.
   */
  readonly isPointOfNoReturn?: true;
  /**
   * Only beside `isPointOfNoReturn`: a person wants back a move that stopped in this very step. Answers when it is
   * certain that the target does not run and never will; throws when it does, or cannot be asked (unless a person
   * vouches that it is down).
   */
  goBack?(move: Move, signal: AbortSignal, person: { readonly isTargetDown: boolean }): Promise<void>;
  /** When it has ended the workload serves at its target: what waits for the move may begin. */
  readonly isLanding?: true;
}
