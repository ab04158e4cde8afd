import type { Observation } from '../../../planners/estimate/observation.ts';
import type { Plan } from '../../../planners/plan/plan.ts';

/**
 * What is remembered: plans, runs, the journal, claims, observations. The journal, not the queue, says what is done.
 * One conformance suite (test/conformance/records) runs over every store: memory, PGlite, Redis.
 */
export interface Records {
  savePlan(plan: Plan): Promise<void>;
  plan(hash: string): Promise<Plan | null>;

  /** False when a run of that id exists already. */
  createRun(run: RunRecord): Promise<boolean>;
  run(id: string): Promise<RunRecord | null>;
  /** Newest first. */
  runs(): Promise<readonly RunRecord[]>;
  /** Compare-and-set on `version`; answers the new record, or null when somebody was faster. */
  updateRun(id: string, version: number, change: RunChange): Promise<RunRecord | null>;

  /**
   * Appends with the next sequence number of the run (1, 2, 3 …) and answers it; durable when it resolves. An entry of
   * a workload is refused with LH_CLAIM_LOST, in the same transaction, unless the workload's claim has exactly the
   * entry's epoch: who has lost a claim cannot journal, and so cannot pass the point of no return.
   */
  append(run: string, entry: JournalEntry): Promise<number>;
  /** In order; only entries with a sequence number above `after`. */
  journal(run: string, after?: number): Promise<readonly StoredEntry[]>;

  /** Takes the claim on a workload when its epoch is still `expected` (0: never claimed); answers the new epoch or null. */
  takeClaim(workload: string, expected: number, run: string): Promise<number | null>;
  claim(workload: string): Promise<{ readonly epoch: number; readonly run: string } | null>;

  appendObservation(observation: Observation): Promise<void>;
  observations(): Promise<readonly Observation[]>;

  close(): Promise<void>;
}

export type RunState = 'pending' | 'running' | 'done' | 'failed' | 'cancelled' | 'needs-person';

/**
 * `cancel`: moves before their point of no return are undone, the others roll forward, no new one begins.
 * `rollback`: as cancel; and a move that stopped inside its switchover window goes back to its source, if its target
 * can be asked and does not run. `rollback-target-down`: as rollback, without asking a target that cannot be reached:
 * a person vouches that it does not run and will not.
 */
export type RunRequest = 'none' | 'cancel' | 'rollback' | 'rollback-target-down';

export interface RunRecord {
  readonly id: string;
  readonly plan: string;
  readonly state: RunState;
  /** Asked for from outside; moves look at it between and inside steps. */
  readonly request: RunRequest;
  readonly createdAtSeconds: number;
  readonly startedAtSeconds: number | null;
  readonly endedAtSeconds: number | null;
  /** The command that settles it, when a person is needed. */
  readonly settle: string | null;
  readonly version: number;
}

export type RunChange = Partial<Omit<RunRecord, 'id' | 'plan' | 'version' | 'createdAtSeconds'>>;

/** One line of the journal. Written before the side effect it announces (`begin`), and after it (`end`). */
export interface JournalEntry {
  readonly atSeconds: number;
  /** Null for entries of the run itself. */
  readonly workload: string | null;
  readonly attempt: number;
  /** Of the claim on the workload under which it is written; 0 for entries of the run itself. */
  readonly epoch: number;
  readonly step: string;
  readonly event: 'begin' | 'end' | 'fail' | 'undo' | 'undone' | 'point-of-no-return' | 'note' | 'outcome';
  readonly detail: Readonly<Record<string, unknown>>;
}

/** As read back: through JSON, numbered. */
export interface StoredEntry extends JournalEntry {
  readonly sequence: number;
}
