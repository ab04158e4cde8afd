import type { Method, Site } from '../../topology/resolve/topology.ts';
import type { Estimate, Quantiles } from '../estimate/estimate.ts';
import type { Effects, TransferSettings } from '../plan/plan.ts';
import type { Reason } from '../plan/reasons.ts';
import type { CostParts } from './cost.ts';
import { modeName } from './modes.ts';
import type { Path } from './paths.ts';

/** One way to move one workload, before a host is looked for, with everything that stands against it. */
export interface Candidate {
  readonly method: Method;
  readonly site: string;
  readonly path: Path | null;
  readonly settings: TransferSettings | null;
  readonly estimate: Estimate | null;
  readonly effects: Effects | null;
  /** Without what other moves of the plan add. */
  readonly parts: CostParts | null;
  readonly cost: number | null;
  readonly refusals: readonly Reason[];
}

/** A candidate that nothing stands against but, perhaps, room and money. */
export interface Way extends Candidate {
  readonly path: Path;
  readonly settings: TransferSettings;
  readonly estimate: Estimate & { readonly totalSeconds: Quantiles };
  readonly effects: Effects;
  readonly parts: CostParts;
  readonly cost: number;
}

/** A way with a host, and with the queue for its links in its cost. */
export interface Accepted extends Way {
  readonly host: string;
}

/** Every way to bring workloads of one kind to one site; the ways are shared, host and queue are each one's own. */
export interface Template {
  readonly site: Site;
  readonly ways: readonly Way[];
  readonly refused: readonly Candidate[];
}

export function isWay(candidate: Candidate): candidate is Way {
  return candidate.refusals.length === 0;
}

/** What a decision tells apart: 'routed-live hybrid'. */
export function modeKey({ method, settings }: Candidate): string {
  return `${method} ${modeName(settings)}`;
}

/** 'routed-live (hybrid) to lyon over wan-1'. */
export function labelOf({ method, site, path, settings }: Candidate): string {
  const mode = method.endsWith('-live') ? modeName(settings) : '';
  return `${method}${mode === '' || mode === 'pre-copy' ? '' : ` (${mode})`} to ${site} over ${path?.id ?? 'no path'}`;
}
