import type { Course, Live } from './course.ts';
import { type DirtyCurve, dirtiedIn } from './dirty-curve.ts';
import { headerRatio } from './first-pass.ts';
import { throttledPassesMax } from './limits.ts';
import { coldLandingSeconds, landingSeconds, writtenSeconds } from './switchover.ts';

/**
 * Post-copy: after so many passes the guest runs at the target, and each page that is dirty then crosses once, on
 * demand or in the background. The pause is the device state behind the backlog or, at once, behind slow start;
 * afterwards the client waits for page faults, each a round trip behind background pages: many where no pass has brought
 * the pages that it always needs.
 * `afterPasses` 0: at once.
 */
export function postCopy(curve: DirtyCurve, afterPasses: number, live: Live): Course {
  const { conditions, sending, first, parameters } = live;
  const rate = sending.rateBytesPerSecond;
  let seconds = afterPasses === 0 ? 0 : first.seconds;
  let bytes = afterPasses === 0 ? 0 : first.bytes;
  let rest = afterPasses === 0 ? first.bytes : dirtiedIn(curve, first.seconds) * headerRatio;
  for (let pass = 1; pass < Math.min(afterPasses, throttledPassesMax); pass += 1) {
    const passSeconds = (rest * sending.resendRatio) / rate;
    seconds += passSeconds;
    bytes += rest * sending.resendRatio;
    rest = dirtiedIn(curve, passSeconds) * headerRatio;
  }
  const pauseSeconds =
    afterPasses === 0
      ? coldLandingSeconds(conditions, { sending, parameters })
      : landingSeconds(0, conditions, { sending, parameters });
  const faults = afterPasses === 0 ? parameters.coldFaultRoundTrips : parameters.faultRoundTrips;
  const faultSeconds = faults * (conditions.path.rttSeconds + pauseSeconds);
  return {
    converges: true,
    margin: Infinity,
    totalSeconds: live.setupSeconds + seconds + rest / sending.finalBytesPerSecond + pauseSeconds,
    downtimeSeconds: writtenSeconds(0, sending),
    pauseSeconds,
    stallSeconds: pauseSeconds + faultSeconds + live.findSeconds,
    transferredBytes: bytes + rest,
    passes: afterPasses + 2,
    throttled: 0,
  };
}
