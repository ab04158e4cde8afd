import type { Plan } from '../../planners/plan/plan.ts';
import type { RunEvent } from './store/dispatch.ts';
import type { RunRecord, RunRequest, StoredEntry } from './store/records.ts';
import type { RunStatus } from './status.ts';

/**
 * What anybody can ask about runs: commands, API and page speak to this and to nothing beneath. Local
 * (src/runs/local.ts) in the process that has the state open, remote (src/api/client.ts) everywhere else.
 */
export interface RunService {
  /**
   * Starts a run of the plan, or carries on its newest one that has not ended. Refuses a plan that no longer fits the
   * world (LH_PLAN_STALE), one that touches anything real without consent (LH_CONSENT_MISSING), and one that starts
   * new copies (LH_PLAN_STARTS_COPIES).
   */
  start(plan: Plan, consent: Consent): Promise<RunRecord>;
  /** Carries on an interrupted run or one that waited for a person; an ended one is only answered. */
  resume(id: string): Promise<RunRecord>;
  /** Asks a run to cancel or roll back; answers at once, `watch` tells how it ends. */
  request(id: string, request: Exclude<RunRequest, 'none'>): Promise<RunRecord>;
  /** Newest first. */
  runs(): Promise<readonly RunRecord[]>;
  show(id: string): Promise<RunStatus>;
  plan(id: string): Promise<Plan>;
  journal(id: string, after?: number): Promise<readonly StoredEntry[]>;
  /** From now on until the run ends or waits for a person: first where everything stands, then each change. */
  watch(id: string, signal: AbortSignal): AsyncIterable<RunUpdate>;
}

/** Who agrees that real workloads are touched. */
export interface Consent {
  /** Somebody said so on the command line or in the API call. */
  readonly yes: boolean;
  /** Names; they satisfy the runbook's `approvals`. */
  readonly approvedBy: readonly string[];
}

export type RunUpdate =
  | { readonly kind: 'run'; readonly run: RunRecord }
  | { readonly kind: 'progress'; readonly event: RunEvent };
