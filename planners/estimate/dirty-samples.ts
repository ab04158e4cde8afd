import type { DirtyCurve } from './dirty-curve.ts';
import { assumed, sampling } from './limits.ts';
import type { Parameters } from './model.ts';
import type { EstimateInput } from './observation.ts';

/** One curve that the samples allow, and how probable it is; the weights of a guest's curves add up to 1. */
export interface WeightedCurve {
  readonly curve: DirtyCurve;
  readonly weight: number;
}

type Sample = NonNullable<EstimateInput['dirty']>[number];

/** All samples of one interval: their mean as distinct bytes, and its variance. */
interface Point {
  readonly seconds: number;
  readonly bytes: number;
  readonly precision: number;
}

const mebibyte = 2 ** 20;

/** Rewrites of the working set a second that are tried: from one in a hundred seconds to forty a second. */
const refreshGrid = [0.01, 0.03, 0.1, 0.3, 0.7, 1.5, 3, 7, 16, 40] as const;

/**
 * What samples of calc-dirty-rate leave open. For each λ of the grid the best W and c follow by weighted least
 * squares (D is linear in them); the weight is the prior of λ times the likelihood of the samples. A working set that
 * is saturated in the shortest sample leaves all large λ possible, and the verdict then says how uncertain it is.
 */
export function curvesOf(
  told: readonly Sample[],
  mostBytes: number,
  parameters: Parameters,
): readonly WeightedCurve[] {
  const known = knownCurves.get(told);
  if (known?.mostBytes === mostBytes && known.parameters === parameters) return known.curves;
  const curves = fittedCurves(told, mostBytes, parameters);
  knownCurves.set(told, { mostBytes, parameters, curves });
  return curves;
}

/** A planner asks about the same samples over many paths and settings. */
const knownCurves = new WeakMap<
  readonly Sample[],
  {
    readonly mostBytes: number;
    readonly parameters: Parameters;
    readonly curves: readonly WeightedCurve[];
  }
>();

function fittedCurves(
  told: readonly Sample[],
  mostBytes: number,
  parameters: Parameters,
): readonly WeightedCurve[] {
  const { restlessBytes } = parameters;
  if (told.length === 0) return unmeasured(mostBytes, restlessBytes);
  const points = pointsOf(told.map(bounded));
  const fitted = refreshGrid.map((refreshPerSecond) => fit(points, refreshPerSecond, parameters));
  const best = fitted.reduce((least, { misfit }) => Math.min(least, misfit), Infinity);
  const curves: { curve: DirtyCurve; weight: number }[] = [];
  let sum = 0;
  for (const { hotBytes, coldBytesPerSecond, refreshPerSecond, misfit } of fitted) {
    const weight = Math.exp((best - misfit) / 2);
    if (weight < sampling.weightMin) continue;
    sum += weight;
    curves.push({
      curve: { hotBytes, coldBytesPerSecond, refreshPerSecond, restlessBytes, mostBytes },
      weight,
    });
  }
  for (const entry of curves) entry.weight /= sum;
  return curves;
}

/** A guest nobody measured: rates over two orders of magnitude around the assumed one. */
function unmeasured(mostBytes: number, restlessBytes: number): WeightedCurve[] {
  return assumed.dirtyBytesPerSecond.map((coldBytesPerSecond) => ({
    curve: { hotBytes: 0, refreshPerSecond: 0, coldBytesPerSecond, restlessBytes, mostBytes },
    weight: 1 / assumed.dirtyBytesPerSecond.length,
  }));
}

function bounded({ seconds, mebibytesPerSecond }: Sample): Sample {
  const [least, most] = sampling.seconds;
  return {
    seconds: Math.min(Math.max(seconds, least), most),
    mebibytesPerSecond: Math.min(mebibytesPerSecond, sampling.mebibytesPerSecondMax),
  };
}

function pointsOf(samples: readonly Sample[]): Point[] {
  const points: Point[] = [];
  for (const { seconds } of samples) if (!has(points, seconds)) points.push(pointOf(samples, seconds));
  return monotone(points);
}

function has(points: readonly Point[], seconds: number): boolean {
  for (const point of points) if (point.seconds === seconds) return true;
  return false;
}

/** D never falls: a longer sample that shows less than a shorter one has missed a burst. */
function monotone(points: Point[]): Point[] {
  points.sort((a, b) => a.seconds - b.seconds);
  let most = 0;
  return points.map((point) => {
    most = Math.max(most, point.bytes);
    return { ...point, bytes: most };
  });
}

/**
 * QEMU cuts to whole MiB/s: half of one is added, with the variance of a uniform distribution. Beside it stand the
 * counting noise of the pages sampled and the unrest of the guest. Samples that scatter more than that show bursts:
 * the mean is raised by what is left over, since a move must also end while a burst lasts.
 */
function pointOf(samples: readonly Sample[], seconds: number): Point {
  let count = 0;
  let sum = 0;
  let squares = 0;
  for (const sample of samples) {
    if (sample.seconds !== seconds) continue;
    count += 1;
    sum += sample.mebibytesPerSecond + cutOf(sample);
    squares += (sample.mebibytesPerSecond + cutOf(sample)) ** 2;
  }
  const rate = sum / count;
  const noise = 1 / 12 + (rate * sampling.mebibytesPerPage) / seconds + (sampling.unrestRatio * rate) ** 2;
  const scatter = count < 2 ? 0 : Math.max(0, (squares - sum * rate) / (count - 1));
  const burst = Math.sqrt(Math.max(0, scatter - noise));
  const scale = seconds * mebibyte;
  return { seconds, bytes: (rate + burst) * scale, precision: count / (noise * scale * scale) };
}

/** Half of what QEMU cut off; a rate with a fraction was not cut. */
const cutOf = ({ mebibytesPerSecond }: Sample): number =>
  Number.isInteger(mebibytesPerSecond) ? sampling.cutMebibytesPerSecond : 0;

/** The prior of ln λ has the tails of Student's t (degrees of freedom): a large set swept slowly is rare, not impossible. */
const tails = 3;

interface Fit {
  readonly refreshPerSecond: number;
  readonly hotBytes: number;
  readonly coldBytesPerSecond: number;
  /** −2 ln(prior × likelihood). */
  readonly misfit: number;
}

function fit(points: readonly Point[], refreshPerSecond: number, parameters: Parameters): Fit {
  const prior = parameters.backgroundBytesPerSecond;
  const tightness = 1 / prior ** 2;
  let hh = 0;
  let hc = 0;
  let cc = tightness;
  let hy = 0;
  let cy = tightness * prior;
  let yy = tightness * prior * prior;
  for (const { seconds, bytes, precision } of points) {
    const hot = -Math.expm1(-refreshPerSecond * seconds);
    hh += precision * hot * hot;
    hc += precision * hot * seconds;
    cc += precision * seconds * seconds;
    hy += precision * hot * bytes;
    cy += precision * seconds * bytes;
    yy += precision * bytes * bytes;
  }
  const determinant = hh * cc - hc * hc;
  let hotBytes = (hy * cc - cy * hc) / determinant;
  let coldBytesPerSecond = (cy * hh - hy * hc) / determinant;
  if (!(coldBytesPerSecond >= 0)) [hotBytes, coldBytesPerSecond] = [hy / hh, 0];
  if (!(hotBytes >= 0)) [hotBytes, coldBytesPerSecond] = [0, cy / cc];
  const misfit =
    yy -
    2 * (hotBytes * hy + coldBytesPerSecond * cy) +
    hotBytes * hotBytes * hh +
    2 * hotBytes * coldBytesPerSecond * hc +
    coldBytesPerSecond * coldBytesPerSecond * cc;
  const distance = Math.log(refreshPerSecond / parameters.refreshPerSecond) / parameters.refreshSpread;
  return {
    refreshPerSecond,
    hotBytes,
    coldBytesPerSecond,
    misfit: misfit + tails * Math.log1p((distance * distance) / tails),
  };
}
