import type { Conditions } from './conditions.ts';
import type { Course, Live, Outlook } from './course.ts';
import type { DirtyCurve } from './dirty-curve.ts';
import { mirrorOf } from './disk-copy.ts';
import { firstPass } from './first-pass.ts';
import type { Parameters, Regime } from './model.ts';
import type { EstimateInput } from './observation.ts';
import { postCopy } from './post-copy.ts';
import { preCopy } from './pre-copy.ts';
import { sendingOf } from './sending.ts';
import { convergenceSeconds, liveConvergence } from './stall.ts';
import { landingSeconds, writtenSeconds } from './switchover.ts';

/**
 * A live move: disks that are not shared are mirrored first, then memory moves while their writes go on, by pre-copy
 * or by post-copy after the passes that the settings name. One course a dirty curve.
 */
export function liveOutlook(input: EstimateInput, conditions: Conditions, parameters: Parameters): Outlook {
  const sending = sendingOf(conditions, parameters);
  const live: Live = {
    conditions,
    sending,
    first: firstPass(conditions, sending, parameters),
    parameters,
    setupSeconds: setupSeconds(conditions, parameters),
    mirror: mirrorOf(conditions.disks, sending.freeBytesPerSecond),
    findSeconds: parameters.sessionSeconds + convergenceSeconds(liveConvergence(input), conditions.path),
  };
  return {
    regime: regimeOf(conditions),
    sending,
    courses: conditions.curves.map(({ curve, weight }) => ({ course: courseOn(curve, live), weight })),
  };
}

function courseOn(curve: DirtyCurve, live: Live): Course {
  const course = memoryCourse(curve, live);
  const { mirror } = live;
  if (mirror === null) return { ...course, converges: false, margin: 0 };
  if (mirror.bytes === 0) return course;
  return {
    ...course,
    totalSeconds: course.totalSeconds + mirror.seconds,
    transferredBytes: course.transferredBytes + mirror.bytes,
  };
}

function memoryCourse(curve: DirtyCurve, live: Live): Course {
  const { conditions, sending, first, parameters } = live;
  const { transfer } = conditions;
  const pre = preCopy({
    curve,
    first,
    rateBytesPerSecond: sending.rateBytesPerSecond,
    finalBytesPerSecond: sending.finalBytesPerSecond,
    downtimeLimitSeconds: transfer.downtimeLimitSeconds,
    roomSeconds: parameters.roomSeconds,
    downtimeShare: parameters.downtimeShare,
    syncSeconds: parameters.syncSeconds,
    autoConverge: transfer.autoConverge,
    throttleEffect: parameters.throttleEffect,
    resendRatio: sending.resendRatio,
  });
  const after = transfer.postcopyAfterPasses;
  if (after !== null && (after === 0 || !pre.converges || pre.passes > after + 2))
    return postCopy(curve, after, live);
  const rest = pre.restBytes * sending.resendRatio;
  const downtimeSeconds = writtenSeconds(rest, sending);
  const pauseSeconds = landingSeconds(rest, conditions, { sending, parameters });
  return {
    converges: pre.converges || conditions.idle,
    margin: conditions.idle ? Math.max(pre.margin, idleMargin) : pre.margin,
    totalSeconds: live.setupSeconds + pre.seconds + downtimeSeconds,
    downtimeSeconds,
    pauseSeconds,
    stallSeconds: pauseSeconds + live.findSeconds,
    transferredBytes: pre.bytes + rest,
    passes: pre.passes,
    throttled: pre.throttled,
  };
}

/** Control round trips before the first page, and the first bitmap of all memory. */
const setupSeconds = ({ memoryBytes, tcg, path, transfer }: Conditions, parameters: Parameters): number =>
  parameters.setupSeconds +
  (tcg ? (memoryBytes / 2 ** 30) * parameters.setupTcgSecondsPerGibibyte : 0) +
  path.rttSeconds * (transfer.multifd ? 2 : 1);

/** By settings and loss alone: a faster link must not change which spread applies. */
function regimeOf({ transfer, path, doubt }: Conditions): Regime {
  if (transfer.postcopyAfterPasses !== null) return 'post-copy';
  if (transfer.compress) return 'compressed';
  if (transfer.autoConverge) return 'throttled';
  return path.loss > 0 || doubt.lossUnknown ? 'lossy' : 'steady';
}

/** A guest in which no sample saw anything has quiet moments, in which it converges: rather than not. */
const idleMargin = 1.01;
