import type { CompiledJob, CompiledOption } from './compile.ts';

/** The orders that people use, by the options chosen or, where none are, by the least of each job. */
export function ordersOf(jobs: readonly CompiledJob[], chosen?: Int32Array): readonly (readonly number[])[] {
  const among = ({ index, options }: CompiledJob): readonly CompiledOption[] =>
    chosen === undefined ? options : [options[chosen[index]!]!];
  const seconds = jobs.map((job) => Math.min(...among(job).map((option) => option.seconds)));
  const areas = jobs.map((job) =>
    chosen === undefined ? job.leastArea : job.options[chosen[job.index]!]!.area,
  );
  const resourceCounts = jobs.map((job) => Math.min(...among(job).map(({ uses }) => uses.length)));
  const widest = Math.max(1, ...areas);
  const tails = tailSeconds(jobs, seconds);
  const windowEnd = jobs.map(({ windows }) => windows.at(-1)?.toSeconds ?? Number.POSITIVE_INFINITY);
  const by = (key: (index: number) => number): readonly number[] => listOf(jobs, key);
  return [
    // What needs several links at once first: later, they are seldom free together.
    ...(new Set(resourceCounts).size > 1
      ? [by((index) => -areas[index]! - widest * resourceCounts[index]!)]
      : []),
    by((index) => -tails[index]!),
    by((index) => -areas[index]!),
    by((index) => seconds[index]!),
    ...(windowEnd.some(Number.isFinite) ? [by((index) => windowEnd[index]! - seconds[index]!)] : []),
  ];
}

/** By priority, then by these starts. */
export function byStart(jobs: readonly CompiledJob[], starts: Float64Array): readonly number[] {
  return listOf(jobs, (index) => starts[index]!);
}

/** Time from a job's start to the end of the last one that waits for it, at the least. */
function tailSeconds(jobs: readonly CompiledJob[], seconds: readonly number[]): readonly number[] {
  const dependants = dependantsOf(jobs);
  const tails = new Array<number>(jobs.length).fill(-1);
  const tail = (index: number): number => {
    if (tails[index]! >= 0) return tails[index]!;
    tails[index] = 0;
    tails[index] = seconds[index]! + Math.max(0, ...dependants[index]!.map(tail));
    return tails[index];
  };
  return jobs.map(({ index }) => tail(index));
}

/** By job, who waits for it. */
export function dependantsOf(jobs: readonly CompiledJob[]): readonly (readonly number[])[] {
  const dependants = jobs.map((): number[] => []);
  for (const { index, needs } of jobs) for (const need of needs) dependants[need]!.push(index);
  return dependants;
}

/** By priority, then by the key, then by name; what is needed comes before what needs it. */
function listOf(jobs: readonly CompiledJob[], key: (index: number) => number): readonly number[] {
  return withNeedsFirst(jobs, sortedBy(jobs, key));
}

/** The same, whatever is needed. */
export function sortedBy(jobs: readonly CompiledJob[], key: (index: number) => number): readonly number[] {
  const keys = Float64Array.from(jobs, ({ index }) => key(index));
  return jobs
    .toSorted(
      (a, b) =>
        b.job.priority - a.job.priority ||
        (keys[a.index]! === keys[b.index]! ? a.rank - b.rank : keys[a.index]! - keys[b.index]!),
    )
    .map(({ index }) => index);
}

export function withNeedsFirst(jobs: readonly CompiledJob[], sorted: readonly number[]): readonly number[] {
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
