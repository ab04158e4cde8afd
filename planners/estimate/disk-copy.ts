import type { EstimateInput } from './observation.ts';

/** Bytes of disks that must cross: not shared, less what a seed already holds. */
export interface DiskCopy {
  readonly bytes: number;
  /** Bytes a second that guests write to these disks and that must cross again. */
  readonly writeBytesPerSecond: number;
}

export function diskCopyOf(disks: EstimateInput['disks']): DiskCopy {
  const own = (disks ?? []).filter(({ shared }) => shared !== true);
  return {
    bytes: own.reduce(
      (sum, { sizeBytes, usedBytes, seededBytes = 0 }) =>
        sum + Math.max(0, Math.min(usedBytes ?? sizeBytes, sizeBytes) - seededBytes),
      0,
    ),
    writeBytesPerSecond: own.reduce((sum, { writeBytesPerSecond = 0 }) => sum + writeBytesPerSecond, 0),
  };
}

/** Mirror: everything once while writes go on beside it; null when they fill the path. */
export function mirrorSeconds(
  { bytes, writeBytesPerSecond }: DiskCopy,
  rateBytesPerSecond: number,
): number | null {
  if (bytes === 0) return 0;
  const free = rateBytesPerSecond - writeBytesPerSecond;
  return free > 0 ? bytes / free : null;
}
