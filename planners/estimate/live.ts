import type { Conditions } from './conditions.ts';
import type { Course, Live, Outlook } from './course.ts';
import type { DirtyCurve } from './dirty-curve.ts';
import { firstPass } from './first-pass.ts';
import type { Model, Parameters, Regime } from './model.ts';
import { postCopy } from './post-copy.ts';
import { preCopy } from './pre-copy.ts';
import { sendingOf } from './sending.ts';
import { landingSeconds, writtenSeconds } from './switchover.ts';

/** A live move: pre-copy, or post-copy after the passes that the settings name; one course a dirty curve. */
export function liveOutlook(conditions: Conditions, model: Model): Outlook {
  const { parameters } = model;
  const sending = sendingOf(conditions, parameters);
  const first = firstPass(conditions, sending, parameters);
  const live: Live = { conditions, sending, first, parameters };
  return {
    regime: regimeOf(conditions),
    sending,
    courses: conditions.curves.map(({ curve, weight }) => ({ course: courseOn(curve, live), weight })),
  };
}

function courseOn(curve: DirtyCurve, live: Live): Course {
  const { conditions, sending, first, parameters } = live;
  const { transfer } = conditions;
  const pre = preCopy({
    curve,
    first,
    rateBytesPerSecond: sending.rateBytesPerSecond,
    downtimeLimitSeconds: transfer.downtimeLimitSeconds,
    roomSeconds: parameters.roomSeconds,
    syncSeconds: parameters.syncSeconds,
    autoConverge: transfer.autoConverge,
    throttleEffect: parameters.throttleEffect,
    resendRatio: sending.resendRatio,
  });
  const setup = setupSeconds(conditions, parameters);
  const after = transfer.postcopyAfterPasses;
  if (after !== null && (after === 0 || !pre.converges || pre.passes > after + 2))
    return postCopy({ curve, setupSeconds: setup, afterPasses: after }, live);
  const rest = pre.restBytes * sending.resendRatio;
  const downtimeSeconds = writtenSeconds(rest, sending, parameters);
  const pauseSeconds = landingSeconds(rest, conditions, { sending, parameters });
  return {
    converges: pre.converges || conditions.idle,
    margin: conditions.idle ? Infinity : pre.margin,
    totalSeconds: setup + pre.seconds + downtimeSeconds,
    downtimeSeconds,
    pauseSeconds,
    stallSeconds: pauseSeconds + parameters.sessionSeconds,
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
function regimeOf({ transfer, path }: Conditions): Regime {
  if (transfer.postcopyAfterPasses !== null) return 'post-copy';
  if (transfer.compress) return 'compressed';
  if (transfer.autoConverge) return 'throttled';
  return path.loss > 0 ? 'lossy' : 'steady';
}
