import { build } from '../../planners/schedule/build.ts';
import { compile } from '../../planners/schedule/compile.ts';
import type { Job, Placed, Problem } from '../../planners/schedule/problem.ts';

/** How people order moves without a planner; each move takes whichever option ends first. */
export const orders: Readonly<Record<string, (problem: Problem) => Ordered>> = {
  'one-at-a-time': (problem) => inOrder(atOnce(problem, 1), byName),
  'fixed-parallelism-4': (problem) => inOrder(atOnce(problem, 4), byName),
  'largest-first': (problem) => inOrder(problem, (a, b) => work(b) - work(a) || byName(a, b)),
  'shortest-first': (problem) => inOrder(problem, (a, b) => shortest(a) - shortest(b) || byName(a, b)),
};

export interface Ordered {
  readonly placed: readonly Placed[];
  readonly unplaced: number;
  readonly makespanSeconds: number;
}

function inOrder(problem: Problem, before: (a: Job, b: Job) => number): Ordered {
  const compiled = compile(problem);
  const order = problem.jobs.map((_, index) => index);
  order.sort((a, b) => before(problem.jobs[a]!, problem.jobs[b]!));
  const { starts, ends, options, unplaced, makespanSeconds } = build(compiled, {
    order,
    options: problem.jobs.map((job) => job.options.map((_, index) => index)),
    deadlineSeconds: Number.POSITIVE_INFINITY,
  });
  const placed = problem.jobs.flatMap((job, index): readonly Placed[] =>
    options[index]! < 0
      ? []
      : [
          {
            job,
            option: job.options[options[index]!]!,
            startSeconds: starts[index]!,
            endSeconds: ends[index]!,
          },
        ],
  );
  return { placed, unplaced, makespanSeconds };
}

function atOnce(problem: Problem, amount: number): Problem {
  return {
    ...problem,
    jobs: problem.jobs.map((job) => ({ ...job, uses: [...job.uses, { resource: 'at once', amount: 1 }] })),
    resources: [...problem.resources, { name: 'at once', steps: [{ atSeconds: 0, amount }] }],
  };
}

const byName = (a: Job, b: Job): number => (a.name < b.name ? -1 : 1);
const shortest = ({ options }: Job): number => Math.min(...options.map(({ seconds }) => seconds));
/** Its thriftiest use of what it sends over, rate × seconds. */
const work = ({ options }: Job): number =>
  Math.min(...options.map(({ seconds, uses }) => seconds * Math.max(0, ...uses.map(({ amount }) => amount))));
