/** What there is over time: from `atSeconds` on so much. */
export type Steps = readonly { readonly atSeconds: number; readonly amount: number }[];

/** When that much (amount × seconds) can have been done with all of these together; Infinity: never. */
export function timeForWork(work: number, capacities: readonly Steps[]): number {
  return work === 0 ? 0 : timeFor(work, sumOf(capacities));
}

function sumOf(all: readonly Steps[]): Steps {
  const varying = all.filter((steps) => steps.length > 1);
  const constant = all.reduce((sum, steps) => (steps.length === 1 ? sum + steps[0]!.amount : sum), 0);
  const times = [0, ...varying.flatMap((steps) => steps.map(({ atSeconds }) => atSeconds))];
  return [...new Set(times)]
    .sort((a, b) => a - b)
    .map((atSeconds) => ({
      atSeconds,
      amount: varying.reduce(
        (sum, steps) => sum + (steps.findLast((step) => step.atSeconds <= atSeconds)?.amount ?? 0),
        constant,
      ),
    }));
}

function timeFor(work: number, steps: Steps): number {
  let left = work;
  for (let index = 0; index < steps.length; index++) {
    const { atSeconds, amount } = steps[index]!;
    const end = steps[index + 1]?.atSeconds ?? Number.POSITIVE_INFINITY;
    const done = amount * (end - atSeconds);
    if (done >= left || end === Number.POSITIVE_INFINITY)
      return amount === 0 ? Number.POSITIVE_INFINITY : atSeconds + left / amount;
    left -= done;
  }
  return Number.POSITIVE_INFINITY;
}
