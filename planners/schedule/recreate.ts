import type { Random } from '../../topology/world.ts';
import { place, putAt, takeAway, type Built, type Recipe, type State } from './build.ts';
import { pick } from './change.ts';
import type { Compiled } from './compile.ts';
import { byStart, dependantsOf, withNeedsFirst } from './sequence.ts';

interface Recreating {
  /** Every job has a place in it. */
  readonly built: Built;
  /** Options to choose among, by job: one of these lists at a time. */
  readonly menus: readonly (readonly (readonly number[])[])[];
  readonly random: Random;
  /** It takes a part of these: half where forty may move, and the more the more there are. */
  readonly lookupsLeft: number;
  /** No link need be done sooner. */
  readonly targetSeconds: number;
}

/**
 * Large neighbourhood search (Shaw 1998; Schrimpf, Schneider, Stamm-Wilbrandt and Dueck 2000, ruin and recreate): jobs of
 * a link that is done late and of some beside it that could do part of its work are taken away and put back, the
 * largest first, each where it ends first. All others stay where they are, so a try costs what these few cost, however
 * many there are. What is better is kept, and at first also what is a little worse. Of several priorities only the lowest
 * moves: nobody is held up by one below. Answers the order of starts, the options, and the lookups that it took.
 */
export function recreated(
  compiled: Compiled,
  recreating: Recreating,
): Pick<Recipe, 'order' | 'options'> & { readonly lookups: number } {
  const { random, menus, targetSeconds } = recreating;
  const standing = new Standing(compiled, recreating.built);
  const links = standing.links.slice();
  const { movable } = standing;
  const lookupsMax = (recreating.lookupsLeft * movable) / (movable + fewMovable);
  let left = lookupsMax;
  while (links.length > 0 && left > 0) {
    links.sort((a, b) => standing.endOf(b) - standing.endOf(a));
    if (standing.endOf(links[0]!) <= targetSeconds) break;
    const near = nearTo(standing, links, random);
    const removed = standing.someOver(near, random);
    const menu = menus[pick(random, menus.length)]!;
    left -= removed.reduce((sum, index) => sum + menu[index]!.length, tryLookups);
    const heat = heatMax * Math.max(0, left / lookupsMax) ** 2;
    standing.tryAgain(removed, {
      menu,
      endMaxSeconds: Math.max(...near.map((link) => standing.endOf(link))),
      sizeOf: (index) => compiled.jobs[index]!.leastArea * (1 + areaNoise * random.next()),
      isKept: (ratio) => ratio <= 1 || random.next() < ratio ** (-1 / heat),
    });
  }
  const { starts, chosen } = standing.state;
  return {
    order: byStart(compiled.jobs, starts),
    options: Array.from(chosen, (option) => [option]),
    lookups: lookupsMax - left,
  };
}

/** Where so many may move, half of the lookups are taken. */
const fewMovable = 40;
/** What one try costs besides. */
const tryLookups = 30;
/** One of so many links that are done last is looked at, the later the likelier. */
const lateLinksMax = 8;
/** So many jobs are taken away at most, and at least where there are as many. */
const removedMax = 120;
const removedMin = 12;
const areaNoise = 0.3;
/** At first a cost `e ** heatMax` times as high is kept in one of `e` cases. */
const heatMax = 0.5;
/** A link that is done a hundredth later counts e³ times: nearly all is in the latest, and yet each counts. */
const steepness = 300;

/** A link that is done late and one or two that its jobs could go over. */
function nearTo(standing: Standing, latestFirst: readonly number[], random: Random): readonly number[] {
  const late = latestFirst[Math.floor(random.next() ** 2 * Math.min(lateLinksMax, latestFirst.length))]!;
  const beside = standing.beside(late);
  const near = new Set([late]);
  for (let count = 1 + pick(random, 2); count > 0 && beside.length > 0; count--)
    near.add(beside[pick(random, beside.length)]!);
  return [...near];
}

/** All jobs in their places, and when each link is done. */
class Standing {
  readonly state: State;
  /** What options use: links, and their places for moves where these are limited. */
  readonly links: readonly number[];
  /** So many jobs have the lowest priority. */
  readonly movable: number;
  readonly #compiled: Compiled;
  readonly #lowest: number;
  /** By store: whether all who may take of it find room only where others give back. */
  readonly #isScarce: readonly boolean[];
  readonly #dependants: readonly (readonly number[])[];
  readonly #scaleSeconds: number;
  readonly #lines: readonly Line[];
  /** When the last job of each link ends. */
  readonly #ends: Float64Array;
  readonly #beside: readonly (readonly number[])[];

  constructor(compiled: Compiled, built: Built) {
    const { jobs, resources, stores } = compiled;
    for (const profile of [...resources, ...stores]) profile.clear();
    this.#compiled = compiled;
    this.#lowest = Math.min(...jobs.map(({ job }) => job.priority));
    this.movable = jobs.filter(({ index }) => this.#isMovable(index)).length;
    this.#isScarce = scarceOf(compiled);
    this.#dependants = dependantsOf(jobs);
    this.#scaleSeconds = built.makespanSeconds;
    this.#ends = new Float64Array(resources.length);
    this.#beside = besideOf(compiled);
    this.links = [...new Set(compiled.ways.flatMap((way) => way.map(({ index }) => index)))];
    const { starts, ends, options } = built;
    this.state = {
      resources,
      stores,
      starts: starts.slice(),
      ends: ends.slice(),
      chosen: options.slice(),
      atOnce: null,
    };
    const longestSeconds = compiled.flat.seconds.reduce((most, seconds) => Math.max(most, seconds), 0);
    this.#lines = resources.map(() => new Line(this.state, longestSeconds));
    for (const { index } of jobs) this.#put(index, { option: options[index]!, start: starts[index]! });
    this.#lookAtEnds(this.links);
  }

  endOf(link: number): number {
    return this.#ends[link]!;
  }

  /** Links over which jobs of this one could go, or go as well. */
  beside(link: number): readonly number[] {
    return this.#beside[link]!;
  }

  /** Some that go over these and start one after the other: more often than not the last. */
  someOver(links: readonly number[], random: Random): readonly number[] {
    const count = Math.ceil(removedMin + (removedMax - removedMin) * random.next());
    const fromSeconds = random.next() < 0.6 ? null : this.#lines[links[0]!]!.someStart(random);
    const isMovable = (index: number): boolean => this.#isMovable(index);
    const found = new Set<number>();
    for (const link of links)
      for (const index of this.#lines[link]!.some(count, { fromSeconds, isMovable })) found.add(index);
    const { starts } = this.state;
    const sorted = [...found].sort((a, b) => starts[a]! - starts[b]!);
    return fromSeconds === null ? sorted.slice(-count) : sorted.slice(0, count);
  }

  /** Takes these away and puts them back, the largest first; all as it was where that is not to be kept. */
  tryAgain(
    removed: readonly number[],
    {
      menu,
      endMaxSeconds,
      sizeOf,
      isKept,
    }: {
      readonly menu: readonly (readonly number[])[];
      readonly endMaxSeconds: number;
      readonly sizeOf: (index: number) => number;
      /** Told the cost as a part of what it was. */
      readonly isKept: (ratio: number) => boolean;
    },
  ): void {
    const { starts, chosen } = this.state;
    const before = removed.map((index) => ({ index, start: starts[index]!, option: chosen[index]! }));
    const dueSeconds = new Map(
      removed.map((index) => [index, Math.min(endMaxSeconds, this.#dueSeconds(index))]),
    );
    const touched = new Set<number>();
    for (const index of removed) this.#takeAway(index, touched);
    const put: number[] = [];
    for (const index of this.#largestFirst(removed, sizeOf)) {
      const job = this.#compiled.jobs[index]!;
      const deadlineSeconds = Math.min(dueSeconds.get(index)!, this.#neededBySeconds(index));
      if (!place(this.state, job, { options: menu[index]!, deadlineSeconds })) break;
      put.push(index);
      for (const link of this.#goesOver(index)) {
        this.#lines[link]!.add(index);
        touched.add(link);
      }
    }
    if (put.length === removed.length) {
      const cost = this.#cost();
      this.#lookAtEnds(touched);
      if (isKept(this.#cost() / cost)) return;
    }
    for (const index of put) this.#takeAway(index, touched);
    for (const { index, ...at } of before) this.#put(index, at);
    this.#lookAtEnds(touched);
  }

  #lookAtEnds(links: Iterable<number>): void {
    for (const link of links) this.#ends[link] = this.#lines[link]!.lastEnd();
  }

  #cost(): number {
    let sum = 0;
    for (const link of this.links) sum += Math.exp(steepness * (this.#ends[link]! / this.#scaleSeconds - 1));
    return sum;
  }

  #put(index: number, at: { readonly option: number; readonly start: number }): void {
    putAt(this.state, this.#compiled.jobs[index]!, at);
    for (const link of this.#goesOver(index)) this.#lines[link]!.add(index);
  }

  #takeAway(index: number, touched: Set<number>): void {
    for (const link of this.#goesOver(index)) {
      this.#lines[link]!.remove(index);
      touched.add(link);
    }
    takeAway(this.state, this.#compiled.jobs[index]!);
  }

  #goesOver(index: number): readonly number[] {
    const option = this.#compiled.jobs[index]!.options[this.state.chosen[index]!]!;
    return option.uses.map((use) => use.index);
  }

  #largestFirst(indices: readonly number[], sizeOf: (index: number) => number): readonly number[] {
    const sizes = new Map(indices.map((index) => [index, sizeOf(index)]));
    const sorted = indices.toSorted((a, b) => sizes.get(b)! - sizes.get(a)!);
    return withNeedsFirst(this.#compiled.jobs, sorted).filter((index) => sizes.has(index));
  }

  /** Whoever gives back what others lack, no later than now: they are counting on it. */
  #dueSeconds(index: number): number {
    const { returns } = this.#compiled.jobs[index]!;
    return returns.some((each) => this.#isScarce[each.index]!)
      ? this.state.ends[index]!
      : Number.POSITIVE_INFINITY;
  }

  /** Before whoever waits for it and stays where it is. */
  #neededBySeconds(index: number): number {
    return this.#dependants[index]!.reduce(
      (due, other) => Math.min(due, this.state.starts[other]!),
      Number.POSITIVE_INFINITY,
    );
  }

  #isMovable(index: number): boolean {
    return this.#compiled.jobs[index]!.job.priority === this.#lowest;
  }
}

/** Who goes over a link, by start. */
class Line {
  readonly #indices: number[] = [];
  readonly #state: State;
  readonly #longestSeconds: number;

  constructor(state: State, longestSeconds: number) {
    this.#state = state;
    this.#longestSeconds = longestSeconds;
  }

  add(index: number): void {
    this.#indices.splice(this.#firstFrom(this.#state.starts[index]!), 0, index);
  }

  remove(index: number): void {
    this.#indices.splice(this.#indices.indexOf(index, this.#firstFrom(this.#state.starts[index]!)), 1);
  }

  lastEnd(): number {
    const { starts, ends } = this.#state;
    let last = 0;
    for (let at = this.#indices.length - 1; at >= 0; at--) {
      const index = this.#indices[at]!;
      if (starts[index]! + this.#longestSeconds <= last) break;
      last = Math.max(last, ends[index]!);
    }
    return last;
  }

  someStart(random: Random): number {
    const index = this.#indices[pick(random, this.#indices.length)];
    return index === undefined ? 0 : this.#state.starts[index]!;
  }

  /** So many of these, on from an instant or, without one, back from the end. */
  some(
    count: number,
    {
      fromSeconds,
      isMovable,
    }: { readonly fromSeconds: number | null; readonly isMovable: (index: number) => boolean },
  ): readonly number[] {
    const step = fromSeconds === null ? -1 : 1;
    const found: number[] = [];
    let at = fromSeconds === null ? this.#indices.length - 1 : this.#firstFrom(fromSeconds);
    for (; at >= 0 && at < this.#indices.length && found.length < count; at += step)
      if (isMovable(this.#indices[at]!)) found.push(this.#indices[at]!);
    return found;
  }

  /** Position of the first that starts then or later. */
  #firstFrom(seconds: number): number {
    const { starts } = this.#state;
    let low = 0;
    let high = this.#indices.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (starts[this.#indices[middle]!]! < seconds) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** By store: whether all who could take of it would take more than there is before anybody gives back. */
function scarceOf({ jobs, problem }: Compiled): readonly boolean[] {
  const most = new Float64Array(problem.stores.length);
  for (const { options } of jobs) {
    const largest = new Map<number, number>();
    for (const takes of new Set(options.map((option) => option.takes)))
      for (const { index, amount } of takes) largest.set(index, Math.max(amount, largest.get(index) ?? 0));
    for (const [index, amount] of largest) most[index]! += amount;
  }
  return problem.stores.map(({ amount }, index) => most[index]! > amount);
}

function besideOf({ jobs, resources }: Compiled): readonly (readonly number[])[] {
  const beside = resources.map(() => new Set<number>());
  const seen = new Set<string>();
  for (const { options } of jobs) {
    const links = [...new Set(options.flatMap(({ uses }) => uses.map(({ index }) => index)))];
    const key = links.join();
    if (seen.has(key)) continue;
    seen.add(key);
    for (const link of links) for (const other of links) if (other !== link) beside[link]!.add(other);
  }
  return beside.map((links) => [...links]);
}
