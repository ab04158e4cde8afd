import type { Method } from '../../topology/resolve/topology.ts';
import type { Estimate, Quantiles } from '../estimate/estimate.ts';
import type { Effects, TransferSettings } from '../plan/plan.ts';
import type { Reason } from '../plan/reasons.ts';
import type { CostParts } from './cost.ts';
import type { Path } from './paths.ts';

/** One way to move one workload, with everything that stands against it. */
export interface Candidate {
  readonly method: Method;
  readonly site: string;
  readonly host: string | null;
  readonly path: Path | null;
  readonly settings: TransferSettings | null;
  readonly estimate: Estimate | null;
  readonly effects: Effects | null;
  readonly parts: CostParts | null;
  readonly cost: number | null;
  readonly refusals: readonly Reason[];
}

/** A candidate that nothing stands against. */
export type Accepted = Candidate & {
  readonly host: string;
  readonly path: Path;
  readonly settings: TransferSettings;
  readonly estimate: Estimate & { readonly totalSeconds: Quantiles };
  readonly effects: Effects;
  readonly parts: CostParts;
  readonly cost: number;
};
