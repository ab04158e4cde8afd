import { type Conditions, conditionsOf, isStopped } from './conditions.ts';
import type { Course, Outlook } from './course.ts';
import type { Estimate, Quantiles } from './estimate.ts';
import { bytesMax, secondsMax } from './limits.ts';
import { liveOutlook } from './live.ts';
import type { Doubt } from './doubt.ts';
import type { Model, Regime } from './model.ts';
import type { EstimateInput } from './observation.ts';
import { normal, rangeOver } from './ranges.ts';
import { stoppedOutlook } from './stopped.ts';

export interface QuickEstimate {
  readonly verdict: Estimate['verdict'];
  readonly completesProbability: number;
  readonly conditions: Conditions;
  readonly outlook: Outlook;
  readonly ranges: Pick<
    Estimate,
    | 'totalSeconds'
    | 'downtimeSeconds'
    | 'pauseSeconds'
    | 'sessionStallSeconds'
    | 'transferredBytes'
    | 'wireBytes'
  >;
}

/**
 * The fast path: verdict and ranges, without reasons and without looking for what would help. It names the four times one
 * by one: to spread them out of another object took as long as all the rest.
 */
export function quickEstimate(input: EstimateInput, model: Model): QuickEstimate {
  const { parameters } = model;
  const conditions = conditionsOf(input, model);
  const outlook = isStopped(input.method)
    ? stoppedOutlook(input, conditions, parameters)
    : liveOutlook(input, conditions, parameters);
  const { doubt, transfer } = conditions;
  const spread = model.spread[outlook.regime];
  const width = Math.max(timeSpreadMin, Math.log(spread.total.high / spread.total.low) / z10to90);
  let converging = 0;
  let completing = 0;
  for (const { course, weight } of outlook.courses) {
    const chance = weight * chanceOf(course.margin, parameters.marginSpread);
    converging += chance;
    completing += chance * chanceOf(transfer.timeoutSeconds / course.totalSeconds, width);
  }
  const ends = converging >= 0.5;
  const told = ends ? timesOf(outlook, doubt, spread) : noTimes;
  const bytes = rangeOver(outlook, bytesOf, { spread: spread.bytes, doubt: doubt.bytes, most: bytesMax });
  return {
    verdict: ends && completing >= 0.5 ? 'completes' : ends ? 'not-in-time' : 'does-not-converge',
    completesProbability: Math.min(completing, 1),
    conditions,
    outlook,
    ranges: {
      totalSeconds: told.totalSeconds,
      downtimeSeconds: told.downtimeSeconds,
      pauseSeconds: told.pauseSeconds,
      sessionStallSeconds: told.sessionStallSeconds,
      transferredBytes: bytes,
      wireBytes: times(bytes, outlook.sending.goodput.wireRatio),
    },
  };
}

/** Also where the verdict is that there is no end: what calibration compares, conditional on an end. */
export type Times = Pick<
  QuickEstimate['ranges'],
  'totalSeconds' | 'downtimeSeconds' | 'pauseSeconds' | 'sessionStallSeconds'
>;

export function timesOf(outlook: Outlook, doubt: Doubt, spread: Model['spread'][Regime]): Times {
  const pause = { doubt: doubt.pause, most: secondsMax };
  return {
    totalSeconds: rangeOver(outlook, totalOf, {
      spread: spread.total,
      doubt: doubt.seconds,
      most: secondsMax,
    }),
    downtimeSeconds: rangeOver(outlook, downtimeOf, { spread: spread.downtime, ...pause }),
    pauseSeconds: rangeOver(outlook, pauseOf, { spread: spread.pause, ...pause }),
    sessionStallSeconds: rangeOver(outlook, stallOf, { spread: spread.stall, ...pause }),
  };
}

const noTimes: Times = {
  totalSeconds: null,
  downtimeSeconds: null,
  pauseSeconds: null,
  sessionStallSeconds: null,
};

const totalOf = (course: Course): number => course.totalSeconds;
const downtimeOf = (course: Course): number => course.downtimeSeconds;
const pauseOf = (course: Course): number => course.pauseSeconds;
const stallOf = (course: Course): number => course.stallSeconds;
const bytesOf = (course: Course): number => course.transferredBytes;

/** Distance of the 10th from the 90th percentile of a normal distribution, and the least ln spread of a time. */
const z10to90 = 2.563;
const timeSpreadMin = 0.02;

/** Probability that a quotient that should be above 1 is, when it scatters by so much (ln). */
const chanceOf = (quotient: number, spread: number): number => normal(Math.log(quotient) / spread);

const times = ({ p10, p50, p90 }: Quantiles, factor: number): Quantiles => ({
  p10: p10 * factor,
  p50: p50 * factor,
  p90: p90 * factor,
});
