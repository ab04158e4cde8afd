import { conditionsOf, type Conditions } from './conditions.ts';
import type { Course, Outlook } from './course.ts';
import { diskCopyOf, mirrorSeconds } from './disk-copy.ts';
import type { Estimate, Quantiles } from './estimate.ts';
import { bytesMax, secondsMax } from './limits.ts';
import { liveOutlook } from './live.ts';
import type { Model, Quantity } from './model.ts';
import type { EstimateInput } from './observation.ts';
import { normal, rangeOver } from './ranges.ts';
import { sendingOf } from './sending.ts';

/**
 * Predicts a move from what is known beforehand. Pure: the same input and model give the same answer.
 * `outcome` is no part of the input and cannot matter.
 */
export function estimate(input: EstimateInput, model: Model): Estimate {
  const quick = quickEstimate(input, model);
  return {
    id: input.id,
    verdict: quick.verdict,
    completesProbability: quick.completesProbability,
    ...quick.ranges,
    passes: Math.max(...quick.outlook.courses.map(({ course }) => course.passes)),
    why: whyOf(quick),
    wouldCompleteWith: quick.verdict === 'completes' ? null : wouldCompleteWith(input, model),
  };
}

export interface QuickEstimate {
  readonly verdict: Estimate['verdict'];
  readonly completesProbability: number;
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

/** The fast path: verdict and ranges, without reasons and without looking for what would help. */
export function quickEstimate(input: EstimateInput, model: Model): QuickEstimate {
  const conditions = conditionsOf(input, model);
  const outlook = outlookOf(input, conditions, model);
  const spread = model.spread[outlook.regime];
  const { doubt, transfer } = conditions;
  const seconds = (quantity: Quantity, of: (course: Course) => number, unknown: number): Quantiles =>
    rangeOver(outlook, of, { spread: spread[quantity], doubt: unknown, most: secondsMax });
  const total = seconds('total', (course) => course.totalSeconds, Math.hypot(doubt.bytes, doubt.goodput));
  const bytes = rangeOver(outlook, (course) => course.transferredBytes, {
    spread: spread.bytes,
    doubt: doubt.bytes,
    most: bytesMax,
  });
  const width = Math.max(timeSpreadMin, Math.log(spread.total.high / spread.total.low) / z10to90);
  const converging = sum(outlook, ({ margin }) => chance(margin, model.parameters.marginSpread));
  const completing = sum(
    outlook,
    ({ margin, totalSeconds }) =>
      chance(margin, model.parameters.marginSpread) * chance(transfer.timeoutSeconds / totalSeconds, width),
  );
  const ends = converging >= 0.5;
  const { wireRatio } = outlook.sending.goodput;
  return {
    verdict: completing >= 0.5 ? 'completes' : ends ? 'not-in-time' : 'does-not-converge',
    completesProbability: completing,
    outlook,
    ranges: {
      totalSeconds: ends ? total : null,
      downtimeSeconds: ends ? seconds('downtime', (course) => course.downtimeSeconds, doubt.goodput) : null,
      pauseSeconds: ends ? seconds('pause', (course) => course.pauseSeconds, doubt.goodput) : null,
      sessionStallSeconds: ends ? seconds('stall', (course) => course.stallSeconds, doubt.goodput) : null,
      transferredBytes: bytes,
      wireBytes: { p10: bytes.p10 * wireRatio, p50: bytes.p50 * wireRatio, p90: bytes.p90 * wireRatio },
    },
  };
}

/** Distance of the 10th from the 90th percentile of a normal distribution, and the least ln spread of a time. */
const z10to90 = 2.563;
const timeSpreadMin = 0.02;

/** Probability that a quotient that should be above 1 is, when it scatters by so much (ln). */
const chance = (quotient: number, spread: number): number => normal(Math.log(quotient) / spread);

const sum = ({ courses }: Outlook, of: (course: Course) => number): number =>
  courses.reduce((total, { course, weight }) => total + weight * of(course), 0);

function outlookOf(input: EstimateInput, conditions: Conditions, model: Model): Outlook {
  if (input.method === 'cold' || input.method === 'redirect') return stoppedOutlook(input, conditions, model);
  const live = liveOutlook(conditions, model);
  const disks = diskCopyOf(input.disks);
  const seconds = mirrorSeconds(disks, live.sending.rateBytesPerSecond);
  if (seconds === 0) return live;
  const mirrored = disks.bytes + (seconds ?? 0) * disks.writeBytesPerSecond;
  return {
    ...live,
    courses: live.courses.map(({ course, weight }) => ({
      weight,
      course: {
        ...course,
        converges: course.converges && seconds !== null,
        margin: seconds === null ? 0 : course.margin,
        totalSeconds: course.totalSeconds + (seconds ?? 0),
        transferredBytes: course.transferredBytes + mirrored,
      },
    })),
  };
}

/** Cold: shut down, copy what is not there, boot. Redirect: clone, then move sessions; nothing pauses. */
function stoppedOutlook(input: EstimateInput, conditions: Conditions, model: Model): Outlook {
  const sending = sendingOf(conditions, model.parameters);
  const rate = sending.rateBytesPerSecond;
  const { bytes } = diskCopyOf(input.disks);
  const copySeconds = bytes / rate;
  const redirect = input.method === 'redirect';
  const away = (input.shutdownSeconds ?? 20) + copySeconds + (input.bootSeconds ?? 40);
  const gone = redirect ? 0 : away;
  const course: Course = {
    converges: true,
    margin: Infinity,
    totalSeconds: redirect ? (input.cloneSeconds ?? 60) + copySeconds : away,
    downtimeSeconds: gone,
    pauseSeconds: gone,
    stallSeconds: gone,
    transferredBytes: bytes,
    passes: 0,
    throttled: 0,
  };
  return { regime: 'steady', sending, courses: [{ course, weight: 1 }] };
}

function whyOf({ verdict, outlook }: QuickEstimate): string[] {
  return [`${outlook.sending.limit} limits the rate`, `verdict: ${verdict}`];
}

function wouldCompleteWith(input: EstimateInput, model: Model): Estimate['wouldCompleteWith'] {
  const completes = (change: EstimateInput): boolean => quickEstimate(change, model).verdict === 'completes';
  return {
    bitsPerSecond: least(input.link.bitsPerSecond, (bitsPerSecond) =>
      completes({ ...input, link: { ...input.link, bitsPerSecond } }),
    ),
    downtimeLimitSeconds: least(Math.max(input.settings?.downtimeLimitSeconds ?? 0.3, 0.001), (seconds) =>
      completes({ ...input, settings: { ...input.settings, downtimeLimitSeconds: seconds } }),
    ),
  };
}

/** The smallest value, to 1 %, up to ten thousand times the present one, with which `holds`; null when none does. */
function least(present: number, holds: (value: number) => boolean): number | null {
  let low = 0;
  let high = Math.log(1e4);
  if (!holds(present * Math.exp(high))) return null;
  while (high - low > 0.01) {
    const middle = (low + high) / 2;
    if (holds(present * Math.exp(middle))) high = middle;
    else low = middle;
  }
  return present * Math.exp(high);
}
