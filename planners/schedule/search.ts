import type { Random } from '../../topology/world.ts';
import { balanced } from './balance.ts';
import { build, type Built, type Recipe } from './build.ts';
import type { Compiled, CompiledJob, CompiledOption } from './compile.ts';
import type { Prices } from './prices.ts';

export interface SearchOptions {
  readonly random: Random;
  /** How often a place may be looked for: the price of the answer, and the only thing that ends the search early. */
  readonly lookupsMax: number;
  readonly deadlineSeconds: number;
  readonly prices: Prices;
  /** Nothing can be done sooner: found, no more looking. */
  readonly lowerBoundSeconds: number;
}

/**
 * The best schedule found: first every order that people use (largest first, shortest first, …), then, as far as the
 * lookups reach, small changes to the best of them: one job earlier or later in its class of priority, two exchanged,
 * another option. A slightly worse step is taken now and then, so that the search leaves a dead end.
 */
export function search(compiled: Compiled, options: SearchOptions): Built {
  const { deadlineSeconds } = options;
  const lookups = compiled.jobs.reduce((sum, job) => sum + job.options.length, 0);
  let left = options.lookupsMax / Math.max(1, lookups);
  let best = null as Found | null;
  const tryAll = (recipes: Iterable<Recipe>): void => {
    for (const recipe of recipes) {
      if (best !== null && (left <= 0 || isDone(best.built, options))) return;
      const built = build(compiled, recipe);
      left -= sharesOf(recipe, lookups);
      if (best === null || isBetter(built, best.built)) best = { recipe, built };
    }
  };
  tryAll(even(compiled, options));
  if (best !== null) tryAll(relieved(compiled, best));
  tryAll(frugal(compiled, options.prices, deadlineSeconds));
  if (best !== null) tryAll(relieved(compiled, best));
  tryAll(starters(compiled, deadlineSeconds));
  if (best !== null) tryAll(relieved(compiled, best));
  if (best === null) return build(compiled, { order: [], options: [], deadlineSeconds });
  let current = best;
  for (let idle = 0; left > 0 && !isDone(best.built, options); ) {
    const recipe = changed(compiled, {
      recipe: current.recipe,
      built: current.built,
      random: options.random,
    });
    const built = build(compiled, recipe);
    left -= sharesOf(recipe, lookups);
    if (isBetter(built, best.built)) {
      best = { recipe, built };
      current = best;
      idle = 0;
    } else if (!isBetter(current.built, built) || isAlmost(built, best.built, options.random)) {
      current = { recipe, built };
    }
    if (++idle > idleMax) {
      current = best;
      idle = 0;
    }
  }
  return best.built;
}

interface Found {
  readonly recipe: Recipe;
  readonly built: Built;
}

/** A recipe that names few options costs fewer lookups than one build with all. */
function sharesOf({ options }: Recipe, lookups: number): number {
  return options.reduce((sum, each) => sum + each.length, 0) / Math.max(1, lookups);
}

/** Changes without a new best after which the search goes back to the best. */
const idleMax = 60;
/** How much worse a step may be, and how often it is taken. */
const worseMax = 1.03;
const worseChance = 0.1;

function isDone({ unplaced, makespanSeconds }: Built, { lowerBoundSeconds }: SearchOptions): boolean {
  return unplaced === 0 && makespanSeconds <= lowerBoundSeconds * (1 + 1e-9);
}

function isBetter(a: Built, b: Built): boolean {
  if (a.unplaced !== b.unplaced) return a.unplaced < b.unplaced;
  if (a.makespanSeconds !== b.makespanSeconds) return a.makespanSeconds < b.makespanSeconds;
  return a.sumSeconds < b.sumSeconds;
}

function isAlmost(a: Built, b: Built, random: Random): boolean {
  return (
    a.unplaced === b.unplaced &&
    a.makespanSeconds <= b.makespanSeconds * worseMax &&
    random.next() < worseChance
  );
}

/** The orders to begin with, each with the fastest options, with free choice, and with the thriftiest options. */
function* starters(compiled: Compiled, deadlineSeconds: number): Generator<Recipe> {
  const { jobs } = compiled;
  const orders = ordersOf(jobs);
  const fastest = jobs.map(({ options }) => [leastOf(options.map((option) => option.seconds))]);
  const thriftiest = jobs.map(({ options }) => [leastOf(options.map(({ area }) => area))]);
  for (const options of [fastest, everyOption(jobs), thriftiest])
    for (const order of orders) yield { order, options, deadlineSeconds };
}

/** The same orders with options that load everything evenly (balance.ts), and what costs hardly more on the same way. */
function* even(
  compiled: Compiled,
  { prices, deadlineSeconds, lowerBoundSeconds }: SearchOptions,
): Generator<Recipe> {
  const chosen = balanced(compiled, lowerBoundSeconds);
  const orders = ordersOf(compiled.jobs, chosen);
  for (const slack of evenSlacks) {
    const options = compiled.jobs.map((job) => likeIt(job, chosen[job.index]!, { prices, slack }));
    for (const order of orders) yield { order, options, deadlineSeconds };
  }
}

const evenSlacks = [0.05, 0, 0.2] as const;

/** Those over the same things that cost little more. */
function likeIt(
  { options }: CompiledJob,
  chosen: number,
  { prices: { perSecond }, slack }: { readonly prices: Prices; readonly slack: number },
): readonly number[] {
  const { seconds, way, uses } = options[chosen]!;
  const limit = seconds * perSecond[way]! * (1 + slack);
  return options.flatMap((option, index) => {
    const isLike =
      option.uses.length === uses.length && option.uses.every((use, at) => use.index === uses[at]!.index);
    return index === chosen || (isLike && option.seconds * perSecond[option.way]! <= limit) ? [index] : [];
  });
}

/**
 * The same orders where only options may be taken that cost little of what is scarce (prices.ts), so that a free way
 * round a full link is cheap and a fast option that blocks it is dear; with and without ways round.
 */
function* frugal(compiled: Compiled, prices: Prices, deadlineSeconds: number): Generator<Recipe> {
  const orders = ordersOf(compiled.jobs);
  for (const slack of frugalSlacks) {
    const cheap = compiled.jobs.map((job) => cheapOptions(job, prices, slack));
    const direct = compiled.jobs.map((job, index) => directOptions(job, cheap[index]!));
    for (const options of [direct, cheap])
      for (const order of orders) yield { order, options, deadlineSeconds };
  }
}

/** How much dearer than the cheapest an option may be. */
const frugalSlacks = [0.3, 0.5, 0.2, 0.1, 1] as const;

/** Those that use the fewest things. */
function directOptions({ options }: CompiledJob, among: readonly number[]): readonly number[] {
  const fewest = Math.min(...among.map((option) => options[option]!.uses.length));
  return among.filter((option) => options[option]!.uses.length === fewest);
}

/** The recipe, but whoever ends late may take any option: what is left free elsewhere shortens the end. */
function* relieved({ jobs }: Compiled, { recipe, built }: Found): Generator<Recipe> {
  const every = everyOption(jobs);
  for (const part of lateParts) {
    const late = built.makespanSeconds * part;
    const options = jobs.map(({ index }) =>
      built.ends[index]! > late ? every[index]! : recipe.options[index]!,
    );
    yield { ...recipe, options };
  }
}

/** Late: after these parts of the whole. */
const lateParts = [0.97, 0.9, 0.8, 0.6] as const;

function cheapOptions({ options }: CompiledJob, { perSecond }: Prices, slack: number): readonly number[] {
  const costs = options.map(({ seconds, way }) => seconds * perSecond[way]!);
  const limit = Math.min(...costs) * (1 + slack) + 1e-12;
  return costs.flatMap((cost, index) => (cost <= limit ? [index] : []));
}

/** The orders that people use, by the options chosen or, where none are, by the least of each job. */
function ordersOf(jobs: readonly CompiledJob[], chosen?: Int32Array): readonly (readonly number[])[] {
  const among = ({ index, options }: CompiledJob): readonly CompiledOption[] =>
    chosen === undefined ? options : [options[chosen[index]!]!];
  const seconds = jobs.map((job) => Math.min(...among(job).map((option) => option.seconds)));
  const areas = jobs.map((job) => Math.min(...among(job).map(({ area }) => area)));
  const tails = tailSeconds(jobs, seconds);
  const windowEnd = jobs.map(({ windows }) => windows.at(-1)?.toSeconds ?? Number.POSITIVE_INFINITY);
  const by = (key: (index: number) => number): readonly number[] => listOf(jobs, key);
  return [
    by((index) => -tails[index]!),
    by((index) => -areas[index]!),
    by((index) => seconds[index]!),
    ...(windowEnd.some(Number.isFinite) ? [by((index) => windowEnd[index]! - seconds[index]!)] : []),
  ];
}

const everyOption = (jobs: readonly CompiledJob[]): readonly (readonly number[])[] =>
  jobs.map(({ options }) => options.map((_, index) => index));

const leastOf = (values: readonly number[]): number => values.indexOf(Math.min(...values));

/** Time from a job's start to the end of the last one that waits for it, at the least. */
function tailSeconds(jobs: readonly CompiledJob[], seconds: readonly number[]): readonly number[] {
  const dependants = jobs.map((): number[] => []);
  for (const { index, needs } of jobs) for (const need of needs) dependants[need]!.push(index);
  const tails = new Array<number>(jobs.length).fill(-1);
  const tail = (index: number): number => {
    if (tails[index]! >= 0) return tails[index]!;
    tails[index] = 0;
    tails[index] = seconds[index]! + Math.max(0, ...dependants[index]!.map(tail));
    return tails[index];
  };
  return jobs.map(({ index }) => tail(index));
}

/** By priority, then by the key, then by name; what is needed comes before what needs it. */
function listOf(jobs: readonly CompiledJob[], key: (index: number) => number): readonly number[] {
  const sorted = jobs
    .map(({ index }) => index)
    .sort(
      (a, b) =>
        jobs[b]!.job.priority - jobs[a]!.job.priority ||
        key(a) - key(b) ||
        (jobs[a]!.job.name < jobs[b]!.job.name ? -1 : 1),
    );
  return withNeedsFirst(jobs, sorted);
}

function withNeedsFirst(jobs: readonly CompiledJob[], sorted: readonly number[]): readonly number[] {
  const order: number[] = [];
  const seen = new Uint8Array(jobs.length);
  const visit = (index: number): void => {
    if (seen[index] === 1) return;
    seen[index] = 1;
    for (const need of jobs[index]!.needs) visit(need);
    order.push(index);
  };
  for (const index of sorted) visit(index);
  return order;
}

function changed(
  { jobs }: Compiled,
  { recipe, built, random }: { readonly recipe: Recipe; readonly built: Built; readonly random: Random },
): Recipe {
  const pick = (count: number): number => Math.floor(random.next() * count);
  const kind = random.next();
  if (kind < 0.35) {
    const index = pick(jobs.length);
    const all = jobs[index]!.options.map((_, option) => option);
    const chosen = pick(all.length + 1);
    const options = [...recipe.options];
    options[index] = chosen === all.length ? all : [chosen];
    return { ...recipe, options };
  }
  const order = [...recipe.order];
  const from = kind < 0.6 ? lastEnding(order, built, random) : pick(order.length);
  const to = pick(order.length);
  const priority = (position: number): number => jobs[order[position]!]!.job.priority;
  if (priority(from) !== priority(to)) return recipe;
  if (kind < 0.8) order.splice(to, 0, ...order.splice(from, 1));
  else [order[from], order[to]] = [order[to]!, order[from]!];
  return { ...recipe, order: withNeedsFirst(jobs, order) };
}

/** Position of one of the jobs that end last: only moving these can shorten the whole. */
function lastEnding(order: readonly number[], { ends, makespanSeconds }: Built, random: Random): number {
  const threshold = makespanSeconds * (0.8 + 0.2 * random.next());
  const late = order.flatMap((index, position) => (ends[index]! >= threshold ? [position] : []));
  return late[Math.floor(random.next() * late.length)] ?? 0;
}
