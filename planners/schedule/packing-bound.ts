import type { Compiled } from './compile.ts';
import { Packing, type Packed } from './packing.ts';
import { timeForWork } from './work.ts';

/**
 * The work that a set of links must do, and how much of it can be under way at one instant.
 *
 * Each job's work is its least use of the set (amount × seconds over its options). An option that uses more does only
 * part of that with what it takes. Jobs fall into classes by the smallest share of a link in which they waste nothing:
 * those that fit into any gap, and those that do not. Any weights w of the classes prove a bound: the links together
 * do at most Σ capacity × (the best packing at w) at once, so Σ w·work of the classes takes at least that long. The
 * weights are found by lowering those of classes that the best packings hold more of than there is (subgradient).
 */
export function packedSeconds(compiled: Compiled, links: readonly number[]): number {
  const load = loadOf(compiled, links);
  if (load.total === 0) return 0;
  const weights = new Float64Array(classes).fill(1);
  const capacity = load.links.map(({ most }) => most);
  let best = 0;
  let bestWeights = weights.slice();
  for (let round = 0; round < roundsMax; round++) {
    const packed = load.links.map(({ packings }) => packings[0]!.most(weights));
    const bound =
      weighted(load.work, weights) / sum(packed.map(({ worth }, link) => worth * capacity[link]!));
    if (bound > best) {
      best = bound;
      bestWeights = weights.slice();
    }
    adjust(weights, { load, packed, capacity });
  }
  return timeForWork(
    weighted(load.work, bestWeights),
    load.links.map(({ steps, packings }) =>
      steps.map(({ atSeconds, amount }, step) => ({
        atSeconds,
        amount: amount * packings[step + 1]!.most(bestWeights).worth,
      })),
    ),
  );
}

/** Classes by halves of a link: whole, half, quarter, …; the last holds all that fits into a 32nd or less. */
const classes = 6;
const roundsMax = 12;
const stepSize = 0.4;
/** An option wastes nothing when so much of what it takes is work that had to be done anyway. */
const thrifty = 0.97;

interface Load {
  readonly total: number;
  /** By class, in amount × seconds. */
  readonly work: Float64Array;
  readonly links: readonly {
    readonly most: number;
    readonly steps: Compiled['problem']['resources'][number]['steps'];
    /** One for each step; the first for the most there ever is. */
    readonly packings: readonly Packing[];
  }[];
}

function loadOf(compiled: Compiled, links: readonly number[]): Load {
  const { ways, problem, flat } = compiled;
  const set = new Set(links);
  const capacity = problem.resources.map(({ steps }) => Math.max(...steps.map(({ amount }) => amount)));
  const amounts = Float64Array.from(ways, (way) =>
    sum(way.map(({ index, amount }) => (set.has(index) ? amount : 0))),
  );
  const shares = Float64Array.from(ways, (way) =>
    Math.max(0, ...way.map(({ index, amount }) => (set.has(index) ? amount / capacity[index]! : 0))),
  );
  const work = new Float64Array(classes);
  const useful = new Float64Array(ways.length * classes);
  for (let job = 0; job + 1 < flat.offsets.length; job++) {
    const from = flat.offsets[job]!;
    const to = flat.offsets[job + 1]!;
    let least = Number.POSITIVE_INFINITY;
    for (let option = from; option < to && least > 0; option++)
      least = Math.min(least, amounts[flat.ways[option]!]! * flat.seconds[option]!);
    if (least === 0) continue;
    let smallest = 1;
    for (let option = from; option < to; option++) {
      const way = flat.ways[option]!;
      if (least >= thrifty * amounts[way]! * flat.seconds[option]!)
        smallest = Math.min(smallest, shares[way]!);
    }
    const group = Math.min(classes - 1, Math.max(0, Math.floor(-Math.log2(smallest) + 1e-9)));
    work[group]! += least;
    for (let option = from; option < to; option++) {
      const way = flat.ways[option]!;
      const at = way * classes + group;
      useful[at] = Math.max(useful[at]!, least / (amounts[way]! * flat.seconds[option]!));
    }
  }
  return { total: sum([...work]), work, links: links.map((link) => packLink(compiled, link, useful)) };
}

function packLink({ ways, problem }: Compiled, link: number, useful: Float64Array): Load['links'][number] {
  const { steps } = problem.resources[link]!;
  const most = Math.max(...steps.map(({ amount }) => amount));
  const packings = [most, ...steps.map(({ amount }) => amount)].map((amount) => new Packing(amount, classes));
  ways.forEach((way, number) => {
    for (const { index, amount } of way) {
      if (index !== link) continue;
      for (let group = 0; group < classes; group++) {
        const part = useful[number * classes + group]!;
        if (part > 0) for (const packing of packings) packing.add({ amount, useful: part, group });
      }
    }
  });
  return { most, steps, packings };
}

/** Lowers the weight of what the best packings hold more of than there is to do, raises the others. */
function adjust(
  weights: Float64Array,
  {
    load,
    packed,
    capacity,
  }: { readonly load: Load; readonly packed: readonly Packed[]; readonly capacity: readonly number[] },
): void {
  const held = new Float64Array(classes);
  packed.forEach(({ useful }, link) => {
    for (let group = 0; group < classes; group++) held[group]! += useful[group]! * capacity[link]!;
  });
  const all = sum([...held]);
  for (let group = 0; group < classes; group++) {
    const excess = held[group]! / Math.max(all, 1e-12) - load.work[group]! / load.total;
    weights[group] = weights[group]! * Math.exp(-stepSize * excess);
  }
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

function weighted(work: Float64Array, weights: Float64Array): number {
  let total = 0;
  for (let group = 0; group < work.length; group++) total += work[group]! * weights[group]!;
  return total;
}
