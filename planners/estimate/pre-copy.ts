import { type DirtyCurve, dirtiedIn } from './dirty-curve.ts';
import type { FirstPass } from './first-pass.ts';
import { passesMax, throttle } from './limits.ts';

/** A pre-copy move on one dirty curve, pass by pass (docs/design/estimation.md, "Pre-copy"). */
export interface PreCopy {
  readonly converges: boolean;
  /** How many times as much the guest might dirty and still meet the rule; above 1 it converges. */
  readonly margin: number;
  /** From the start of the first pass until the guest is stopped. */
  readonly seconds: number;
  /** Bytes sent until then. */
  readonly bytes: number;
  /** Left to send when it is stopped. */
  readonly restBytes: number;
  readonly passes: number;
  /** Share of its time for which the guest is held back at the end. */
  readonly throttled: number;
}

export interface PreCopyQuestion {
  readonly curve: DirtyCurve;
  readonly first: FirstPass;
  readonly rateBytesPerSecond: number;
  readonly downtimeLimitSeconds: number;
  /** How long the source goes on sending, on the better tries, after the threshold is met. */
  readonly roomSeconds: number;
  /** A synchronisation of the bitmap. */
  readonly syncSeconds: number;
  readonly autoConverge: boolean;
  /** Share of a throttled vCPU's time by which dirtying really slows down. */
  readonly throttleEffect: number;
  /** Bytes on their way per byte of a page sent again: below 1 with compression. The rule counts whole pages. */
  readonly resendRatio: number;
}

/**
 * QEMU's rule (migration/migration.c): when what is left fits `rate × downtime limit`, the bitmap is synchronised; if
 * what is left with what was dirtied since still fits, the guest is stopped. The rule is looked at between slices of
 * sending, so a pass ends with the threshold less part of a slice, the room, and the question is whether what is
 * dirtied while the room is sent fits into it: room against D(room ÷ rate + sync) × clean, as pages still to be sent
 * cannot be dirtied again. With a limit shorter than a slice all of the threshold is room.
 */
export function preCopy(question: PreCopyQuestion): PreCopy {
  const { curve, first, rateBytesPerSecond: rate, syncSeconds } = question;
  const threshold = rate * question.downtimeLimitSeconds;
  const pageRate = rate / question.resendRatio;
  const room =
    pageRate * Math.min(question.roomSeconds, question.downtimeLimitSeconds * question.resendRatio);
  const kept = threshold - room;
  const clean = Math.max(0, 1 - kept / Math.max(curve.hotBytes, kept, 1));
  const throttling = startThrottling(question);
  const tail = Math.min(threshold, first.tailBytes);
  let seconds = first.seconds - tail / rate;
  let bytes = first.bytes - tail;
  let rest = tail + dirtiedIn(curve, first.seconds);
  let passes = 3;
  while (rest > threshold && passes < passesMax) {
    const before = rest;
    const pass = (rest - kept) / pageRate + syncSeconds;
    const fresh = dirtiedIn(curve, pass * throttling.activity()) * clean;
    throttling.pass(pass, fresh / (pass * pageRate));
    seconds += pass;
    bytes += (pass - syncSeconds) * rate;
    passes += 1;
    rest = kept + fresh;
    if (rest > threshold && rest >= before * settledRatio && throttling.exhausted()) break;
  }
  const fresh = dirtiedIn(curve, (room / pageRate + syncSeconds) * throttling.activity()) * clean;
  return {
    converges: rest <= threshold,
    margin: fresh > 0 ? room / fresh : Infinity,
    seconds,
    bytes,
    restBytes: Math.min(rest, threshold),
    passes,
    throttled: throttling.share(),
  };
}

/** The recursion decreases towards its fixed point; closer than this to the last value it has arrived. */
const settledRatio = 0.999;

interface Throttling {
  /** Share of its dirtying that the guest still does. */
  activity(): number;
  pass(seconds: number, dirtiedPerSent: number): void;
  /** True when no further step can come. */
  exhausted(): boolean;
  share(): number;
}

/**
 * Auto-converge (migration/ram.c): at most once a second a synchronisation compares dirtied with sent bytes; every
 * second time that it finds more than half, the guest is held back one step more.
 */
function startThrottling({ autoConverge, throttleEffect }: PreCopyQuestion): Throttling {
  let share = 0;
  let periodSeconds = 0;
  let triggers = 0;
  return {
    activity: () => 1 - throttleEffect * share,
    pass: (seconds, dirtiedPerSent) => {
      if (!autoConverge) return;
      periodSeconds += seconds;
      if (periodSeconds < throttle.periodSeconds) return;
      periodSeconds = 0;
      if (dirtiedPerSent <= throttle.triggerRatio) return;
      triggers += 1;
      if (triggers < throttle.triggers) return;
      triggers = 0;
      share = share === 0 ? throttle.initial : Math.min(throttle.max, share + throttle.increment);
    },
    exhausted: () => !autoConverge || share >= throttle.max,
    share: () => share,
  };
}
