import { timeForWork } from './work.ts';
import type { Amount, Compiled } from './compile.ts';

/** What a unit of each resource is worth, in seconds of the whole, and what follows from it. */
export interface Prices {
  /** Cost of one second of each way (compile.ts). */
  readonly perSecond: Float64Array;
  /** Nobody can be done sooner: at these prices the cheapest options together cost that much. */
  readonly lowerBoundSeconds: number;
}

/** Rounds of price finding; after three hundred the bound moves by less than a thousandth. */
const roundsMax = 300;
const roundsMin = 60;
/** Options × rounds, so that ten thousand jobs take no longer than a few tenths of a second. */
const lookupsMax = 10_000_000;
/** How fast prices follow loads at first, and after how many rounds it has slowed to 1 ÷ √2 of that. */
const stepSize = 0.5;
const slowingRounds = 8;

/**
 * Prices at which the cheapest option of every job loads all that is scarce evenly (multiplicative weights on the
 * Lagrangian of "all work fits under what there is until T"; Plotkin, Shmoys and Tardos 1995). Any prices p ≥ 0 prove a
 * bound: the work Σ p·amount·seconds of the cheapest options must fit under Σ p·(what there is until T).
 */
export function findPrices(compiled: Compiled): Prices {
  const { resources } = compiled.problem;
  const capacities = resources.map(({ steps }) => Math.max(...steps.map(({ amount }) => amount), 1e-9));
  const lookups = compiled.flat.seconds.length + 1;
  const rounds = Math.max(roundsMin, Math.min(roundsMax, Math.floor(lookupsMax / lookups)));
  const logs = new Float64Array(resources.length);
  const common = commonUses(compiled);
  let lowerBoundSeconds = 0;
  let best = normalised(logs, capacities);
  for (let round = 0; round < rounds; round++) {
    const prices = normalised(logs, capacities);
    const { work, loads } = cheapest(compiled, common, prices);
    const bound = boundAt(compiled, prices, work);
    if (bound > lowerBoundSeconds) {
      lowerBoundSeconds = bound;
      best = prices;
    }
    let most = 1e-12;
    for (let index = 0; index < loads.length; index++)
      most = Math.max(most, loads[index]! / capacities[index]!);
    const step = stepSize / Math.sqrt(1 + round / slowingRounds);
    for (let index = 0; index < loads.length; index++)
      logs[index]! += step * (loads[index]! / capacities[index]! / most - 1);
  }
  return { perSecond: ratesAt(compiled, best), lowerBoundSeconds };
}

/** Σ price × capacity = 1, so that the work at these prices is in seconds. */
function normalised(logs: Float64Array, capacities: readonly number[]): Float64Array {
  const highest = logs.reduce((most, log) => Math.max(most, log), Number.NEGATIVE_INFINITY);
  const weights = logs.map((log) => Math.exp(log - highest));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight, index) => weight / total / capacities[index]!);
}

function priceOf(amounts: readonly Amount[], prices: Float64Array): number {
  let sum = 0;
  for (const { index, amount } of amounts) sum += amount * prices[index]!;
  return sum;
}

function ratesAt({ ways }: Compiled, prices: Float64Array): Float64Array {
  return Float64Array.from(ways, (way) => priceOf(way, prices));
}

/** What jobs use whatever their option, in one row: that of job j from offsets[j] to offsets[j + 1]. */
interface Common {
  readonly offsets: Int32Array;
  readonly resources: Int32Array;
  readonly amounts: Float64Array;
}

function commonUses({ jobs }: Compiled): Common {
  const offsets = new Int32Array(jobs.length + 1);
  for (const { index, uses } of jobs) offsets[index + 1] = offsets[index]! + uses.length;
  const all = jobs.flatMap(({ uses }) => uses);
  return {
    offsets,
    resources: Int32Array.from(all, ({ index }) => index),
    amounts: Float64Array.from(all, ({ amount }) => amount),
  };
}

/** What every job's cheapest option costs together, and how it loads each resource. */
function cheapest(
  compiled: Compiled,
  common: Common,
  prices: Float64Array,
): { readonly work: number; readonly loads: Float64Array } {
  const { offsets, seconds, ways } = compiled.flat;
  const rates = ratesAt(compiled, prices);
  const loads = new Float64Array(prices.length);
  const busy = new Float64Array(compiled.ways.length);
  let work = 0;
  for (let job = 0; job + 1 < offsets.length; job++) {
    const from = common.offsets[job]!;
    const to = common.offsets[job + 1]!;
    let rate = 0;
    for (let use = from; use < to; use++) rate += common.amounts[use]! * prices[common.resources[use]!]!;
    let least = Number.POSITIVE_INFINITY;
    let chosen = offsets[job]!;
    for (let option = chosen; option < offsets[job + 1]!; option++) {
      const cost = (rate + rates[ways[option]!]!) * seconds[option]!;
      if (cost >= least) continue;
      least = cost;
      chosen = option;
    }
    work += least;
    for (let use = from; use < to; use++)
      loads[common.resources[use]!]! += common.amounts[use]! * seconds[chosen]!;
    busy[ways[chosen]!]! += seconds[chosen]!;
  }
  compiled.ways.forEach((way, number) => {
    for (const { index, amount } of way) loads[index]! += amount * busy[number]!;
  });
  return { work, loads };
}

function boundAt(compiled: Compiled, prices: Float64Array, work: number): number {
  if (compiled.problem.resources.every(({ steps }) => steps.length === 1)) return work;
  const weighted = compiled.problem.resources.map(({ steps }, index) =>
    steps.map(({ atSeconds, amount }) => ({ atSeconds, amount: amount * prices[index]! })),
  );
  return timeForWork(work, weighted);
}
