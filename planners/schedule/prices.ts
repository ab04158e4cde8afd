import { timeForWork } from './work.ts';
import type { Amount, Compiled } from './compile.ts';

/** What a unit of each resource is worth, in seconds of the whole, and what follows from it. */
export interface Prices {
  /** Cost of one second of each way (compile.ts). */
  readonly perSecond: Float64Array;
  /** Nobody can be done sooner: at these prices the cheapest options together cost that much. */
  readonly lowerBoundSeconds: number;
}

/** Rounds of price finding; after sixty the bound moves by less than half a percent. */
const roundsMax = 60;
/** Options × rounds, so that ten thousand jobs take no longer than a few tenths of a second. */
const lookupsMax = 3_000_000;
/** How fast prices follow loads. */
const stepSize = 0.25;

/**
 * Prices at which the cheapest option of every job loads all that is scarce evenly (multiplicative weights on the
 * Lagrangian of "all work fits under what there is until T"; Plotkin, Shmoys and Tardos 1995). Any prices p ≥ 0 prove a
 * bound: the work Σ p·amount·seconds of the cheapest options must fit under Σ p·(what there is until T).
 */
export function findPrices(compiled: Compiled): Prices {
  const { resources } = compiled.problem;
  const capacities = resources.map(({ steps }) => Math.max(...steps.map(({ amount }) => amount), 1e-9));
  const lookups = compiled.jobs.reduce((sum, { options }) => sum + options.length, 1);
  const rounds = Math.max(6, Math.min(roundsMax, Math.floor(lookupsMax / lookups)));
  const logs = new Float64Array(resources.length);
  let lowerBoundSeconds = 0;
  let best = normalised(logs, capacities);
  for (let round = 0; round < rounds; round++) {
    const prices = normalised(logs, capacities);
    const { work, loads } = cheapest(compiled, prices);
    const bound = boundAt(compiled, prices, work);
    if (bound > lowerBoundSeconds) {
      lowerBoundSeconds = bound;
      best = prices;
    }
    let most = 1e-12;
    for (let index = 0; index < loads.length; index++)
      most = Math.max(most, loads[index]! / capacities[index]!);
    for (let index = 0; index < loads.length; index++)
      logs[index]! += stepSize * (loads[index]! / capacities[index]! / most - 1);
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

/** What every job's cheapest option costs together, and how it loads each resource. */
function cheapest(
  compiled: Compiled,
  prices: Float64Array,
): { readonly work: number; readonly loads: Float64Array } {
  const { offsets, seconds, ways } = compiled.flat;
  const rates = ratesAt(compiled, prices);
  const loads = new Float64Array(prices.length);
  const busy = new Float64Array(compiled.ways.length);
  let work = 0;
  for (const { index: job, uses } of compiled.jobs) {
    const common = priceOf(uses, prices);
    let least = Number.POSITIVE_INFINITY;
    let chosen = offsets[job]!;
    for (let option = chosen; option < offsets[job + 1]!; option++) {
      const cost = (common + rates[ways[option]!]!) * seconds[option]!;
      if (cost >= least) continue;
      least = cost;
      chosen = option;
    }
    work += least;
    for (const { index, amount } of uses) loads[index]! += amount * seconds[chosen]!;
    busy[ways[chosen]!]! += seconds[chosen]!;
  }
  compiled.ways.forEach((way, number) => {
    for (const { index, amount } of way) loads[index]! += amount * busy[number]!;
  });
  return { work, loads };
}

function boundAt(compiled: Compiled, prices: Float64Array, work: number): number {
  const weighted = compiled.problem.resources.map(({ steps }, index) =>
    steps.map(({ atSeconds, amount }) => ({ atSeconds, amount: amount * prices[index]! })),
  );
  return timeForWork(work, weighted);
}
