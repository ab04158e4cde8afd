import { bounds } from './limits.ts';
import type { EstimateInput } from './observation.ts';

/** What of the disks must cross: those that are not shared, less what the target already holds. */
export interface DiskCopy {
  readonly bytes: number;
  /** What the guest writes to them meanwhile, a second; it must cross again. */
  readonly writeBytesPerSecond: number;
  /** Most that can be dirty: the used bytes of the disks that are written. */
  readonly writtenBytesMax: number;
}

export function diskCopyOf(disks: EstimateInput['disks'] = []): DiskCopy {
  let bytes = 0;
  let writeBytesPerSecond = 0;
  let writtenBytesMax = 0;
  for (const disk of disks) {
    if (disk.shared === true) continue;
    const used = Math.min(disk.usedBytes ?? disk.sizeBytes, disk.sizeBytes, bounds.bytes[1]);
    if ((disk.writeBytesPerSecond ?? 0) > 0) writtenBytesMax += used;
    bytes += Math.max(0, used - (disk.seededBytes ?? 0));
    writeBytesPerSecond += disk.writeBytesPerSecond ?? 0;
  }
  return {
    bytes,
    writeBytesPerSecond: Math.min(writeBytesPerSecond, bounds.bytesPerSecond[1]),
    writtenBytesMax,
  };
}

/**
 * Mirror, while the guest runs: S bytes at rate B beside writes of w bytes a second take S/(B − w), and every write
 * crosses too. Null: the writes fill the path. `B` is what the path carries with the writes on it.
 */
export function mirrorOf(
  disks: DiskCopy,
  freeBytesPerSecond: number,
): { seconds: number; bytes: number } | null {
  if (disks.bytes === 0) return { seconds: 0, bytes: 0 };
  if (!(freeBytesPerSecond > 0)) return null;
  const seconds = disks.bytes / freeBytesPerSecond;
  return { seconds, bytes: disks.bytes + seconds * disks.writeBytesPerSecond };
}

/** A copy in passes, while the guest runs, and the rest after it was shut down. */
export interface SeededCopy {
  readonly runningSeconds: number;
  readonly stoppedSeconds: number;
  readonly bytes: number;
}

/** Passes stop to pay when the rest takes less than this, or no longer shrinks by half. */
const restSecondsMin = 1;
const seedPassesMax = 20;

/**
 * Seeded copy and delta: what was written during a pass is the next pass, at most all that is used of the disks it writes to; when that no
 * longer pays the guest is shut down and the rest crosses.
 */
export function seededCopyOf(
  { bytes, writeBytesPerSecond, writtenBytesMax }: DiskCopy,
  rate: number,
): SeededCopy {
  let sent = bytes;
  let runningSeconds = bytes / rate;
  let rest = Math.min(writeBytesPerSecond * runningSeconds, writtenBytesMax);
  for (let pass = 1; pass < seedPassesMax && rest / rate > restSecondsMin; pass += 1) {
    const next = Math.min((writeBytesPerSecond * rest) / rate, writtenBytesMax);
    if (next > rest / 2) break;
    sent += rest;
    runningSeconds += rest / rate;
    rest = next;
  }
  return { runningSeconds, stoppedSeconds: rest / rate, bytes: sent + rest };
}
