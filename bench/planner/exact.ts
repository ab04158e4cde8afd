import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import type { Job, JobOption, Placed, Problem } from '../../planners/schedule/problem.ts';

/**
 * The same problem as a mixed-integer program on a grid of one second, for HiGHS. For each option of each job the step
 * variable y(t) is 1 when it has started by t (Pritsker, Watters and Wolfe 1969, in the "step" form of which Artigues,
 * Koné, Lopez and Mongeau 2015 show that it has the same relaxation with far fewer numbers). All times are whole, so
 * some optimum starts every job at a whole second.
 */
export interface Exact {
  readonly placed: readonly Placed[];
  readonly makespanSeconds: number;
}

/** What we ask of it; the types that come with it describe its CommonJS form only. */
interface Solver {
  solve(
    model: string,
    options: Readonly<Record<string, string | number | boolean>>,
  ): {
    readonly Status: string;
    readonly Columns: Readonly<Record<string, { readonly Primal?: number }>>;
  };
}

const load = createRequire(import.meta.url)('highs') as () => Promise<Solver>;
let loaded: Promise<Solver> | undefined;

export interface ExactOptions {
  /** A makespan is looked for that is at most this. */
  readonly horizonSeconds: number;
  /** Of the solver, for one question; without: as long as it takes. */
  readonly patienceSeconds?: number;
}

/**
 * The optimum; 'impossible': nobody can be done by the horizon; 'undecided': out of patience. Asked again and again
 * whether all can be done one second sooner, until the answer is no: that is proved far faster than a smallest number.
 */
export async function solveExactly(
  problem: Problem,
  { horizonSeconds, patienceSeconds = Number.POSITIVE_INFINITY }: ExactOptions,
): Promise<Exact | 'impossible' | 'undecided'> {
  let best: Exact | 'impossible' = 'impossible';
  for (let horizon = horizonSeconds; ; ) {
    const found = await within(problem, horizon, patienceSeconds);
    if (found === 'undecided') return found;
    if (found === 'impossible') return best;
    best = found;
    horizon = Math.ceil(found.makespanSeconds) - 1;
  }
}

/** Any schedule that is done by the horizon. */
async function within(
  problem: Problem,
  horizon: number,
  patienceSeconds: number,
): Promise<Exact | 'impossible' | 'undecided'> {
  const model = new Model(problem, horizon);
  if (model.isImpossible) return 'impossible';
  const solver = await (loaded ??= load());
  const solution = solver.solve(model.text(), {
    mip_heuristic_effort: 0,
    output_flag: false,
    ...(Number.isFinite(patienceSeconds) ? { time_limit: patienceSeconds } : {}),
  });
  if (solution.Status === 'Infeasible') return 'impossible';
  if (solution.Status === 'Time limit reached') return 'undecided';
  assert.equal(solution.Status, 'Optimal');
  const placed = model.placed((name) => (solution.Columns[name]?.Primal ?? 0) > 0.5);
  return { placed, makespanSeconds: Math.max(0, ...placed.map(({ endSeconds }) => endSeconds)) };
}

interface Choice {
  readonly job: Job;
  readonly option: JobOption;
  readonly name: string;
  /** First and last start that leave room for what must come before and after. */
  readonly first: number;
  readonly last: number;
}

type Terms = Map<string, number>;

class Model {
  readonly #problem: Problem;
  readonly #horizon: number;
  readonly #choices: readonly Choice[];
  readonly #rows: string[] = [];
  readonly isImpossible: boolean;

  constructor(problem: Problem, horizon: number) {
    this.#problem = problem;
    this.#horizon = horizon;
    const heads = headsOf(problem);
    const tails = tailsOf(problem);
    this.#choices = problem.jobs
      .flatMap((job, index) =>
        job.options.map(
          (option, number): Choice => ({
            job,
            option,
            name: `y${index}_${number}`,
            first: Math.ceil(heads.get(job.name)!),
            last: Math.floor(horizon - option.seconds - tails.get(job.name)!),
          }),
        ),
      )
      .filter(({ first, last }) => first <= last);
    this.isImpossible = problem.jobs.some((job) => !this.#choices.some((choice) => choice.job === job));
  }

  text(): string {
    this.#oneOptionEach();
    this.#steps();
    this.#needs();
    this.#resources();
    this.#stores();
    const binaries = this.#choices.flatMap((choice) =>
      Array.from(
        { length: choice.last - choice.first + 1 },
        (_, index) => `${choice.name}_${choice.first + index}`,
      ),
    );
    return `Minimize\n 0 nothing\nSubject To\n${this.#rows.join('\n')}\nBinaries\n ${binaries.join('\n ')}\nEnd\n`;
  }

  placed(isSet: (variable: string) => boolean): readonly Placed[] {
    return this.#choices.flatMap(({ job, option, name, first, last }): readonly Placed[] => {
      for (let at = first; at <= last; at++)
        if (isSet(`${name}_${at}`))
          return [{ job, option, startSeconds: at, endSeconds: at + option.seconds }];
      return [];
    });
  }

  #of(job: Job): readonly Choice[] {
    return this.#choices.filter((choice) => choice.job === job);
  }

  #oneOptionEach(): void {
    for (const job of this.#problem.jobs) {
      const terms: Terms = new Map();
      for (const choice of this.#of(job)) started(terms, choice, { at: choice.last, factor: 1 });
      this.#add(terms, '=', 1);
    }
  }

  /** Once started, started; outside its windows it may not start. */
  #steps(): void {
    for (const choice of this.#choices) {
      for (let at = choice.first; at <= choice.last; at++) {
        const terms: Terms = new Map();
        started(terms, choice, { at, factor: 1 });
        if (at > choice.first) started(terms, choice, { at: at - 1, factor: -1 });
        if (!mayStart(choice, at)) this.#add(terms, '=', 0);
        else if (at > choice.first) this.#add(terms, '>=', 0);
      }
    }
  }

  /** Whoever has started by t needs those who must have ended by t. */
  #needs(): void {
    for (const job of this.#problem.jobs) {
      for (const need of job.needs) {
        const needed = this.#problem.jobs.find(({ name }) => name === need)!;
        for (let at = 0; at <= this.#horizon; at++) {
          const terms: Terms = new Map();
          for (const choice of this.#of(job)) started(terms, choice, { at, factor: 1 });
          for (const choice of this.#of(needed))
            started(terms, choice, { at: at - choice.option.seconds, factor: -1 });
          this.#add(terms, '<=', 0);
        }
      }
    }
  }

  #resources(): void {
    for (const { name, steps } of this.#problem.resources) {
      for (let at = 0; at < this.#horizon; at++) {
        const there = steps.findLast(({ atSeconds }) => atSeconds <= at)?.amount ?? 0;
        const terms: Terms = new Map();
        for (const choice of this.#choices) {
          const amount = [...choice.job.uses, ...choice.option.uses].reduce(
            (sum, use) => (use.resource === name ? sum + use.amount : sum),
            0,
          );
          if (amount === 0) continue;
          started(terms, choice, { at, factor: amount });
          started(terms, choice, { at: at - choice.option.seconds, factor: -amount });
        }
        this.#add(terms, '<=', there);
      }
    }
  }

  #stores(): void {
    for (const { name, amount } of this.#problem.stores) {
      for (let at = 0; at < this.#horizon; at++) {
        const terms: Terms = new Map();
        for (const choice of this.#choices) {
          for (const taking of choice.option.takes)
            if (taking.store === name) started(terms, choice, { at, factor: taking.amount });
          for (const taking of choice.job.returns)
            if (taking.store === name)
              started(terms, choice, { at: at - choice.option.seconds, factor: -taking.amount });
        }
        this.#add(terms, '<=', amount);
      }
    }
  }

  #add(terms: Terms, sense: '<=' | '=' | '>=', right: number): void {
    const shown = [...terms]
      .filter(([, factor]) => Math.abs(factor) > 1e-12)
      .map(([name, factor]) => `${factor < 0 ? '-' : '+'} ${Math.abs(factor)} ${name}`);
    if (shown.length > 0) this.#rows.push(` ${shown.join(' ')} ${sense} ${right}`);
  }
}

/** Adds `factor` × "started by `at`". */
function started(
  terms: Terms,
  { name, first, last }: Choice,
  { at, factor }: { readonly at: number; readonly factor: number },
): void {
  if (at < first) return;
  const variable = `${name}_${Math.min(at, last)}`;
  terms.set(variable, (terms.get(variable) ?? 0) + factor);
}

function mayStart({ job, option }: Choice, at: number): boolean {
  return (
    job.windows.length === 0 ||
    job.windows.some(
      ({ fromSeconds, toSeconds }) => fromSeconds <= at && at + option.surelySeconds <= toSeconds,
    )
  );
}

const shortest = ({ options }: Job): number => Math.min(...options.map(({ seconds }) => seconds));

/** Before that time a job cannot start: the least time along its needs, and its first window. */
function headsOf({ jobs }: Problem): ReadonlyMap<string, number> {
  const heads = new Map<string, number>();
  const head = (job: Job): number => {
    const known = heads.get(job.name);
    if (known !== undefined) return known;
    const needed = job.needs.map((need) => jobs.find(({ name }) => name === need)!);
    const value = Math.max(
      job.windows[0]?.fromSeconds ?? 0,
      0,
      ...needed.map((each) => head(each) + shortest(each)),
    );
    heads.set(job.name, value);
    return value;
  };
  for (const job of jobs) head(job);
  return heads;
}

/** So long at least it takes from a job's end until everything that needs it is done. */
function tailsOf({ jobs }: Problem): ReadonlyMap<string, number> {
  const tails = new Map<string, number>();
  const tail = (job: Job): number => {
    const known = tails.get(job.name);
    if (known !== undefined) return known;
    const value = Math.max(
      0,
      ...jobs.filter(({ needs }) => needs.includes(job.name)).map((each) => shortest(each) + tail(each)),
    );
    tails.set(job.name, value);
    return value;
  };
  for (const job of jobs) tail(job);
  return tails;
}
