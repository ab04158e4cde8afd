import type { Workload } from '../../../topology/resolve/topology.ts';

/**
 * How a guest writes its memory: distinct bytes dirtied `seconds` after a clean start, W(1 - e^(-rt/W)). It starts at
 * the rate r and saturates at the writable working set W, as sampled curves do.
 */
export interface DirtyCurve {
  readonly bytesPerSecond: number;
  readonly workingSetBytes: number;
}

export function dirtiedBytes({ bytesPerSecond, workingSetBytes }: DirtyCurve, seconds: number): number {
  if (workingSetBytes <= 0 || bytesPerSecond <= 0) return 0;
  return workingSetBytes * -Math.expm1((-bytesPerSecond * seconds) / workingSetBytes);
}

/** The curve through the shortest and the longest sample of a workload; a single sample says nothing of the set. */
export function dirtyCurveOf(
  workload: Pick<Workload, 'dirty' | 'memoryBytes' | 'residentBytes'>,
): DirtyCurve {
  const samples = workload.dirty.toSorted((a, b) => a.seconds - b.seconds);
  const shortest = samples[0];
  const longest = samples.at(-1);
  const memoryBytes = workload.residentBytes ?? workload.memoryBytes;
  if (shortest === undefined || longest === undefined) return { bytesPerSecond: 0, workingSetBytes: 0 };
  const workingSetBytes = Math.min(
    memoryBytes,
    longest === shortest
      ? Math.max(memoryBytes / 4, shortest.bytesPerSecond * shortest.seconds)
      : longest.bytesPerSecond * longest.seconds,
  );
  if (workingSetBytes <= 0) return { bytesPerSecond: 0, workingSetBytes: 0 };
  // Invert the curve at the shortest sample; a sample at the set's size has only a lower bound for its rate.
  const share = Math.min(0.99, (shortest.bytesPerSecond * shortest.seconds) / workingSetBytes);
  return { bytesPerSecond: (-Math.log1p(-share) * workingSetBytes) / shortest.seconds, workingSetBytes };
}
