import type { Placed, Problem, Taking, Use } from '../../planners/schedule/problem.ts';

/**
 * Holds a schedule against its problem, from the definitions alone: nothing of the planner's own bookkeeping is used.
 * Answers every violation in words; none: the schedule is right.
 */
export function violations(problem: Problem, placed: readonly Placed[]): readonly string[] {
  return [
    ...wrongJobs(problem, placed),
    ...wrongWindows(placed),
    ...wrongNeeds(placed),
    ...overused(problem, placed),
    ...overdrawn(problem, placed),
  ];
}

const tolerance = 1e-6;

function wrongJobs({ jobs }: Problem, placed: readonly Placed[]): readonly string[] {
  const found: string[] = [];
  const seen = new Set<string>();
  for (const { job, option, startSeconds, endSeconds } of placed) {
    if (!jobs.includes(job)) found.push(`${job.name} is no job of the problem`);
    if (!job.options.includes(option)) found.push(`${job.name} has no option ${option.id}`);
    if (seen.has(job.name)) found.push(`${job.name} runs twice`);
    seen.add(job.name);
    if (startSeconds < 0) found.push(`${job.name} starts before the run`);
    if (Math.abs(endSeconds - startSeconds - option.seconds) > tolerance)
      found.push(`${job.name} does not run for its option's time`);
  }
  return found;
}

function wrongWindows(placed: readonly Placed[]): readonly string[] {
  return placed
    .filter(
      ({ job, option, startSeconds }) =>
        job.windows.length > 0 &&
        !job.windows.some(
          ({ fromSeconds, toSeconds }) =>
            fromSeconds <= startSeconds + tolerance &&
            startSeconds + option.surelySeconds <= toSeconds + tolerance,
        ),
    )
    .map(({ job }) => `${job.name} is outside its windows`);
}

function wrongNeeds(placed: readonly Placed[]): readonly string[] {
  const byName = new Map(placed.map((entry) => [entry.job.name, entry]));
  return placed.flatMap(({ job, startSeconds }) =>
    job.needs.flatMap((need) => {
      const needed = byName.get(need);
      if (needed === undefined) return [`${job.name} runs and ${need}, which it needs, does not`];
      return needed.endSeconds > startSeconds + tolerance
        ? [`${job.name} starts before ${need} has ended`]
        : [];
    }),
  );
}

/** What is used can only rise when a job starts, and what there is only falls at a step: looked at there. */
function overused({ resources }: Problem, placed: readonly Placed[]): readonly string[] {
  return resources.flatMap(({ name, steps }) => {
    const users = placed.flatMap((entry) => {
      const amount = amountOf([...entry.job.uses, ...entry.option.uses], name);
      return amount > 0 ? [{ ...entry, amount }] : [];
    });
    const instants = [
      ...users.map(({ startSeconds }) => startSeconds),
      ...steps.map(({ atSeconds }) => atSeconds),
    ];
    return instants.flatMap((at) => {
      const used = users
        .filter(
          ({ startSeconds, endSeconds }) => startSeconds <= at + tolerance && endSeconds > at + tolerance,
        )
        .reduce((sum, { amount }) => sum + amount, 0);
      const there = steps.findLast(({ atSeconds }) => atSeconds <= at + tolerance)?.amount ?? 0;
      return used > there * (1 + tolerance) + tolerance ? [`${name}: ${used} used of ${there} at ${at}`] : [];
    });
  });
}

function overdrawn({ stores }: Problem, placed: readonly Placed[]): readonly string[] {
  return stores.flatMap(({ name, amount }) =>
    placed.flatMap(({ startSeconds: at }) => {
      let left = amount;
      for (const { job, option, startSeconds, endSeconds } of placed) {
        if (startSeconds <= at + tolerance) left -= takenOf(option.takes, name);
        if (endSeconds <= at + tolerance) left += takenOf(job.returns, name);
      }
      return left < -tolerance * Math.max(1, amount) ? [`${name}: ${-left} too little at ${at}`] : [];
    }),
  );
}

const amountOf = (uses: readonly Use[], name: string): number =>
  uses.reduce((sum, { resource, amount }) => (resource === name ? sum + amount : sum), 0);
const takenOf = (takings: readonly Taking[], name: string): number =>
  takings.reduce((sum, { store, amount }) => (store === name ? sum + amount : sum), 0);
