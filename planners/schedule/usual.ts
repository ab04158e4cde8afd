import type { Recipe } from './build.ts';
import type { Compiled, CompiledJob, CompiledOption } from './compile.ts';
import { sortedBy } from './sequence.ts';

/**
 * What people do without a planner: by name, one or four at once, the largest first, the shortest first; each job in
 * whichever option ends first. Whoever still waits for what it needs is passed over until the others are placed, as
 * people do it: what is needed does not come earlier for it.
 */
export function* usual({ jobs }: Compiled, deadlineSeconds: number): Generator<Recipe> {
  const options = jobs.map((job) => job.options.map((_, index) => index));
  const sent = jobs.map(
    least(({ uses, seconds }) => seconds * Math.max(0, ...uses.map(({ amount }) => amount))),
  );
  const seconds = jobs.map(least((option) => option.seconds));
  const byName = sortedBy(jobs, () => 0);
  yield { order: byName, options, deadlineSeconds, atOnceMax: 1 };
  yield { order: byName, options, deadlineSeconds, atOnceMax: 4 };
  yield { order: sortedBy(jobs, (index) => -sent[index]!), options, deadlineSeconds };
  yield { order: sortedBy(jobs, (index) => seconds[index]!), options, deadlineSeconds };
}

const least =
  (of: (option: CompiledOption) => number) =>
  ({ options }: CompiledJob): number =>
    Math.min(...options.map(of));
