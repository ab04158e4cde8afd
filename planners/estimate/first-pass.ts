import type { Conditions } from './conditions.ts';
import { pageBytes, pageHeaderBytes, pageMapBytes, zeroPageBytes } from './limits.ts';
import type { Parameters } from './model.ts';
import type { Sending } from './sending.ts';

/** The first pass over all memory: non-zero pages with their headers, zero pages at nine bytes. */
export interface FirstPass {
  readonly bytes: number;
  readonly seconds: number;
  /** Non-zero bytes among the last pages, which the stop rule may leave, and the pass without them. */
  readonly tailBytes: number;
  readonly cutSeconds: number;
}

/** Bytes of a page in the stream ÷ bytes of the page. */
export const headerRatio = 1 + pageHeaderBytes / pageBytes;

export function firstPass(
  { memoryBytes, residentBytes, transfer }: Conditions,
  sending: Sending,
  parameters: Parameters,
): FirstPass {
  const touched = Math.min(parameters.touchedZeroBytes, residentBytes * parameters.touchedZeroMost);
  const nonZero = residentBytes - touched;
  const zero = memoryBytes - nonZero;
  const bytes = nonZero * headerRatio * sending.firstRatio + (zero / pageBytes) * zeroPageBytes;
  const threshold = sending.rateBytesPerSecond * transfer.downtimeLimitSeconds;
  const tail = parameters.tailBytes + (memoryBytes / pageBytes) * pageMapBytes;
  const tailBytes = Math.min(tail * sending.firstRatio, threshold, bytes);
  const scanSeconds = zero / parameters.scanBytesPerSecond;
  return {
    bytes,
    seconds: scanSeconds + sendSeconds(bytes, sending),
    tailBytes,
    cutSeconds: scanSeconds + sendSeconds(bytes - tailBytes, sending),
  };
}

/**
 * Time to send so much from a cold start: the rate doubles every `doublingSeconds` until the path is full; what slow
 * start lost is repaired, which costs p beside a transfer of t seconds about t p/(t + p); and until the first loss the
 * path carries what it would without. Grows with the bytes, never shrinks with a slower path or a longer round trip.
 */
export function sendSeconds(
  bytes: number,
  { rateBytesPerSecond: rate, losslessBytesPerSecond, goodput }: Pick<Sending, SendingPart>,
): number {
  const seconds = bytes / rate;
  const repair = goodput.overshootSeconds;
  const untouched = Math.min(bytes, goodput.losslessBytes);
  return (
    slowStartSeconds(bytes, goodput, rate) +
    (repair === 0 ? 0 : (seconds * repair) / (seconds + repair)) -
    untouched * (1 / rate - 1 / losslessBytesPerSecond)
  );
}

/** From a window of ten segments, which doubles. */
export function slowStartSeconds(bytes: number, goodput: Sending['goodput'], rate: number): number {
  const initialRate = goodput.initialWindowBytes / goodput.roundTripSeconds;
  return rampSeconds(bytes, { initialRate, doublingSeconds: goodput.doublingSeconds, rate });
}

type SendingPart = 'rateBytesPerSecond' | 'losslessBytesPerSecond' | 'goodput';

export interface Ramp {
  readonly initialRate: number;
  readonly doublingSeconds: number;
  /** Reached in the end. */
  readonly rate: number;
}

/** Time for so many bytes at a rate that doubles until it has reached its end. */
export function rampSeconds(bytes: number, { initialRate, doublingSeconds, rate }: Ramp): number {
  const growth = doublingSeconds / Math.LN2;
  if (growth === 0 || rate <= initialRate) return bytes / rate;
  const rampBytes = growth * (rate - initialRate);
  if (bytes < rampBytes) return growth * Math.log1p(bytes / (growth * initialRate));
  return growth * Math.log(rate / initialRate) + (bytes - rampBytes) / rate;
}
