import type { EstimateInput } from '../estimate/observation.ts';

/** A prediction without a range: what simple models say of a pre-copy move. */
export interface PointPrediction {
  readonly completes: boolean;
  readonly totalSeconds: number;
  readonly transferredBytes: number;
  readonly pauseSeconds: number;
}

export type Baseline = (input: EstimateInput) => PointPrediction;

const mebibyte = 2 ** 20;
const pageBytes = 4096;
/** Bytes of a page's header, as Gudkov's script counts them. */
const headerBytes = 8;
/** Gudkov's script gives up after an hour. */
const giveUpSeconds = 3600;

/** RAM ÷ bandwidth: the rule of thumb. It always ends, and pauses for the downtime limit. */
export const ramOverBandwidth: Baseline = (input) => {
  const totalSeconds = input.guest.memoryBytes / bandwidthOf(input);
  return {
    completes: totalSeconds <= timeoutOf(input),
    totalSeconds,
    transferredBytes: input.guest.memoryBytes,
    pauseSeconds: limitOf(input),
  };
};

/**
 * The textbook (Clark 2005, Akoush 2010): V₀ = resident memory, Vₙ₊₁ = r Vₙ/B with a constant rate, until Vₙ fits B·L;
 * the pause is the last Vₙ/B.
 */
export const textbook: Baseline = (input) => {
  const rate = meanRate(input);
  return passes(input, (seconds) => rate * seconds, 1);
};

/**
 * Gudkov (qemu-devel, April 2023, "calc-dirty-rate: tool to predict migration time"): the same loop on a dirty curve
 * through the samples, straight between them, first and last slope kept, at most the resident memory; eight bytes a page.
 */
export const gudkov: Baseline = (input) => {
  const curve = curveThrough(input);
  const most = residentOf(input);
  return passes(input, (seconds) => Math.min(curve(seconds), most), 1 + headerBytes / pageBytes);
};

export const baselines = { ramOverBandwidth, textbook, gudkov } as const;
export type BaselineName = keyof typeof baselines;

function passes(input: EstimateInput, dirtied: (seconds: number) => number, ratio: number): PointPrediction {
  const bandwidth = bandwidthOf(input);
  const threshold = bandwidth * limitOf(input);
  const patience = Math.min(giveUpSeconds, timeoutOf(input));
  const afterPasses = input.settings?.postcopyAfterPasses ?? null;
  let volume = residentOf(input) * ratio;
  let bytes = 0;
  let seconds = 0;
  let passCount = 0;
  while ((volume > threshold || passCount === 0) && seconds <= patience && passCount !== afterPasses) {
    const pass = volume / bandwidth;
    bytes += volume;
    seconds += pass;
    passCount += 1;
    volume = dirtied(pass) * ratio;
  }
  const pauseSeconds = passCount === afterPasses ? 0 : volume / bandwidth;
  const totalSeconds = seconds + volume / bandwidth;
  return {
    completes: totalSeconds <= patience,
    totalSeconds,
    transferredBytes: bytes + volume,
    pauseSeconds,
  };
}

function curveThrough({ dirty = [] }: EstimateInput): (seconds: number) => number {
  const points = [...new Set(dirty.map(({ seconds }) => seconds))]
    .sort((a, b) => a - b)
    .map((seconds) => ({ seconds, bytes: rateAt(dirty, seconds) * seconds }));
  const first = points[0];
  if (first === undefined) return () => 0;
  return (seconds) => {
    const next = points.findIndex((point) => point.seconds >= seconds);
    const after = next < 0 ? points.at(-1)! : points[next]!;
    const before = next < 0 ? points.at(-2) : points[next - 1];
    if (before === undefined) return (after.bytes / after.seconds) * seconds;
    const slope = (after.bytes - before.bytes) / (after.seconds - before.seconds);
    return Math.max(0, before.bytes + slope * (seconds - before.seconds));
  };
}

/** The rate over the shortest interval, as a tool that samples once would see it. */
function meanRate({ dirty = [] }: EstimateInput): number {
  const shortest = Math.min(...dirty.map(({ seconds }) => seconds));
  return dirty.length === 0 ? 0 : rateAt(dirty, shortest);
}

function rateAt(dirty: NonNullable<EstimateInput['dirty']>, seconds: number): number {
  const rates = dirty.filter((sample) => sample.seconds === seconds);
  return (
    (rates.reduce((sum, { mebibytesPerSecond }) => sum + mebibytesPerSecond, 0) / rates.length) * mebibyte
  );
}

const residentOf = ({ guest }: EstimateInput): number => guest.residentBytes ?? guest.memoryBytes;
const limitOf = ({ settings }: EstimateInput): number => settings?.downtimeLimitSeconds ?? 0.3;
const timeoutOf = ({ settings }: EstimateInput): number => settings?.timeoutSeconds ?? Infinity;
const bandwidthOf = ({ link, settings }: EstimateInput): number =>
  Math.min(link.bitsPerSecond / 8, settings?.maxBandwidthBytesPerSecond ?? Infinity);
