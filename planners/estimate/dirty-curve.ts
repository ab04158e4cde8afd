import { assumed } from './limits.ts';
import type { Parameters } from './model.ts';
import type { EstimateInput } from './observation.ts';

/**
 * Distinct bytes dirtied in t seconds from clean: D(t) = W (1 − exp(−r t / W)) + c t. W is the writable working set,
 * r the rate at which its clean pages are dirtied at first, c what is dirtied beyond it. Concave, saturating.
 */
export interface DirtyCurve {
  readonly hotBytes: number;
  readonly hotBytesPerSecond: number;
  readonly coldBytesPerSecond: number;
}

export function dirtiedIn(curve: DirtyCurve, seconds: number): number {
  const { hotBytes, hotBytesPerSecond, coldBytesPerSecond } = curve;
  const hot = hotBytes > 0 ? -hotBytes * Math.expm1((-hotBytesPerSecond * seconds) / hotBytes) : 0;
  return hot + coldBytesPerSecond * seconds;
}

export const scaledCurve = (curve: DirtyCurve, factor: number): DirtyCurve => ({
  hotBytes: curve.hotBytes * factor,
  hotBytesPerSecond: curve.hotBytesPerSecond * factor,
  coldBytesPerSecond: curve.coldBytesPerSecond * factor,
});

type Sample = NonNullable<EstimateInput['dirty']>[number];
interface Point {
  readonly seconds: number;
  readonly bytes: number;
}

const mebibyte = 2 ** 20;

/** The curve through samples of calc-dirty-rate; whole MiB/s are taken as the middle of what was cut off. */
export function curveOf(samples: readonly Sample[], parameters: Parameters): DirtyCurve {
  if (samples.length === 0)
    return { hotBytes: 0, hotBytesPerSecond: 0, coldBytesPerSecond: assumed.dirtyBytesPerSecond };
  const points = pointsOf(samples);
  const first = points[0];
  if (first === undefined || points.every(({ bytes }) => bytes === 0))
    return { hotBytes: 0, hotBytesPerSecond: 0, coldBytesPerSecond: 0 };
  const cold = coldRate(points);
  const second = points[1];
  const knee = second === undefined ? 1.5 : kneeOf(first, second, cold);
  const sharpest = 1 / parameters.saturatedShare;
  const x = Math.min(knee, sharpest);
  const hotAtFirst = Math.max(0, first.bytes - cold * first.seconds);
  if (x < 1e-6)
    return { hotBytes: 0, hotBytesPerSecond: 0, coldBytesPerSecond: cold + hotAtFirst / first.seconds };
  const hotBytes = hotAtFirst / -Math.expm1(-x);
  return { hotBytes, hotBytesPerSecond: (hotBytes * x) / first.seconds, coldBytesPerSecond: cold };
}

/** One point an interval: D is monotone and concave, and lies within what rounding down to whole MiB/s leaves open. */
function pointsOf(samples: readonly Sample[]): Point[] {
  const bySeconds = new Map<number, number[]>();
  for (const { seconds, mebibytesPerSecond } of samples)
    bySeconds.set(seconds, [...(bySeconds.get(seconds) ?? []), mebibytesPerSecond]);
  const all = [...bySeconds].sort(([a], [b]) => a - b);
  const idle = samples.every(({ mebibytesPerSecond }) => mebibytesPerSecond === 0);
  const points: Point[] = [];
  for (const [seconds, rates] of all) {
    const rate = rates.reduce((sum, value) => sum + value, 0) / rates.length;
    const cut = idle ? 0 : mebibyte * seconds;
    const before = points.at(-1);
    const low = Math.max(rate * seconds * mebibyte, before?.bytes ?? 0);
    const high = Math.min(
      rate * seconds * mebibyte + cut,
      before === undefined ? Infinity : (before.bytes * seconds) / before.seconds,
    );
    points.push({ seconds, bytes: high > low ? (low + high) / 2 : low });
  }
  return points;
}

/** What still grows between the two longest intervals once a third has shown where the hot set ends. */
function coldRate(points: readonly Point[]): number {
  const last = points.at(-1);
  const before = points.at(-2);
  if (points.length < 3 || last === undefined || before === undefined) return 0;
  return Math.max(0, (last.bytes - before.bytes) / (last.seconds - before.seconds));
}

/**
 * x = r t₁ / W from the two shortest intervals: D(t₂)/D(t₁) = (1 − exp(−x t₂/t₁)) / (1 − exp(−x)), by bisection;
 * 0: a straight line.
 */
function kneeOf(first: Point, second: Point, cold: number): number {
  const hotFirst = first.bytes - cold * first.seconds;
  const hotSecond = second.bytes - cold * second.seconds;
  if (hotFirst <= 0) return 0;
  const ratio = hotSecond / hotFirst;
  const stretch = second.seconds / first.seconds;
  if (ratio >= stretch) return 0;
  let low = 0;
  let high = 30;
  for (let step = 0; step < 30; step += 1) {
    const x = (low + high) / 2;
    if (Math.expm1(-x * stretch) / Math.expm1(-x) > ratio) low = x;
    else high = x;
  }
  return (low + high) / 2;
}
