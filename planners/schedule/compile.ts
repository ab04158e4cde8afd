import assert from 'node:assert/strict';
import { Profile } from './profile.ts';
import type { Job, JobOption, Problem, Taking, Use, Window } from './problem.ts';

/** A problem with names turned into indices, ready to be tried many times. */
export interface Compiled {
  readonly problem: Problem;
  readonly jobs: readonly CompiledJob[];
  /** What options use, each combination once: options of many jobs go the same way at the same rate. */
  readonly ways: readonly (readonly Amount[])[];
  /** The options of all jobs in one row: those of job j from offsets[j] to offsets[j + 1]. */
  readonly flat: {
    readonly offsets: Int32Array;
    readonly seconds: Float64Array;
    readonly ways: Int32Array;
  };
  readonly resources: readonly Profile[];
  readonly stores: readonly Profile[];
}

export interface CompiledJob {
  readonly index: number;
  readonly job: Job;
  /** Place in the order of names. */
  readonly rank: number;
  readonly options: readonly CompiledOption[];
  /** Whatever the option. */
  readonly uses: readonly Amount[];
  readonly needs: readonly number[];
  readonly windows: readonly Window[];
  readonly returns: readonly Amount[];
  /** Of its options. */
  readonly leastArea: number;
}

export interface CompiledOption {
  readonly option: JobOption;
  readonly seconds: number;
  readonly surelySeconds: number;
  /** Index into `ways`. */
  readonly way: number;
  readonly uses: readonly Amount[];
  readonly takes: readonly Amount[];
  /** Part of all that it uses, times the time it is used for: how much it takes from the others. */
  readonly area: number;
}

export interface Amount {
  readonly index: number;
  readonly amount: number;
}

export function compile(problem: Problem): Compiled {
  const jobIndex = indexOf(problem.jobs);
  const resourceIndex = indexOf(problem.resources);
  const storeIndex = indexOf(problem.stores);
  const ways = new Names<Use>(resourceIndex, useName);
  const taken = new Map<readonly Taking[], readonly Amount[]>();
  const takesOf = (takes: readonly Taking[]): readonly Amount[] => {
    const known = taken.get(takes) ?? amountsOf(storeIndex, takes, takingName);
    taken.set(takes, known);
    return known;
  };
  const most = problem.resources.map(({ steps }) => Math.max(...steps.map(({ amount }) => amount)));
  const share = (uses: readonly Amount[]): number =>
    uses.reduce((sum, { index, amount }) => sum + (most[index]! > 0 ? amount / most[index]! : 1), 0);
  const ranks = ranksOf(problem.jobs);
  const jobs = problem.jobs.map((job, index): CompiledJob => {
    assert(job.options.length > 0, `job ${job.name} has no option`);
    const uses = amountsOf(resourceIndex, job.uses, useName);
    const common = share(uses);
    const options = job.options.map((option): CompiledOption => {
      const way = ways.numbered(option.uses);
      return {
        option,
        seconds: option.seconds,
        surelySeconds: option.surelySeconds,
        way: way.number,
        uses: way.amounts,
        takes: takesOf(option.takes),
        area: (common + share(way.amounts)) * option.seconds,
      };
    });
    return {
      index,
      job,
      rank: ranks[index]!,
      uses,
      options,
      needs: job.needs.map((need) => at(jobIndex, need)),
      windows: job.windows,
      returns: amountsOf(storeIndex, job.returns, takingName),
      leastArea: Math.min(...options.map(({ area }) => area)),
    };
  });
  const least = leastUsed(problem, jobs);
  return {
    problem,
    jobs,
    ways: ways.all,
    flat: flatten(jobs),
    resources: problem.resources.map(({ steps }, index) => new Profile(steps, { least: least[index]! })),
    stores: problem.stores.map(({ amount }) => new Profile([{ atSeconds: 0, amount }], { least: 0 })),
  };
}

function flatten(jobs: readonly CompiledJob[]): Compiled['flat'] {
  const offsets = new Int32Array(jobs.length + 1);
  for (const { index, options } of jobs) offsets[index + 1] = offsets[index]! + options.length;
  const seconds = new Float64Array(offsets.at(-1)!);
  const ways = new Int32Array(offsets.at(-1)!);
  for (const { index, options } of jobs) {
    for (let option = 0; option < options.length; option++) {
      seconds[offsets[index]! + option] = options[option]!.seconds;
      ways[offsets[index]! + option] = options[option]!.way;
    }
  }
  return { offsets, seconds, ways };
}

function ranksOf(jobs: readonly Job[]): Int32Array {
  const ranks = new Int32Array(jobs.length);
  const sorted = jobs
    .map(({ name }, index) => ({ name, index }))
    .sort((a, b) => (a.name === b.name ? 0 : a.name < b.name ? -1 : 1));
  for (let rank = 0; rank < sorted.length; rank++) ranks[sorted[rank]!.index] = rank;
  return ranks;
}

const useName = ({ resource }: Use): string => resource;
const takingName = ({ store }: Taking): string => store;

function amountsOf<T extends { readonly amount: number }>(
  index: ReadonlyMap<string, number>,
  entries: readonly T[],
  nameOf: (entry: T) => string,
): readonly Amount[] {
  return entries.map((entry) => ({ index: at(index, nameOf(entry)), amount: entry.amount }));
}

/** Translates lists of names and amounts: each list object once, and lists that say the same to the same numbers. */
class Names<T extends { readonly amount: number }> {
  readonly all: (readonly Amount[])[] = [];
  readonly #known = new Map<readonly T[], Numbered>();
  readonly #bySaying = new Map<string, Numbered>();
  readonly #index: ReadonlyMap<string, number>;
  readonly #nameOf: (entry: T) => string;

  constructor(index: ReadonlyMap<string, number>, nameOf: (entry: T) => string) {
    this.#index = index;
    this.#nameOf = nameOf;
  }

  numbered(entries: readonly T[]): Numbered {
    const known = this.#known.get(entries);
    if (known !== undefined) return known;
    const amounts = amountsOf(this.#index, entries, this.#nameOf);
    const saying = amounts.map(({ index, amount }) => `${index} ${amount}`).join();
    const found = this.#bySaying.get(saying) ?? { number: this.all.length, amounts };
    if (found.amounts === amounts) this.all.push(amounts);
    this.#bySaying.set(saying, found);
    this.#known.set(entries, found);
    return found;
  }
}

interface Numbered {
  readonly number: number;
  readonly amounts: readonly Amount[];
}

function indexOf(named: readonly { readonly name: string }[]): ReadonlyMap<string, number> {
  const index = new Map(named.map(({ name }, position) => [name, position]));
  assert.equal(index.size, named.length, 'names are unique');
  return index;
}

function at(index: ReadonlyMap<string, number>, name: string): number {
  const found = index.get(name);
  assert(found !== undefined, `nothing is called ${name}`);
  return found;
}

function leastUsed({ resources }: Problem, jobs: readonly CompiledJob[]): readonly number[] {
  const least = resources.map(() => Number.POSITIVE_INFINITY);
  const see = (amounts: readonly Amount[]): void => {
    for (const { index, amount } of amounts) least[index] = Math.min(least[index]!, amount);
  };
  for (const { options, uses } of jobs) {
    see(uses);
    for (const option of options) see(option.uses);
  }
  return least.map((amount) => (Number.isFinite(amount) ? amount : 0));
}
