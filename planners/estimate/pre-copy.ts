import { type DirtyCurve, dirtiedIn } from './dirty-curve.ts';
import type { FirstPass } from './first-pass.ts';
import { passesMax, rateWindowSeconds, throttle, throttledPassesMax } from './limits.ts';

/** A pre-copy move on one dirty curve, pass by pass (docs/design/estimation.md, "Pre-copy"). */
export interface PreCopy {
  readonly converges: boolean;
  /** How many times as much the guest might dirty and still meet the rule; above 1 it converges. */
  readonly margin: number;
  /** From the start of the first pass until the guest is stopped. */
  readonly seconds: number;
  /** Bytes sent until then. */
  readonly bytes: number;
  /**
   * Left to send when it is stopped: what the first pass leaves or, once passes are cut short, the threshold less the
   * room, and what was dirtied meanwhile.
   */
  readonly restBytes: number;
  readonly passes: number;
  /** Share of its time for which the guest is held back at the end. */
  readonly throttled: number;
}

export interface PreCopyQuestion {
  readonly curve: DirtyCurve;
  readonly first: FirstPass;
  readonly rateBytesPerSecond: number;
  /** Of the last copy, for which the cap is lifted. */
  readonly finalBytesPerSecond: number;
  readonly downtimeLimitSeconds: number;
  /** How long the source goes on sending, on the better tries, after the threshold is met. */
  readonly roomSeconds: number;
  /** A synchronisation of the bitmap. */
  readonly syncSeconds: number;
  readonly autoConverge: boolean;
  /** Rest ÷ what the rule allows: QEMU's estimate of its own rate falls short of the goodput. */
  readonly downtimeShare: number;
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
  const rule = stopRule(question);
  const { threshold, room, pageRate, clean } = rule;
  const kept = threshold - room;
  const throttling: Throttling = { share: 0, triggers: 0, periodSeconds: 0 };
  const most = question.autoConverge ? throttledPassesMax : passesMax;
  let seconds = first.cutSeconds;
  let bytes = first.bytes - first.tailBytes;
  let rest = first.tailBytes + dirtiedIn(curve, first.cutSeconds);
  let passes = passesLeast;
  let margin = marginOf(question, rule, throttling);
  while (rest > threshold && passes < most) {
    const passSeconds = (rest - kept) / pageRate + syncSeconds;
    const dirtied = dirtiedIn(curve, passSeconds * activity(question, throttling)) * clean;
    const repeats = question.autoConverge
      ? throttledPasses(throttling, { seconds: passSeconds, sent: rest - kept, fresh: dirtied })
      : 1;
    seconds += passSeconds * repeats;
    bytes += (passSeconds - syncSeconds) * rate * repeats;
    passes += repeats;
    rest = kept + dirtied;
    if (question.autoConverge) margin = marginOf(question, rule, throttling);
    if (margin >= 1 && dirtied <= pageRate * rateWindowSeconds) break;
  }
  const fresh = inRoom(question, rule, throttling);
  const left = Math.min(kept + fresh, threshold) * question.downtimeShare;
  return {
    converges: rest <= threshold || margin >= 1,
    margin,
    seconds,
    bytes,
    restBytes: passes === passesLeast ? Math.min(rest, left) : left,
    passes,
    throttled: throttling.share,
  };
}

interface StopRule {
  readonly threshold: number;
  /** Part of the threshold that is sent before the rule is looked at. */
  readonly room: number;
  /** Pages' bytes sent a second, and at the end, when the cap is lifted. */
  readonly pageRate: number;
  readonly finalPageRate: number;
  /** Share of the working set that is clean while the threshold is left: only that can be dirtied anew. */
  readonly clean: number;
}

function stopRule(question: PreCopyQuestion): StopRule {
  const { curve, rateBytesPerSecond: rate, resendRatio, downtimeLimitSeconds } = question;
  const threshold = rate * downtimeLimitSeconds;
  const pageRate = rate / resendRatio;
  const room = pageRate * Math.min(question.roomSeconds, downtimeLimitSeconds * resendRatio);
  const kept = threshold - room;
  return {
    threshold,
    room,
    pageRate,
    finalPageRate: question.finalBytesPerSecond / resendRatio,
    clean: Math.max(0, 1 - kept / Math.max(curve.hotBytes, kept, 1)),
  };
}

/**
 * A capped sender may send a window's bytes at once, so the room is gone at the rate of the path; the cap only asks
 * that a window's dirtying fits into a window's bytes.
 */
function marginOf(question: PreCopyQuestion, rule: StopRule, throttling: Throttling): number {
  const active = activity(question, throttling);
  const inWindow = dirtiedIn(question.curve, rateWindowSeconds * active) * rule.clean;
  return Math.min(
    quotient(rule.room, inRoom(question, rule, throttling)),
    quotient(rule.pageRate * rateWindowSeconds, inWindow),
  );
}

/** Dirtied anew while the room is sent. */
function inRoom(question: PreCopyQuestion, rule: StopRule, throttling: Throttling): number {
  const seconds = rule.room / rule.finalPageRate + question.syncSeconds;
  return dirtiedIn(question.curve, seconds * activity(question, throttling)) * rule.clean;
}

const quotient = (part: number, whole: number): number => (whole > 0 ? part / whole : Infinity);

/** One synchronisation at the start, one after the first pass, one with the guest stopped. */
const passesLeast = 3;

interface Throttling {
  /** Share of its time for which the guest is held back. */
  share: number;
  /** Times that too much was dirtied, since the last step. */
  triggers: number;
  /** Since the last look at the trigger. */
  periodSeconds: number;
}

/** Share of its dirtying that the guest still does. */
const activity = ({ throttleEffect }: PreCopyQuestion, { share }: Throttling): number =>
  1 - throttleEffect * share;

/**
 * Auto-converge (migration/ram.c): at most once a second a synchronisation compares dirtied with sent bytes; every
 * second time that it finds more than half, the guest is held back one step more. Answers how many passes like this
 * one go by until the next look: where they no longer shrink they circle alike.
 */
function throttledPasses(
  throttling: Throttling,
  { seconds, sent, fresh }: { seconds: number; sent: number; fresh: number },
): number {
  const circles = fresh > sent * circlingRatio;
  const repeats = circles
    ? Math.max(1, Math.ceil((throttle.periodSeconds - throttling.periodSeconds) / seconds))
    : 1;
  throttling.periodSeconds += seconds * repeats;
  if (throttling.periodSeconds < throttle.periodSeconds) return repeats;
  throttling.periodSeconds = 0;
  if (fresh <= sent * throttle.triggerRatio) return repeats;
  throttling.triggers += 1;
  if (throttling.triggers < throttle.triggers) return repeats;
  throttling.triggers = 0;
  const next = throttling.share === 0 ? throttle.initial : throttling.share + throttle.increment;
  throttling.share = Math.min(throttle.max, next);
  return repeats;
}

/** A pass that leaves nearly as much as it sent will be followed by others like it. */
const circlingRatio = 0.9;
