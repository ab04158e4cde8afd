import type { Conditions } from './conditions.ts';
import { goodputOf } from './goodput.ts';
import type { Model, Parameters, Regime } from './model.ts';
import { headerRatio, preCopy, type FirstPass, firstPass, type Sending, setupSeconds } from './pre-copy.ts';

/** What a move is expected to be, before any range is put around it. */
export interface Course {
  readonly regime: Regime;
  readonly converges: boolean;
  readonly margin: number;
  readonly totalSeconds: number;
  readonly downtimeSeconds: number;
  readonly pauseSeconds: number;
  readonly stallSeconds: number;
  readonly transferredBytes: number;
  readonly wireRatio: number;
  readonly passes: number;
  readonly sending: Sending;
}

/** The course of a live move: pre-copy, or post-copy after the passes that the settings name. */
export function liveCourse(conditions: Conditions, model: Model): Course {
  const { parameters } = model;
  const sending = sendingOf(conditions, parameters);
  const pre = preCopy(conditions, sending, parameters);
  const after = conditions.transfer.postcopyAfterPasses;
  if (after !== null && pre.passes > after + 1) return postCopy(conditions, sending, parameters);
  const pauseSeconds = pre.downtimeSeconds + landing(conditions, sending, parameters);
  return {
    regime: regimeOf(conditions, pre.margin, pre.throttled),
    converges: pre.converges,
    margin: pre.margin,
    totalSeconds: pre.totalSeconds,
    downtimeSeconds: pre.downtimeSeconds,
    pauseSeconds,
    stallSeconds: pauseSeconds + parameters.sessionRecoverySeconds,
    transferredBytes: pre.transferredBytes,
    wireRatio: sending.goodput.wireRatio,
    passes: pre.passes,
    sending,
  };
}

function sendingOf(conditions: Conditions, parameters: Parameters): Sending {
  const { transfer, path } = conditions;
  const goodput = goodputOf(path, transfer.streams, parameters);
  const cpu = transfer.compress
    ? (parameters.compressBytesPerSecondPerCore * conditions.cores) / parameters.compressRatio
    : Infinity;
  const carried = transfer.compress
    ? goodput.bytesPerSecond / parameters.compressRatio
    : goodput.bytesPerSecond;
  const cap =
    transfer.capBytesPerSecond === null
      ? Infinity
      : transfer.capBytesPerSecond * (transfer.multifd ? parameters.multifdCapFactor : 1);
  const finalBytesPerSecond = Math.min(carried, cpu);
  return { goodput, rateBytesPerSecond: Math.min(finalBytesPerSecond, cap), finalBytesPerSecond };
}

/**
 * From the source's last write to the target running: what still lies in socket and path, half a round trip, the
 * target's device load; a capped sender has an empty socket. A gated start adds a control round trip.
 */
function landing(conditions: Conditions, sending: Sending, parameters: Parameters): number {
  const { path, transfer } = conditions;
  const capped = sending.rateBytesPerSecond < sending.finalBytesPerSecond * 0.98;
  const backlog = capped ? 0 : sending.goodput.backlogBytes;
  return (
    backlog / sending.goodput.bytesPerSecond +
    path.rttSeconds / 2 +
    parameters.loadSeconds +
    (transfer.gatedStart ? path.rttSeconds : 0)
  );
}

/** Post-copy: each page crosses once more at most; the pause is the device state behind the backlog. */
function postCopy(conditions: Conditions, sending: Sending, parameters: Parameters): Course {
  const first = firstPass(conditions, sending, parameters);
  const passes = conditions.transfer.postcopyAfterPasses ?? 0;
  const dirty = dirtyAfter(conditions, first, passes) * headerRatio;
  const pauseSeconds = landing(conditions, sending, parameters);
  const faults = parameters.faultRoundTrips * conditions.path.rttSeconds;
  const sent = passes === 0 ? first.bytes : first.bytes + dirty;
  return {
    regime: 'post-copy',
    converges: true,
    margin: Infinity,
    totalSeconds:
      setupSeconds(conditions, parameters) +
      (passes === 0 ? 0 : first.seconds) +
      (passes === 0 ? first.seconds : dirty / sending.finalBytesPerSecond) +
      pauseSeconds,
    downtimeSeconds: 0.007,
    pauseSeconds,
    stallSeconds: pauseSeconds + faults + parameters.sessionRecoverySeconds,
    transferredBytes: sent,
    wireRatio: sending.goodput.wireRatio,
    passes: passes + 2,
    sending,
  };
}

const dirtyAfter = ({ curve }: Conditions, first: FirstPass, passes: number): number =>
  passes === 0 ? 0 : curve.hotBytes + curve.coldBytesPerSecond * first.seconds;

function regimeOf({ transfer, path }: Conditions, margin: number, throttled: number): Regime {
  if (throttled > 0) return 'throttled';
  if (transfer.compress || transfer.xbzrleCacheBytes > 0) return 'compressed';
  if (margin < 3) return 'edge';
  return path.loss > 0 ? 'lossy' : 'steady';
}
