import type { Choice } from '../../choose/choose.ts';
import type { Placement, PlannedMove, Recurrence } from '../../plan/plan.ts';
import type { Reason } from '../../plan/reasons.ts';

/**
 * What a goal asks for: who is to move and where to, and, for goals that are not about moving, what else is to happen.
 * One file a goal here; what is chosen and when it runs is the same for all.
 */
export interface Requested {
  readonly moves: readonly WantedMove[];
  /** Hosts that are to take nothing. */
  readonly closed: ReadonlySet<string>;
  /** Workloads of the goal that need no move. */
  readonly stays: readonly { readonly workload: string; readonly because: readonly Reason[] }[];
  readonly placements: readonly Placement[];
  /** Workloads that other runs do not bring in time to where the goal wants them: it is not met by this plan. */
  readonly unmet: ReadonlySet<string>;
  /** Why a move that could be made is not worth it; null: it is. */
  readonly worthless: (choice: Choice) => Reason | null;
  /** What is to be said of a move beyond its method: what it earns, what it leaves behind. */
  readonly remarksOn: (move: PlannedMove) => readonly Reason[];
  /** Of a goal that comes back, when those moves are made. */
  readonly recurrenceOf: (moves: readonly PlannedMove[]) => Recurrence | null;
  /** What the goal comes to when these moves are made. */
  readonly outcomeOf: (moves: readonly PlannedMove[]) => readonly Reason[];
}

export interface WantedMove {
  readonly workload: string;
  /** Names of sites. */
  readonly targets: readonly string[];
  /** Keys of the only hosts that will do; null: any. */
  readonly hosts: ReadonlySet<string> | null;
}

export const nothing: Requested = {
  moves: [],
  closed: new Set(),
  stays: [],
  placements: [],
  unmet: new Set(),
  worthless: () => null,
  remarksOn: () => [],
  recurrenceOf: () => null,
  outcomeOf: () => [],
};
