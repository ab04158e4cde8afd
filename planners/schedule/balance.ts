import type { Amount, Compiled, CompiledJob } from './compile.ts';

/**
 * One option for each job so that nothing is loaded more than the rest. One after the other, the longest first, each
 * takes the option that raises Σ exp(sharpness × (load ÷ highest load − 1)) least, given what all others took (Aspnes,
 * Azar, Fiat, Plotkin and Waarts 1997, on-line load balancing); and again, as the sum comes to mean the highest load.
 */
export function balanced(compiled: Compiled, lowerBoundSeconds: number): Int32Array {
  const parts = partsOf(compiled);
  const chosen = new Int32Array(compiled.jobs.length).fill(-1);
  const loads = new Float64Array(compiled.resources.length);
  const least = compiled.jobs.map(({ options }) => Math.min(...options.map(({ seconds }) => seconds)));
  const order = compiled.jobs.toSorted((a, b) => least[b.index]! - least[a.index]!);
  let highest = Math.max(lowerBoundSeconds, 1e-9);
  for (const sharpness of sharpnesses) {
    const potential = new Potential(loads, sharpness, highest);
    for (const job of order) rechoose(job, { parts, chosen, potential });
    highest = loads.reduce((most, load) => Math.max(most, load), 1e-9);
  }
  return chosen;
}

const sharpnesses = [4, 8, 16, 32, 64, 64, 128, 128, 256, 256] as const;

/** What each way and each job's common uses load everything with in a second, as part of what there is. */
interface Parts {
  readonly ways: readonly (readonly Amount[])[];
  readonly common: readonly (readonly Amount[])[];
}

function partsOf({ ways, jobs, problem: { resources } }: Compiled): Parts {
  const most = resources.map(({ steps }) => Math.max(...steps.map(({ amount }) => amount), 1e-9));
  return {
    ways: ways.map((way) =>
      way.map(({ index, amount }) => ({ index, amount: packedPart(amount / most[index]!) })),
    ),
    common: jobs.map(({ uses }) =>
      uses.map(({ index, amount }) => ({ index, amount: amount / most[index]! })),
    ),
  };
}

/**
 * What a part of a link comes to: beside others of its size it takes a whole number of them to fill the link, beside
 * smaller ones it wastes nothing. Half of either.
 */
function packedPart(part: number): number {
  return part > 1 ? part : (part + 1 / Math.floor(1 / part + 1e-9)) / 2;
}

function rechoose(
  { index, options }: CompiledJob,
  {
    parts,
    chosen,
    potential,
  }: { readonly parts: Parts; readonly chosen: Int32Array; readonly potential: Potential },
): void {
  const common = parts.common[index]!;
  const put = (option: number, sign: 1 | -1): void => {
    const { seconds, way } = options[option]!;
    potential.add(common, sign * seconds);
    potential.add(parts.ways[way]!, sign * seconds);
  };
  if (chosen[index]! >= 0) put(chosen[index]!, -1);
  let best = 0;
  let least = Number.POSITIVE_INFINITY;
  for (let option = 0; option < options.length; option++) {
    const { seconds, way } = options[option]!;
    const rise = potential.rise(parts.ways[way]!, seconds) + potential.rise(common, seconds);
    if (rise >= least) continue;
    least = rise;
    best = option;
  }
  chosen[index] = best;
  put(best, 1);
}

/** Σ exp(sharpness × (load ÷ highest − 1)) over everything. */
class Potential {
  readonly #loads: Float64Array;
  readonly #factor: number;
  readonly #highest: number;
  readonly #terms: Float64Array;

  constructor(loads: Float64Array, sharpness: number, highest: number) {
    this.#loads = loads;
    this.#factor = sharpness / highest;
    this.#highest = highest;
    this.#terms = loads.map((load) => this.#term(load));
  }

  add(parts: readonly Amount[], seconds: number): void {
    for (const { index, amount } of parts) {
      this.#loads[index]! += amount * seconds;
      this.#terms[index] = this.#term(this.#loads[index]!);
    }
  }

  rise(parts: readonly Amount[], seconds: number): number {
    let sum = 0;
    for (const { index, amount } of parts)
      sum += this.#term(this.#loads[index]! + amount * seconds) - this.#terms[index]!;
    return sum;
  }

  /** Bounded, so that what is far too much stays a number. */
  #term(load: number): number {
    return Math.exp(Math.min(exponentMax, this.#factor * (load - this.#highest)));
  }
}

const exponentMax = 500;
