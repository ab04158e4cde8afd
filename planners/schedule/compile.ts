import assert from 'node:assert/strict';
import { Profile } from './profile.ts';
import type { Job, JobOption, Problem, Window } from './problem.ts';

/** A problem with names turned into indices, ready to be tried many times. */
export interface Compiled {
  readonly problem: Problem;
  readonly jobs: readonly CompiledJob[];
  readonly resources: readonly Profile[];
  readonly stores: readonly Profile[];
}

export interface CompiledJob {
  readonly index: number;
  readonly job: Job;
  readonly options: readonly CompiledOption[];
  readonly needs: readonly number[];
  readonly windows: readonly Window[];
  readonly returns: readonly Amount[];
}

export interface CompiledOption {
  readonly option: JobOption;
  readonly seconds: number;
  readonly surelySeconds: number;
  /** The option's own and the job's, one entry a resource. */
  readonly uses: readonly Amount[];
  readonly takes: readonly Amount[];
  /** Part of everything used, times the time it is used for: how much it takes from the others. */
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
  const jobs = problem.jobs.map((job, index): CompiledJob => {
    assert(job.options.length > 0, `job ${job.name} has no option`);
    return {
      index,
      job,
      options: job.options.map((option) => {
        const uses = merged([...option.uses, ...job.uses], resourceIndex);
        return {
          option,
          seconds: option.seconds,
          surelySeconds: option.surelySeconds,
          uses,
          takes: option.takes.map(({ store, amount }) => ({ index: at(storeIndex, store), amount })),
          area: areaOf(problem, uses) * option.seconds,
        };
      }),
      needs: job.needs.map((need) => at(jobIndex, need)),
      windows: job.windows,
      returns: job.returns.map(({ store, amount }) => ({ index: at(storeIndex, store), amount })),
    };
  });
  const least = leastUsed(problem, jobs);
  return {
    problem,
    jobs,
    resources: problem.resources.map(({ steps }, index) => new Profile(steps, { least: least[index]! })),
    stores: problem.stores.map(({ amount }) => new Profile([{ atSeconds: 0, amount }], { least: 0 })),
  };
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

function merged(uses: Job['uses'], index: ReadonlyMap<string, number>): readonly Amount[] {
  const sums = new Map<number, number>();
  for (const { resource, amount } of uses) {
    const position = at(index, resource);
    sums.set(position, (sums.get(position) ?? 0) + amount);
  }
  return [...sums].map(([position, amount]) => ({ index: position, amount }));
}

function areaOf({ resources }: Problem, uses: readonly Amount[]): number {
  return uses.reduce((sum, { index, amount }) => {
    const most = Math.max(...resources[index]!.steps.map((step) => step.amount));
    return sum + (most > 0 ? amount / most : 1);
  }, 0);
}

function leastUsed({ resources }: Problem, jobs: readonly CompiledJob[]): readonly number[] {
  const least = resources.map(() => Number.POSITIVE_INFINITY);
  for (const { options } of jobs)
    for (const { uses } of options)
      for (const { index, amount } of uses) least[index] = Math.min(least[index]!, amount);
  return least.map((amount) => (Number.isFinite(amount) ? amount : 0));
}
