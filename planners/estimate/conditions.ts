import { curvesOf, type WeightedCurve } from './dirty-samples.ts';
import { assumed } from './limits.ts';
import type { Model } from './model.ts';
import type { EstimateInput } from './observation.ts';

/** An input with every default filled in, and what was not known. */
export interface Conditions {
  readonly memoryBytes: number;
  readonly residentBytes: number;
  readonly tcg: boolean;
  /** What the dirty samples leave open. */
  readonly curves: readonly WeightedCurve[];
  /** Every sample read zero: such a guest has quiet moments, whatever the kernel does in between. */
  readonly idle: boolean;
  readonly path: Path;
  readonly transfer: Transfer;
  readonly cores: number;
  /** Relative standard deviations that missing fields add. */
  readonly doubt: Doubt;
}

export interface Path {
  readonly bitsPerSecond: number;
  readonly rttSeconds: number;
  readonly jitterSeconds: number;
  readonly loss: number;
  readonly bufferSeconds: number;
  readonly mtuBytes: number;
  readonly congestionControl: string;
  readonly sendBufferBytes: number;
  /** Other moves on the link, and what those with a known rate take. */
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

export interface Doubt {
  readonly bytes: number;
  readonly goodput: number;
}

export function conditionsOf(input: EstimateInput, model: Model): Conditions {
  const { guest, settings = {}, host = {} } = input;
  const residentBytes = guest.residentBytes ?? null;
  const dirty = input.dirty ?? [];
  return {
    memoryBytes: guest.memoryBytes,
    residentBytes: Math.min(residentBytes ?? guest.memoryBytes * assumed.residentRatio, guest.memoryBytes),
    tcg: guest.accelerator === 'tcg',
    curves: curvesOf(dirty, guest.memoryBytes, model.parameters),
    idle: dirty.length > 0 && dirty.every(({ mebibytesPerSecond }) => mebibytesPerSecond === 0),
    path: pathOf(input),
    transfer: {
      capBytesPerSecond:
        settings.maxBandwidthBytesPerSecond === undefined
          ? assumed.capBytesPerSecond
          : settings.maxBandwidthBytesPerSecond,
      downtimeLimitSeconds: settings.downtimeLimitSeconds ?? assumed.downtimeLimitSeconds,
      autoConverge: settings.autoConverge ?? false,
      xbzrleCacheBytes: settings.xbzrleCacheBytes ?? 0,
      streams: Math.max(1, settings.multifdChannels ?? 0),
      multifd: (settings.multifdChannels ?? 0) > 0,
      compress: settings.compress ?? false,
      postcopyAfterPasses: settings.postcopyAfterPasses ?? null,
      timeoutSeconds: settings.timeoutSeconds ?? assumed.timeoutSeconds,
      gatedStart: input.gatedStart ?? false,
    },
    cores: host.cores ?? assumed.cores,
    doubt: doubtOf(input, residentBytes !== null),
  };
}

function pathOf({ link, concurrent = [] }: EstimateInput): Path {
  return {
    bitsPerSecond: link.bitsPerSecond,
    rttSeconds: link.rttSeconds,
    jitterSeconds: link.jitterSeconds ?? 0,
    loss: link.loss ?? 0,
    bufferSeconds: link.bufferSeconds ?? assumed.bufferSeconds,
    mtuBytes: link.mtuBytes ?? assumed.mtuBytes,
    congestionControl: link.congestionControl ?? assumed.congestionControl,
    sendBufferBytes: link.sendBufferBytes ?? assumed.sendBufferBytes,
    sharers: concurrent.filter(({ bytesPerSecond }) => bytesPerSecond === undefined).length,
    ratedSharers: concurrent.filter(({ bytesPerSecond }) => bytesPerSecond !== undefined).length,
    takenBytesPerSecond: concurrent.reduce((sum, { bytesPerSecond = 0 }) => sum + bytesPerSecond, 0),
  };
}

function doubtOf({ link, concurrent }: EstimateInput, residentKnown: boolean): Doubt {
  const missing = assumed.doubt;
  const shared = (concurrent?.length ?? 0) > 0 ? missing.concurrent : 0;
  return {
    bytes: residentKnown ? 0 : missing.resident,
    goodput: Math.hypot(
      link.loss === undefined ? missing.loss : 0,
      link.sendBufferBytes === undefined ? missing.sendBuffer : 0,
      link.congestionControl === undefined ? missing.congestionControl : 0,
      link.mtuBytes === undefined ? missing.mtu : 0,
      link.bufferSeconds === undefined ? missing.buffer : 0,
      shared,
    ),
  };
}
