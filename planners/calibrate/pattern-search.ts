/**
 * Pattern search (Hooke and Jeeves, J. ACM 8, 1961): tries one coordinate after the other, keeps what is better,
 * lengthens steps that succeed and halves those that do not. Needs no derivative: verdicts and numbers of passes jump.
 */
export interface Search {
  readonly start: readonly number[];
  /** First step of each coordinate. */
  readonly steps: readonly number[];
  readonly sweepsMax: number;
  /** Ends when every step is a smaller part than this of its first. */
  readonly stepShareMin: number;
}

export function patternSearch(cost: (point: readonly number[]) => number, search: Search): number[] {
  const point = [...search.start];
  const steps = [...search.steps];
  let best = cost(point);
  for (let sweep = 0; sweep < search.sweepsMax; sweep += 1) {
    for (let index = 0; index < point.length; index += 1) {
      const found = tryStep(cost, point, { index, step: steps[index]!, best });
      steps[index] = steps[index]! * (found.cost < best ? 1.5 : 0.5);
      if (found.step < 0 && found.cost < best) steps[index] = -steps[index]!;
      best = found.cost;
    }
    if (steps.every((step, index) => Math.abs(step) < search.steps[index]! * search.stepShareMin)) break;
  }
  return point;
}

/** One step forward, or else backward; leaves the point where the cost is least. */
function tryStep(
  cost: (point: readonly number[]) => number,
  point: number[],
  { index, step, best }: { index: number; step: number; best: number },
): { cost: number; step: number } {
  const before = point[index]!;
  for (const sign of [1, -1]) {
    point[index] = before + sign * step;
    const tried = cost(point);
    if (tried < best) return { cost: tried, step: sign };
  }
  point[index] = before;
  return { cost: best, step: 1 };
}
