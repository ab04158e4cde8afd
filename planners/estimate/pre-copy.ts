import type { Conditions } from './conditions.ts';
import { type DirtyCurve, dirtiedIn } from './dirty-curve.ts';
import type { Goodput } from './goodput.ts';
import { pageBytes, pageHeaderBytes, passesMax, throttle, zeroPageBytes } from './limits.ts';
import type { Parameters } from './model.ts';

/** A pre-copy move, pass by pass (docs/design/estimation.md, "Pre-copy"). */
export interface PreCopy {
  readonly converges: boolean;
  /** What a slice may dirty ÷ what it does, where the recursion settles; above 1 it converges. */
  readonly margin: number;
  /** Start to the source's last write; without end: to the pass where it was given up. */
  readonly totalSeconds: number;
  readonly downtimeSeconds: number;
  /** Left to send when the guest is stopped. */
  readonly restBytes: number;
  readonly transferredBytes: number;
  /** Bytes a second while it does not end. */
  readonly rateBytesPerSecond: number;
  readonly passes: number;
  readonly throttled: number;
}

export interface Sending {
  readonly goodput: Goodput;
  /** Goodput, or the cap where that is lower. */
  readonly rateBytesPerSecond: number;
  /** Rate of the last copy: the cap is lifted. */
  readonly finalBytesPerSecond: number;
}

export interface FirstPass {
  readonly bytes: number;
  readonly seconds: number;
}

/** Non-zero memory with page headers, zero pages at 9 bytes, at the rate, after the set-up and the slow start. */
export function firstPass(conditions: Conditions, sending: Sending, parameters: Parameters): FirstPass {
  const { memoryBytes, residentBytes } = conditions;
  const touched = Math.min(parameters.touchedZeroBytes, residentBytes / 2);
  const nonZero = Math.min((residentBytes - touched) * parameters.residentShare, memoryBytes);
  const zero = memoryBytes - nonZero;
  const bytes = nonZero * headerRatio + (zero / pageBytes) * zeroPageBytes;
  return {
    bytes,
    seconds:
      bytes / sending.rateBytesPerSecond +
      zero / parameters.scanBytesPerSecond +
      sending.goodput.slowStartSeconds,
  };
}

export const headerRatio = 1 + pageHeaderBytes / pageBytes;

export const setupSeconds = (conditions: Conditions, parameters: Parameters): number =>
  parameters.setupSeconds +
  (conditions.tcg ? (conditions.memoryBytes / 2 ** 30) * parameters.setupTcgSecondsPerGibibyte : 0) +
  (conditions.transfer.multifd ? 2 * conditions.path.rttSeconds : conditions.path.rttSeconds);

/** QEMU's rule (migration.c): stop when what is left fits `rate of the last window × downtime limit`. */
export function preCopy(conditions: Conditions, sending: Sending, parameters: Parameters): PreCopy {
  const { transfer, curve } = conditions;
  const rate = sending.rateBytesPerSecond;
  const limit = transfer.downtimeLimitSeconds;
  const threshold = rate * limit;
  const slice = parameters.sliceSeconds;
  const kept = threshold * restShare(limit, slice, parameters.slicePhase);
  const first = firstPass(conditions, sending, parameters);
  const tail = Math.min(threshold, parameters.tailBytes, first.bytes);
  const hot = Math.max(curve.hotBytes, 1);
  let throttled = 0;
  let triggers = 0;
  let passes = 2;
  let seconds = setupSeconds(conditions, parameters) + first.seconds - tail / rate;
  let bytes = first.bytes - tail;
  let rest = tail + dirtied(curve, first.seconds, 0);
  let passSeconds = first.seconds;
  while (rest > threshold && passes < passesMax && seconds < transfer.timeoutSeconds * 4) {
    const sent = Math.max(rest - kept, rate * slice);
    passSeconds = sent / rate;
    const fresh = dirtied(curve, passSeconds, throttled) * Math.max(0, 1 - kept / Math.max(hot, kept));
    if (transfer.autoConverge && fresh > sent * throttle.triggerRatio) {
      triggers += 1;
      if (triggers >= throttle.triggerPasses) {
        throttled =
          throttled === 0 ? throttle.initial : Math.min(throttle.max, throttled + throttle.increment);
        triggers = 0;
      }
    }
    const next = kept + fresh;
    seconds += passSeconds;
    bytes += sent;
    passes += 1;
    if (next >= rest * 0.999 && next > threshold && (!transfer.autoConverge || throttled >= throttle.max)) {
      rest = next;
      break;
    }
    rest = next;
  }
  const converges = rest <= threshold;
  const floor = dirtied(curve, slice, throttled) * Math.max(0, 1 - kept / Math.max(hot, kept));
  const left = Math.min(rest, threshold);
  const downtimeSeconds = (left * parameters.limitShare) / sending.finalBytesPerSecond;
  return {
    converges,
    margin: floor > 0 ? (threshold - kept) / floor : Infinity,
    totalSeconds: seconds + downtimeSeconds,
    downtimeSeconds,
    restBytes: left * parameters.limitShare,
    transferredBytes: bytes + left,
    rateBytesPerSecond: rate,
    passes,
    throttled,
  };
}

/** Share of the threshold that is left, on average, when a pass is cut short: the end of a slice falls anywhere. */
function restShare(limitSeconds: number, sliceSeconds: number, phase: number): number {
  if (limitSeconds >= sliceSeconds) return 1 - (phase * sliceSeconds) / limitSeconds;
  return (1 - phase) * (limitSeconds / sliceSeconds);
}

const dirtied = (curve: DirtyCurve, seconds: number, throttled: number): number =>
  dirtiedIn(curve, seconds * (1 - throttled));
