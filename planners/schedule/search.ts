import type { Random } from '../../topology/world.ts';
import { build, type Built, type Recipe } from './build.ts';
import type { Compiled, CompiledJob } from './compile.ts';

export interface SearchOptions {
  readonly random: Random;
  /** How often a place may be looked for: the price of the answer, and the only thing that ends the search early. */
  readonly lookupsMax: number;
  readonly deadlineSeconds: number;
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
  let left = Math.floor(options.lookupsMax / Math.max(1, lookups));
  let best: { readonly recipe: Recipe; readonly built: Built } | null = null;
  for (const recipe of starters(compiled, deadlineSeconds)) {
    if (best !== null && (left <= 0 || isDone(best.built, options))) break;
    const built = build(compiled, recipe);
    left--;
    if (best === null || isBetter(built, best.built)) best = { recipe, built };
  }
  if (best === null) return build(compiled, { order: [], options: [], deadlineSeconds });
  let current = best;
  for (let idle = 0; left > 0 && !isDone(best.built, options); left--) {
    const recipe = changed(compiled, {
      recipe: current.recipe,
      built: current.built,
      random: options.random,
    });
    const built = build(compiled, recipe);
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

/** The orders to begin with, each with free choice of options, then with the fastest, then with the thriftiest. */
function* starters({ jobs }: Compiled, deadlineSeconds: number): Generator<Recipe> {
  const tails = tailSeconds(jobs);
  const seconds = jobs.map((job) => Math.min(...job.options.map((option) => option.seconds)));
  const areas = jobs.map((job) => Math.min(...job.options.map(({ area }) => area)));
  const windowEnd = jobs.map(({ windows }) => windows.at(-1)?.toSeconds ?? Number.POSITIVE_INFINITY);
  const by = (key: (index: number) => number): readonly number[] => listOf(jobs, key);
  const orders = [
    by((index) => -tails[index]!),
    by((index) => -areas[index]!),
    by((index) => seconds[index]!),
    by((index) => windowEnd[index]! - seconds[index]!),
  ];
  const free = jobs.map(() => -1);
  const fastest = jobs.map(({ options }) => leastOf(options.map((option) => option.seconds)));
  const thriftiest = jobs.map(({ options }) => leastOf(options.map(({ area }) => area)));
  for (const options of [fastest, free, thriftiest])
    for (const order of orders) yield { order, options, deadlineSeconds };
}

const leastOf = (values: readonly number[]): number => values.indexOf(Math.min(...values));

/** Time from a job's start to the end of the last one that waits for it, at the least. */
function tailSeconds(jobs: readonly CompiledJob[]): readonly number[] {
  const dependants = jobs.map((): number[] => []);
  for (const { index, needs } of jobs) for (const need of needs) dependants[need]!.push(index);
  const tails = new Array<number>(jobs.length).fill(-1);
  const tail = (index: number): number => {
    if (tails[index]! >= 0) return tails[index]!;
    tails[index] = 0;
    const own = Math.min(...jobs[index]!.options.map(({ seconds }) => seconds));
    tails[index] = own + Math.max(0, ...dependants[index]!.map(tail));
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
    const options = [...recipe.options];
    options[index] = pick(jobs[index]!.options.length + 1) - 1;
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
