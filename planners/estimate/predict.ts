import { conditionsOf, type Conditions } from './conditions.ts';
import { diskCopyOf, mirrorSeconds } from './disk-copy.ts';
import type { Estimate, Quantiles } from './estimate.ts';
import { goodputOf } from './goodput.ts';
import type { Model, Quantity } from './model.ts';
import type { EstimateInput } from './observation.ts';
import { clampBytes, clampSeconds, normal, rangeOf } from './ranges.ts';
import { type Course, liveCourse } from './transfer.ts';

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
    passes: quick.course.passes,
    why: whyOf(quick),
    wouldCompleteWith: quick.verdict === 'completes' ? null : wouldCompleteWith(input, model),
  };
}

export interface QuickEstimate {
  readonly verdict: Estimate['verdict'];
  readonly completesProbability: number;
  readonly course: Course;
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
  const course = courseOf(input, conditions, model);
  const late = course.totalSeconds > conditions.transfer.timeoutSeconds;
  const verdict = !course.converges ? 'does-not-converge' : late ? 'not-in-time' : 'completes';
  const spread = model.spread[course.regime];
  const { doubt, transfer } = conditions;
  const range = (quantity: Quantity, centre: number, unknown: number): Quantiles =>
    rangeOf(centre, spread[quantity], unknown);
  const time = Math.hypot(doubt.bytes, doubt.goodput);
  const total = clampSeconds(range('total', course.totalSeconds, time));
  const bytes = clampBytes(range('bytes', course.transferredBytes, doubt.bytes));
  const timely = normal(
    (2.56 * Math.log(transfer.timeoutSeconds / total.p50)) / Math.max(0.02, Math.log(total.p90 / total.p10)),
  );
  const ends = course.converges;
  return {
    verdict,
    completesProbability: timely * normal(Math.log(Math.min(course.margin, 1e6)) / model.verdictSigma),
    course,
    ranges: {
      totalSeconds: ends ? total : null,
      downtimeSeconds: ends ? clampSeconds(range('downtime', course.downtimeSeconds, doubt.goodput)) : null,
      pauseSeconds: ends ? clampSeconds(range('pause', course.pauseSeconds, doubt.goodput)) : null,
      sessionStallSeconds: ends ? clampSeconds(range('stall', course.stallSeconds, doubt.goodput)) : null,
      transferredBytes: bytes,
      wireBytes: {
        p10: bytes.p10 * course.wireRatio,
        p50: bytes.p50 * course.wireRatio,
        p90: bytes.p90 * course.wireRatio,
      },
    },
  };
}

function courseOf(input: EstimateInput, conditions: Conditions, model: Model): Course {
  if (input.method === 'cold' || input.method === 'redirect') return stoppedCourse(input, conditions, model);
  const live = liveCourse(conditions, model);
  const disks = diskCopyOf(input.disks);
  const seconds = mirrorSeconds(disks, live.sending.rateBytesPerSecond);
  if (seconds === 0) return live;
  return {
    ...live,
    converges: live.converges && seconds !== null,
    margin: seconds === null ? 0.01 : live.margin,
    totalSeconds: live.totalSeconds + (seconds ?? 0),
    transferredBytes: live.transferredBytes + disks.bytes + (seconds ?? 0) * disks.writeBytesPerSecond,
  };
}

/** Cold: shut down, copy what is not there, boot. Redirect: clone, then move sessions; nothing pauses. */
function stoppedCourse(input: EstimateInput, conditions: Conditions, model: Model): Course {
  const goodput = goodputOf(conditions.path, conditions.transfer.streams, model.parameters);
  const { bytes } = diskCopyOf(input.disks);
  const copySeconds = bytes / goodput.bytesPerSecond;
  const redirect = input.method === 'redirect';
  const away = (input.shutdownSeconds ?? 20) + copySeconds + (input.bootSeconds ?? 40);
  const total = redirect ? (input.cloneSeconds ?? 60) + copySeconds : away;
  const gone = redirect ? 0 : away;
  return {
    regime: 'steady',
    converges: true,
    margin: Infinity,
    totalSeconds: total,
    downtimeSeconds: gone,
    pauseSeconds: gone,
    stallSeconds: gone,
    transferredBytes: bytes,
    wireRatio: goodput.wireRatio,
    passes: 0,
    sending: {
      goodput,
      rateBytesPerSecond: goodput.bytesPerSecond,
      finalBytesPerSecond: goodput.bytesPerSecond,
    },
  };
}

function whyOf({ verdict, course }: QuickEstimate): string[] {
  return [`${course.sending.goodput.limit} limits the goodput`, `verdict: ${verdict}`];
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
