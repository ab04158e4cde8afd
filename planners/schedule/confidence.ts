import type { Random } from '../../topology/world.ts';
import type { Quantiles } from '../estimate/estimate.ts';
import { sharedVarianceRatio } from './limits.ts';
import type { Placed } from './problem.ts';

/** How long a job may take, and what makes all the jobs with the same cause late together: the link. */
export interface Uncertain {
  readonly notBeforeSeconds: number;
  readonly seconds: Quantiles;
  readonly sharedBy: string;
}

export interface Completion {
  /** The time by which everything is done with the probability. */
  readonly allDoneSeconds: (probability: number) => number;
  /** By job name. */
  readonly ends: ReadonlyMap<string, Quantiles>;
}

/**
 * Replays the schedule with durations drawn from their ranges: a job starts when the last of
 * those it waits for has ended, not before its time. ln(duration) is normal on either side of its median; a share of its variance is the
 * link's, the same for every job over it in one replay, so that errors do not average out over a fleet.
 */
export function completionOf(
  placed: readonly Placed[],
  {
    after,
    durationOf,
    random,
    replays,
  }: {
    readonly after: ReadonlyMap<string, { readonly after: readonly string[] }>;
    readonly durationOf: (placed: Placed) => Uncertain;
    readonly random: Random;
    readonly replays: number;
  },
): Completion {
  const jobs = chain(placed, after, durationOf);
  const ends = new Float64Array(jobs.length * replays);
  const all = new Float64Array(replays);
  const now = new Float64Array(jobs.length);
  const normal = createNormal(random);
  for (let replay = 0; replay < replays; replay++) {
    const shared = new Map<string, number>();
    for (let index = 0; index < jobs.length; index++) {
      const job = jobs[index]!;
      let start = job.notBeforeSeconds;
      for (const before of job.after) start = Math.max(start, now[before]!);
      let common = shared.get(job.sharedBy);
      if (common === undefined) shared.set(job.sharedBy, (common = normal()));
      now[index] =
        start +
        drawn(job, common * Math.sqrt(sharedVarianceRatio) + normal() * Math.sqrt(1 - sharedVarianceRatio));
      ends[index * replays + replay] = now[index]!;
      if (now[index]! > all[replay]!) all[replay] = now[index]!;
    }
  }
  all.sort();
  return {
    allDoneSeconds: (probability) => quantile(all, probability),
    ends: new Map(
      jobs.map(({ name }, index) => [
        name,
        quantilesOf(ends.subarray(index * replays, (index + 1) * replays)),
      ]),
    ),
  };
}

interface Step extends Omit<Uncertain, 'seconds'>, Drawn {
  readonly name: string;
  readonly after: readonly number[];
}

/** In order of start, so that whoever is waited for comes first. */
function chain(
  placed: readonly Placed[],
  after: ReadonlyMap<string, { readonly after: readonly string[] }>,
  durationOf: (placed: Placed) => Uncertain,
): readonly Step[] {
  const ordered = placed.toSorted((a, b) => a.startSeconds - b.startSeconds || a.endSeconds - b.endSeconds);
  const index = new Map(ordered.map(({ job }, position) => [job.name, position]));
  return ordered.map((entry) => {
    const { notBeforeSeconds, sharedBy, seconds } = durationOf(entry);
    return {
      name: entry.job.name,
      notBeforeSeconds,
      sharedBy,
      ...scatterOf(seconds),
      after: (after.get(entry.job.name)?.after ?? []).map((name) => index.get(name)!),
    };
  });
}

/** Distance from the median to P10 or P90 of a normal distribution, in standard deviations. */
const tenthDeviations = 1.2815515655446004;

/** The median, and ln of a duration's scatter below and above it for one standard deviation. */
interface Drawn {
  readonly medianSeconds: number;
  readonly below: number;
  readonly above: number;
}

function scatterOf({ p10, p50, p90 }: Quantiles): Drawn {
  if (p50 <= 0) return { medianSeconds: 0, below: 0, above: 0 };
  const scatter = (side: number): number => Math.log(Math.max(1, side)) / tenthDeviations;
  return { medianSeconds: p50, below: scatter(p50 / Math.max(p10, p50 * 1e-3)), above: scatter(p90 / p50) };
}

function drawn({ medianSeconds, below, above }: Drawn, deviations: number): number {
  return medianSeconds * Math.exp((deviations < 0 ? below : above) * deviations);
}

/** Standard normal numbers, two from each pair of uniform ones (Box and Muller 1958). */
function createNormal(random: Random): () => number {
  let kept: number | null = null;
  return () => {
    if (kept !== null) {
      const value = kept;
      kept = null;
      return value;
    }
    const radius = Math.sqrt(-2 * Math.log(1 - random.next()));
    const angle = 2 * Math.PI * random.next();
    kept = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  };
}

function quantilesOf(values: Float64Array): Quantiles {
  values.sort();
  return { p10: quantile(values, 0.1), p50: quantile(values, 0.5), p90: quantile(values, 0.9) };
}

/** The smallest value that at least this part of the sorted values does not exceed. */
function quantile(sorted: Float64Array, probability: number): number {
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(probability * sorted.length) - 1))] ?? 0;
}
