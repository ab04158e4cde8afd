import type { Conditions } from './conditions.ts';
import { type Goodput, goodputOf } from './goodput.ts';
import type { Parameters } from './model.ts';

/** How fast a migration sends, and what compression leaves of its pages. */
export interface Sending {
  readonly goodput: Goodput;
  /** Goodput, the cap or the sender's processor: what rules. */
  readonly rateBytesPerSecond: number;
  /** The same before the first loss. */
  readonly losslessBytesPerSecond: number;
  /** Rate of the last copy: QEMU lifts the cap for it. */
  readonly finalBytesPerSecond: number;
  /** What the path leaves beside the guest's own disk writes; 0 or less: they fill it. */
  readonly freeBytesPerSecond: number;
  readonly limit: Goodput['limit'] | 'cap' | 'processor';
  /** Bytes sent per byte of a page: on the first pass, and of a page sent again. */
  readonly firstRatio: number;
  readonly resendRatio: number;
}

export function sendingOf({ transfer, path, disks, cores }: Conditions, parameters: Parameters): Sending {
  const goodput = goodputOf(path, transfer.streams, parameters);
  const processor = transfer.compress ? parameters.compressBytesPerSecondPerCore * cores : Infinity;
  const overrun = transfer.multifd ? parameters.multifdCapFactor : 1;
  const cap = transfer.capBytesPerSecond === null ? Infinity : transfer.capBytesPerSecond * overrun;
  const finalBytesPerSecond = Math.min(goodput.bytesPerSecond, processor);
  const rateBytesPerSecond = Math.min(finalBytesPerSecond, cap);
  const compressed = transfer.compress ? parameters.compressRatio : 1;
  return {
    goodput,
    rateBytesPerSecond,
    losslessBytesPerSecond: Math.min(goodput.losslessBytesPerSecond, processor, cap),
    finalBytesPerSecond,
    freeBytesPerSecond: disks.writeBytesPerSecond < goodput.lineBytesPerSecond ? rateBytesPerSecond : 0,
    limit:
      cap < finalBytesPerSecond ? 'cap' : processor < goodput.bytesPerSecond ? 'processor' : goodput.limit,
    firstRatio: compressed,
    resendRatio: transfer.xbzrleCacheBytes > 0 ? compressed * parameters.xbzrleRatio : compressed,
  };
}
