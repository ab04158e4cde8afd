import type { Random } from '../../topology/world.ts';
import { balanced } from './balance.ts';
import { build, type Built, type Recipe } from './build.ts';
import { changed } from './change.ts';
import type { Compiled, CompiledJob } from './compile.ts';
import { largeFleet } from './limits.ts';
import type { Prices } from './prices.ts';
import { recreated } from './recreate.ts';
import { byStart, ordersOf } from './sequence.ts';
import { usual } from './usual.ts';

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
 * The best schedule found: options that load everything evenly, those that cost little, orders by rule; then, as far as
 * the lookups reach, parts of the best made anew (recreate.ts), which serves many jobs, and small changes (change.ts) by
 * simulated annealing (Kirkpatrick, Gelatt and Vecchi 1983), which serves few. What people do without a planner
 * (usual.ts) is tried in between whatever the lookups: nothing found is worse than it.
 */
export function search(compiled: Compiled, options: SearchOptions): Built {
  const { deadlineSeconds, random, prices } = options;
  const { jobs } = compiled;
  let left = options.lookupsMax;
  let best = null as Found | null;
  const tried = (recipe: Recipe): Found => {
    const found = judged(recipe);
    left -= buildLookups + found.built.lookups;
    return found;
  };
  const judged = (recipe: Recipe): Found => {
    const found = { recipe, built: build(compiled, recipe) };
    if (best === null || isBetter(found.built, best.built)) best = found;
    return found;
  };
  /** Of these only one that is better counts. */
  const unlessLater = (recipe: Recipe): Recipe =>
    best === null || best.built.unplaced > 0
      ? recipe
      : { ...recipe, giveUpSeconds: best.built.makespanSeconds };
  /** Whether no more is to be tried once this part of the lookups is gone; all are there for who has no place. */
  const isOver = (part: number): boolean => {
    if (best === null) return false;
    const kept = best.built.unplaced > 0 ? 0 : options.lookupsMax * (1 - part);
    return left <= kept || isDone(best.built, options);
  };
  const tryAll = (recipes: () => Iterable<Recipe>, part: number): void => {
    if (isOver(part)) return;
    for (const recipe of recipes()) {
      tried(unlessLater(recipe));
      if (isOver(part)) return;
    }
  };
  let relievedLast = best;
  const relieve = (): void => {
    const from = best;
    if (from !== null && from !== relievedLast) tryAll(() => relieved(compiled, from), 1);
    relievedLast = from;
  };
  tryAll(() => even(compiled, options), evenPart);
  relieve();
  tryAll(() => frugal(compiled, prices, deadlineSeconds), startPart);
  relieve();
  tryAll(() => starters(compiled, deadlineSeconds), startPart);
  relieve();
  if (best === null) return build(compiled, { order: [], options: [], deadlineSeconds });
  for (const recipe of usual(compiled, deadlineSeconds)) {
    if (isDone(best.built, options)) return best.built;
    judged(unlessLater(recipe));
  }
  if (left > 0 && best.built.unplaced === 0 && !isDone(best.built, options)) {
    const { lookups, ...anew } = recreated(compiled, {
      built: best.built,
      menus: recreatedSlacks.map((slack) => cheapOf(compiled, prices, slack)),
      random,
      lookupsLeft: left,
      targetSeconds: doneSeconds(jobs.length, options),
    });
    left -= lookups;
    judged({ ...anew, deadlineSeconds });
  }
  const budget = Math.max(1, left);
  const heatMax = heatPart / jobs.length;
  let current = fixed(compiled, best);
  while (left > 0 && !isDone(best.built, options)) {
    const heat = heatMax * (left / budget) ** 2;
    const found = tried(changed(compiled, { ...current, random }));
    const rise = costOf(found.built) / costOf(current.built) - 1;
    if (rise <= 0 || random.next() < Math.exp(-rise / heat)) current = fixed(compiled, found);
  }
  return best.built;
}

/** Even options are tried until this part of the lookups is gone. */
const evenPart = 0.2;
/** Cheap options and orders by rule only while less than this part is gone, or while somebody has no place. */
const startPart = 0.02;
/** How much dearer than the cheapest an option may be in what is made anew: one of these at a time. */
const recreatedSlacks = [0.1, 0.2, 0.5] as const;

/** What one build costs besides. */
const buildLookups = 60;
/** By about so many jobs' part the schedule may grow longer in the first steps. */
const heatPart = 1;

/** The time everything is done, a little of when each is, and a lot for those left out. */
function costOf({ makespanSeconds, sumSeconds, unplaced, ends }: Built): number {
  const mean = sumSeconds / Math.max(1, ends.length - unplaced);
  return (makespanSeconds + meanPart * mean) * (1 + unplaced);
}

const meanPart = 0.02;

/**
 * The same schedule as the order of its starts and the options it took: a change to what is late leaves what is early
 * as it is, and costs little to try. Whoever fits nowhere may take any option.
 */
function fixed({ jobs }: Compiled, { recipe, built }: Found): Found {
  const options = recipe.options.map((among, index) => {
    const chosen = built.options[index]!;
    return among.length === 1 || chosen < 0 ? among : [chosen];
  });
  const { deadlineSeconds } = recipe;
  return { recipe: { order: byStart(jobs, built.starts), options, deadlineSeconds }, built };
}

interface Found {
  readonly recipe: Recipe;
  readonly built: Built;
}

function isDone({ unplaced, makespanSeconds, ends }: Built, options: SearchOptions): boolean {
  return unplaced === 0 && makespanSeconds <= doneSeconds(ends.length, options);
}

function doneSeconds(jobs: number, { lowerBoundSeconds }: SearchOptions): number {
  return lowerBoundSeconds * (1 + (jobs > largeFleet ? nearOfLarge : 1e-9));
}

/** Of so many jobs a schedule this near the bound is good enough: durations are known far less well. */
const nearOfLarge = 0.002;

function isBetter(a: Built, b: Built): boolean {
  if (a.unplaced !== b.unplaced) return a.unplaced < b.unplaced;
  if (a.makespanSeconds !== b.makespanSeconds) return a.makespanSeconds < b.makespanSeconds;
  return a.sumSeconds < b.sumSeconds;
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
    const cheap = cheapOf(compiled, prices, slack);
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

const cheapOf = ({ jobs }: Compiled, prices: Prices, slack: number): readonly (readonly number[])[] =>
  jobs.map((job) => cheapOptions(job, prices, slack));

function cheapOptions({ options }: CompiledJob, { perSecond }: Prices, slack: number): readonly number[] {
  const costs = options.map(({ seconds, way }) => seconds * perSecond[way]!);
  const limit = Math.min(...costs) * (1 + slack) + 1e-12;
  return costs.flatMap((cost, index) => (cost <= limit ? [index] : []));
}

const everyOption = (jobs: readonly CompiledJob[]): readonly (readonly number[])[] =>
  jobs.map(({ options }) => options.map((_, index) => index));

const leastOf = (values: readonly number[]): number => values.indexOf(Math.min(...values));
