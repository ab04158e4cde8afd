import type { Random } from '../../topology/world.ts';
import type { Built, Recipe } from './build.ts';
import type { Compiled, CompiledJob } from './compile.ts';
import { withNeedsFirst } from './sequence.ts';

interface Changing {
  readonly recipe: Recipe;
  readonly built: Built;
  readonly random: Random;
}

/** A recipe that differs a little: some jobs with another option, one earlier or later, two exchanged, the end loosened. */
export function changed({ jobs }: Compiled, changing: Changing): Recipe {
  const kind = changing.random.next();
  if (kind < 0.45) return withOtherOptions(jobs, changing);
  if (kind < 0.6) return loosened(jobs, changing);
  return reordered(jobs, changing);
}

const othersMax = 3;

function withOtherOptions(jobs: readonly CompiledJob[], { recipe, random }: Changing): Recipe {
  const options = [...recipe.options];
  for (let count = 1 + pick(random, othersMax); count > 0; count--) {
    const index = pick(random, jobs.length);
    const all = everyOption(jobs[index]!);
    const chosen = pick(random, all.length + 1);
    options[index] = chosen === all.length ? all : [chosen];
  }
  return { ...recipe, options };
}

/** Whoever starts in some stretch of time, as often as not the last, may take any option, in another order. */
function loosened(jobs: readonly CompiledJob[], { recipe, built, random }: Changing): Recipe {
  const { starts, makespanSeconds } = built;
  const length = makespanSeconds * stretchMax * random.next();
  const from = random.next() < 0.5 ? makespanSeconds - length : makespanSeconds * random.next() - length / 2;
  const near = recipe.order.filter((index) => starts[index]! >= from && starts[index]! <= from + length);
  const moved = near.filter(() => random.next() * near.length < looseMax);
  const options = [...recipe.options];
  for (const index of moved) options[index] = everyOption(jobs[index]!);
  const keys = new Map(moved.map((index) => [index, random.next()]));
  moved.sort((a, b) => jobs[b]!.job.priority - jobs[a]!.job.priority || keys.get(a)! - keys.get(b)!);
  let next = 0;
  const loose = new Set(moved);
  const order = recipe.order.map((index) => (loose.has(index) ? moved[next++]! : index));
  return { ...recipe, options, order: withNeedsFirst(jobs, order) };
}

/** So many of them, about. */
const looseMax = 30;
/** Longest stretch, as part of the whole. */
const stretchMax = 0.3;

function reordered(jobs: readonly CompiledJob[], { recipe, built, random }: Changing): Recipe {
  const order = [...recipe.order];
  const from = random.next() < 0.5 ? lastEnding(order, built, random) : pick(random, order.length);
  const to = pick(random, order.length);
  const priority = (position: number): number => jobs[order[position]!]!.job.priority;
  if (priority(from) !== priority(to)) return recipe;
  if (random.next() < 0.5) order.splice(to, 0, ...order.splice(from, 1));
  else [order[from], order[to]] = [order[to]!, order[from]!];
  return { ...recipe, order: withNeedsFirst(jobs, order) };
}

/** Position of one of the jobs that end last: only moving these can shorten the whole. */
function lastEnding(order: readonly number[], { ends, makespanSeconds }: Built, random: Random): number {
  const threshold = makespanSeconds * (0.8 + 0.2 * random.next());
  const late = order.flatMap((index, position) => (ends[index]! >= threshold ? [position] : []));
  return late[pick(random, late.length)] ?? 0;
}

const everyOption = ({ options }: CompiledJob): readonly number[] => options.map((_, index) => index);

/** One of so many, all alike. */
export const pick = (random: Random, count: number): number => Math.floor(random.next() * count);
