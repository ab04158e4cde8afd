import type { Conditions } from './conditions.ts';
import type { Course, Outlook } from './course.ts';
import { seededCopyOf } from './disk-copy.ts';
import { assumed } from './limits.ts';
import type { Parameters } from './model.ts';
import type { EstimateInput } from './observation.ts';
import { sendingOf } from './sending.ts';
import { convergenceSeconds } from './stall.ts';

/** Methods that send no memory: one course, which always ends. */
export function stoppedOutlook(
  input: EstimateInput,
  conditions: Conditions,
  parameters: Parameters,
): Outlook {
  const sending = sendingOf(conditions, parameters);
  const rate = sending.rateBytesPerSecond;
  const course =
    input.method === 'redirect' ? redirect(input, conditions, rate) : cold(input, conditions, rate);
  return { regime: 'steady', sending, courses: [{ course, weight: 1 }] };
}

/** Disks cross while the guest runs; then it is shut down, the rest crosses, the target boots, clients find it. */
function cold(input: EstimateInput, { disks, path }: Conditions, rate: number): Course {
  const copy = seededCopyOf(disks, rate);
  const gone =
    (input.shutdownSeconds ?? assumed.shutdownSeconds) +
    copy.stoppedSeconds +
    (input.bootSeconds ?? assumed.bootSeconds);
  return {
    ...ending,
    totalSeconds: copy.runningSeconds + gone,
    downtimeSeconds: gone,
    pauseSeconds: gone,
    stallSeconds: gone + convergenceSeconds(input.convergence ?? { kind: 'dns' }, path),
    transferredBytes: copy.bytes,
  };
}

/** A clone comes up beside the old copy, whose sessions end where they are: nothing pauses. */
function redirect(input: EstimateInput, { disks, path }: Conditions, rate: number): Course {
  const found = convergenceSeconds(input.convergence ?? { kind: 'balancer' }, path);
  return {
    ...ending,
    totalSeconds: disks.bytes / rate + (input.cloneSeconds ?? assumed.cloneSeconds) + found,
    downtimeSeconds: 0,
    pauseSeconds: 0,
    stallSeconds: 0,
    transferredBytes: disks.bytes,
  };
}

const ending = { converges: true, margin: Infinity, passes: 0, throttled: 0 } as const;
