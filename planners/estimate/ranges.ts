import type { Quantiles } from './estimate.ts';
import { bytesMax, secondsMax } from './limits.ts';
import type { Spread } from './model.ts';

/** z of the 90th percentile of a normal distribution. */
const z90 = 1.2816;

/** A range around a centre: the model's own spread, widened by what was not known (relative standard deviation). */
export function rangeOf(centre: number, spread: Spread, doubt: number): Quantiles {
  const middle = centre * spread.mid;
  const low = Math.hypot(Math.log(spread.mid / spread.low), z90 * doubt);
  const high = Math.hypot(Math.log(spread.high / spread.mid), z90 * doubt);
  return { p10: middle * Math.exp(-low), p50: middle, p90: middle * Math.exp(high) };
}

export const clampSeconds = (range: Quantiles): Quantiles => clamp(range, secondsMax);
export const clampBytes = (range: Quantiles): Quantiles => clamp(range, bytesMax);

const clamp = ({ p10, p50, p90 }: Quantiles, most: number): Quantiles => ({
  p10: Math.min(p10, most),
  p50: Math.min(p50, most),
  p90: Math.min(p90, most),
});

/** Standard normal distribution function, Abramowitz and Stegun 26.2.17 (error below 7.5e-8). */
export function normal(z: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(z));
  const tail =
    0.3989422804014327 *
    Math.exp((-z * z) / 2) *
    t *
    (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  return z >= 0 ? 1 - tail : tail;
}
