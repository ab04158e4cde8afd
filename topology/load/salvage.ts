import type { z } from 'zod';
import { innerValue } from '../schema/describe.ts';
import type { Path } from './problems.ts';

/**
 * What can still be read of a file whose schema found faults: the faulty parts are taken out, smallest first, until
 * the rest is right. So one wrong unit does not hide that another workload names a host that does not exist.
 */
export interface Salvaged<Raw> {
  /** Null where nothing usable was left. */
  readonly raw: Raw | null;
  /** Names that stood in what was taken out: they exist, though nothing is known of them. */
  readonly lostNames: ReadonlySet<string>;
  /** From a path in `raw` to the one in the file; they differ where a list lost entries. */
  readonly filePath: (path: Path) => Path;
}

/** An entry sits at most so deep in lists, and each round takes out at least one level. */
const roundsMax = 12;

export function salvage<Raw>(schema: z.ZodType<Raw>, value: unknown): Salvaged<Raw> {
  const rest = new Remainder(structuredClone(value));
  for (let round = 0; round < roundsMax; round++) {
    const result = schema.safeParse(rest.value);
    if (result.success)
      return { raw: result.data, lostNames: rest.lostNames, filePath: (path) => rest.filePath(path) };
    const isUsable = rest.takeOut(result.error.issues.flatMap(faultyParts));
    if (!isUsable) break;
  }
  return { raw: null, lostNames: rest.lostNames, filePath: (path) => path };
}

function faultyParts(issue: z.core.$ZodIssue): readonly Path[] {
  const path = issue.path as Path;
  return issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...path, key]) : [path];
}

/** A value that shrinks, and remembers where its list entries stood. */
class Remainder {
  readonly value: unknown;
  readonly lostNames = new Set<string>();
  readonly #indexes = new Map<string, number[]>();

  constructor(value: unknown) {
    this.value = value;
  }

  /** False where the whole would have to go. */
  takeOut(paths: readonly Path[]): boolean {
    const parts = new Map(
      paths.map((path) => this.#smallestPart(path)).map((path) => [path.join('\0'), path]),
    );
    if (parts.has('')) return false;
    for (const path of [...parts.values()].sort(laterFirst)) this.#remove(path);
    return true;
  }

  filePath(path: Path): Path {
    const result: (string | number)[] = [];
    for (const step of path) {
      const kept = typeof step === 'number' ? this.#indexes.get(result.join('\0')) : undefined;
      result.push(kept?.[Number(step)] ?? step);
    }
    return result;
  }

  /** What is not there cannot be taken out, and a list with one word less would mean something else: the holder goes. */
  #smallestPart(path: Path): Path {
    if (path.length === 0) return path;
    const holder = path.slice(0, -1);
    const isThere = this.#at(path) !== undefined;
    const isWord = Array.isArray(this.#at(holder)) && !isMapping(this.#at(path));
    return isThere && !isWord ? path : this.#smallestPart(holder);
  }

  #remove(path: Path): void {
    const holder = this.#at(path.slice(0, -1));
    const step = path.at(-1);
    collectNames(this.#at(path), this.lostNames);
    if (Array.isArray(holder)) {
      const key = this.filePath(path.slice(0, -1)).join('\0');
      const kept = this.#indexes.get(key) ?? holder.map((_, index) => index);
      kept.splice(Number(step), 1);
      holder.splice(Number(step), 1);
      this.#indexes.set(key, kept);
    } else if (isMapping(holder)) Reflect.deleteProperty(holder, String(step));
  }

  #at(path: Path): unknown {
    return path.reduce<unknown>((inner, step) => innerValue(inner, step), this.value);
  }
}

/** Later entries first, and what is inside before what holds it, so that no removal shifts another. */
function laterFirst(a: Path, b: Path): number {
  for (let index = 0; index < Math.min(a.length, b.length); index++) {
    const [left, right] = [a[index], b[index]];
    if (left === right) continue;
    return typeof left === 'number' && typeof right === 'number'
      ? right - left
      : String(left) < String(right)
        ? -1
        : 1;
  }
  return b.length - a.length;
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

function collectNames(value: unknown, names: Set<string>): void {
  if (Array.isArray(value)) for (const item of value) collectNames(item, names);
  else if (isMapping(value)) {
    if (typeof value['name'] === 'string') names.add(value['name']);
    for (const inner of Object.values(value)) collectNames(inner, names);
  }
}
