import { curvesOf, type WeightedCurve } from './dirty-samples.ts';
import { diskCopyOf, type DiskCopy } from './disk-copy.ts';
import { doubtOf, type Doubt } from './doubt.ts';
import { assumed, bounds } from './limits.ts';
import type { Model } from './model.ts';
import type { EstimateInput } from './observation.ts';

/** An input with every default filled in, and what was not known. All numbers are finite and within `bounds`. */
export interface Conditions {
  readonly memoryBytes: number;
  readonly residentBytes: number;
  /** Binary translation instead of KVM. */
  readonly tcg: boolean;
  /** What the dirty samples leave open. */
  readonly curves: readonly WeightedCurve[];
  /** Every sample read zero: such a guest has quiet moments, whatever its kernel does in between. */
  readonly idle: boolean;
  readonly path: Path;
  readonly transfer: Transfer;
  readonly disks: DiskCopy;
  readonly cores: number;
  readonly doubt: Doubt;
}

export interface Path {
  readonly bitsPerSecond: number;
  readonly rttSeconds: number;
  readonly loss: number;
  readonly bufferSeconds: number;
  readonly mtuBytes: number;
  readonly congestionControl: string;
  readonly sendBufferBytes: number;
  /** Other moves on the link that take what they get, and those with a rate of their own. */
  readonly sharers: number;
  readonly ratedSharers: number;
  readonly takenBytesPerSecond: number;
}

export interface Transfer {
  /** Null: no cap. */
  readonly capBytesPerSecond: number | null;
  readonly downtimeLimitSeconds: number;
  readonly autoConverge: boolean;
  readonly xbzrleCacheBytes: number;
  readonly streams: number;
  readonly multifd: boolean;
  readonly compress: boolean;
  readonly postcopyAfterPasses: number | null;
  readonly timeoutSeconds: number;
  readonly gatedStart: boolean;
}

export function conditionsOf(input: EstimateInput, { parameters }: Pick<Model, 'parameters'>): Conditions {
  const { guest } = input;
  const dirty = input.dirty ?? [];
  const memoryBytes = within(guest.memoryBytes, bounds.bytes);
  const disks = diskCopyOf(input.disks);
  return {
    memoryBytes,
    residentBytes: Math.min(guest.residentBytes ?? memoryBytes * assumed.residentRatio, memoryBytes),
    tcg: guest.accelerator === 'tcg',
    curves: curvesOf(dirty, memoryBytes, parameters),
    idle: dirty.length > 0 && dirty.every(({ mebibytesPerSecond }) => mebibytesPerSecond === 0),
    path: pathOf(input, disks),
    transfer: transferOf(input),
    disks,
    cores: within(input.host?.cores ?? assumed.cores, bounds.cores),
    doubt: doubtOf(input),
  };
}

/** A mirrored disk's writes share the path with the memory; a cold copy sends them in its later passes. */
function pathOf({ link, concurrent = [], method }: EstimateInput, disks: DiskCopy): Path {
  const rated = concurrent.flatMap(({ bytesPerSecond }) => bytesPerSecond ?? []);
  const mirrored = isStopped(method) ? 0 : disks.writeBytesPerSecond;
  return {
    bitsPerSecond: within(link.bitsPerSecond, bounds.bitsPerSecond),
    rttSeconds: within(link.rttSeconds, bounds.rttSeconds),
    loss: link.loss ?? 0,
    bufferSeconds: within(link.bufferSeconds ?? assumed.bufferSeconds, bounds.rttSeconds),
    mtuBytes: within(link.mtuBytes ?? assumed.mtuBytes, bounds.mtuBytes),
    congestionControl: link.congestionControl ?? assumed.congestionControl,
    sendBufferBytes: within(link.sendBufferBytes ?? assumed.sendBufferBytes, bounds.socketBytes),
    sharers: concurrent.length - rated.length,
    ratedSharers: rated.length,
    takenBytesPerSecond: rated.reduce((sum, rate) => sum + rate, mirrored),
  };
}

function transferOf({ settings = {}, gatedStart = false }: EstimateInput): Transfer {
  const cap =
    settings.maxBandwidthBytesPerSecond === undefined
      ? assumed.capBytesPerSecond
      : settings.maxBandwidthBytesPerSecond;
  const channels = settings.multifdChannels ?? 0;
  return {
    capBytesPerSecond: cap === null ? null : within(cap, bounds.bytesPerSecond),
    downtimeLimitSeconds: within(
      settings.downtimeLimitSeconds ?? assumed.downtimeLimitSeconds,
      bounds.limitSeconds,
    ),
    autoConverge: settings.autoConverge ?? false,
    xbzrleCacheBytes: settings.xbzrleCacheBytes ?? 0,
    streams: within(channels, bounds.streams),
    multifd: channels > 0,
    compress: settings.compress ?? false,
    postcopyAfterPasses: settings.postcopyAfterPasses ?? null,
    timeoutSeconds: settings.timeoutSeconds ?? assumed.timeoutSeconds,
    gatedStart,
  };
}

/** Methods that send no memory of a running guest. */
export const isStopped = (method: EstimateInput['method']): boolean =>
  method === 'cold' || method === 'redirect';

const within = (value: number, [least, most]: readonly [number, number]): number =>
  Math.min(Math.max(value, least), most);
