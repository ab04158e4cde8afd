import type { Path } from './conditions.ts';
import { pathConvergence } from './limits.ts';
import type { EstimateInput } from './observation.ts';

export type Convergence = NonNullable<EstimateInput['convergence']>;

/** From the target's start until the path of a kept session leads there; a time that the input names goes first. */
export function convergenceSeconds(
  { kind, seconds }: Convergence,
  { rttSeconds }: Pick<Path, 'rttSeconds'>,
): number {
  const usual = pathConvergence[kind];
  return seconds ?? usual.seconds + usual.roundTrips * rttSeconds;
}

/** How the path of a live move converges when the input does not say: by tunnel, or by announcement on a stretched segment. */
export const liveConvergence = ({ method, convergence }: EstimateInput): Convergence =>
  convergence ?? { kind: method === 'stretched-live' ? 'announcement' : 'tunnel' };
