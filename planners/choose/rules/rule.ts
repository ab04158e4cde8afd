import type { Method, Site, Workload } from '../../../topology/resolve/topology.ts';
import { reason, type Reason, type ReasonCode } from '../../plan/reasons.ts';
import type { Fleet } from '../fleet.ts';

/**
 * Hard constraints. A rule says `refuse(code, values)` for each thing that stands against an attempt; all rules are
 * always asked, so a rejected option carries every reason, not the first.
 */
export type Refuse = (code: ReasonCode, values?: Reason['values']) => void;

/** A workload tried at a site. */
export interface SiteAttempt {
  readonly fleet: Fleet;
  readonly workload: Workload;
  readonly source: Site;
  readonly target: Site;
  /** Workloads that are to leave the target as part of the same goal. */
  readonly leaving: ReadonlySet<string>;
}

export interface MethodAttempt extends SiteAttempt {
  readonly method: Method;
}

export type Rule<A> = (attempt: A, refuse: Refuse) => void;

/** Every reason that the rules have against an attempt; empty: nothing stands against it. */
export function refusals<A>(rules: readonly Rule<A>[], attempt: A): readonly Reason[] {
  const reasons: Reason[] = [];
  const refuse: Refuse = (code, values) => reasons.push(reason(code, values));
  for (const rule of rules) rule(attempt, refuse);
  return reasons;
}

export const isLive = (method: Method): boolean => method === 'stretched-live' || method === 'routed-live';
