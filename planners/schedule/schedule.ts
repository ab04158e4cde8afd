import type { Job, JobOption, LinkCapacity, Placed, Problem } from './problem.ts';

/**
 * Each job at the earliest instant at which every link, host and quorum has room, needs first, then by priority, then
 * the longest first.
 */
export function schedule(problem: Problem): readonly Placed[] {
  const placed: Placed[] = [];
  for (const job of inOrder(problem.jobs)) {
    const option = job.options[0]!;
    const startSeconds = earliest(problem, { job, option, placed });
    placed.push({
      job,
      option,
      startSeconds,
      endSeconds: startSeconds + option.seconds,
      after: predecessors(problem, { job, startSeconds, placed }),
    });
  }
  return placed;
}

function inOrder(jobs: readonly Job[]): readonly Job[] {
  const byName = new Map(jobs.map((job) => [job.name, job]));
  const ordered: Job[] = [];
  const seen = new Set<string>();
  const visit = (job: Job): void => {
    if (seen.has(job.name)) return;
    seen.add(job.name);
    for (const need of job.needs) {
      const needed = byName.get(need);
      if (needed !== undefined) visit(needed);
    }
    ordered.push(job);
  };
  const length = (job: Job): number => job.options[0]?.seconds ?? 0;
  const wanted = jobs.toSorted(
    (a, b) => b.priority - a.priority || length(b) - length(a) || (a.name < b.name ? -1 : 1),
  );
  for (const job of wanted) visit(job);
  return ordered;
}

interface Trial {
  readonly job: Job;
  readonly option: JobOption;
  readonly placed: readonly Placed[];
}

/** Starts worth trying are those at which something frees: the ends of what is placed, and steps of the links. */
function earliest(problem: Problem, trial: Trial): number {
  const { job, placed } = trial;
  const needed = placed.filter((other) => job.needs.includes(other.job.name));
  const least = Math.max(job.notBeforeSeconds, ...needed.map(({ endSeconds }) => endSeconds));
  const instants = [
    least,
    ...placed.map(({ endSeconds }) => endSeconds),
    ...problem.links.flatMap(({ steps }) => steps.map(({ atSeconds }) => atSeconds)),
  ]
    .filter((at) => at >= least)
    .sort((a, b) => a - b);
  return instants.find((at) => fits(problem, trial, at)) ?? instants.at(-1)!;
}

function fits(problem: Problem, { job, option, placed }: Trial, start: number): boolean {
  const end = start + option.seconds;
  const beside = placed.filter((other) => other.startSeconds < end && other.endSeconds > start);
  const moments = [start, ...beside.map(({ startSeconds }) => startSeconds)].filter((at) => at >= start);
  return moments.every((at) => {
    const running = beside.filter((other) => other.startSeconds <= at && other.endSeconds > at);
    return (
      running.length < problem.movesMax &&
      option.reservations.every(
        ({ link, bytesPerSecond }) =>
          bytesPerSecond + reserved(running, link) <=
          capacityOf(problem.links, { link, from: start, to: end }) * (1 + 1e-9),
      ) &&
      job.hosts.every((host) => {
        const limit = problem.hosts.find(({ name }) => name === host)?.movesMax ?? Infinity;
        return running.filter((other) => other.job.hosts.includes(host)).length < limit;
      }) &&
      problem.quorums.every(
        ({ jobs, disturbedMax }) =>
          !jobs.includes(job.name) ||
          running.filter((other) => jobs.includes(other.job.name)).length < disturbedMax,
      )
    );
  });
}

function reserved(running: readonly Placed[], link: string): number {
  return running.reduce(
    (sum, { option }) =>
      sum + (option.reservations.find((entry) => entry.link === link)?.bytesPerSecond ?? 0),
    0,
  );
}

/** The least that the link has in the interval. */
function capacityOf(
  links: readonly LinkCapacity[],
  { link, from, to }: { readonly link: string; readonly from: number; readonly to: number },
): number {
  const steps = links.find(({ name }) => name === link)?.steps ?? [];
  return Math.min(
    ...steps
      .filter(({ atSeconds }, index) => atSeconds < to && (steps[index + 1]?.atSeconds ?? Infinity) > from)
      .map(({ bytesPerSecond }) => bytesPerSecond),
  );
}

/** Whoever ends before it starts and shares something with it. */
function predecessors(
  problem: Problem,
  { job, startSeconds, placed }: Pick<Trial, 'job' | 'placed'> & { readonly startSeconds: number },
): readonly string[] {
  const links = new Set(job.options[0]!.reservations.map(({ link }) => link));
  return placed
    .filter(
      (other) =>
        other.endSeconds <= startSeconds &&
        (job.needs.includes(other.job.name) ||
          (other.endSeconds > startSeconds - 1e-6 &&
            (other.option.reservations.some(({ link }) => links.has(link)) ||
              other.job.hosts.some((host) => job.hosts.includes(host)) ||
              problem.quorums.some(({ jobs }) => jobs.includes(job.name) && jobs.includes(other.job.name))))),
    )
    .map((other) => other.job.name)
    .sort();
}
