import { createHash } from 'node:crypto';
import type { Plan } from './plan.ts';

/** JSON with keys sorted at every depth, no white space: one text for one value. */
export function sortedJson(value: unknown): string {
  const parts: string[] = [];
  const writer = new Writer((part) => parts.push(part));
  writer.write(value);
  writer.end();
  return parts.join('');
}

/** SHA-256, in hex, of the key-sorted JSON of a plan without its `hash`. */
export function planHash(plan: Omit<Plan, 'hash'> & { readonly hash?: string }): string {
  const { hash: _, ...rest } = plan;
  const hash = createHash('sha256');
  const writer = new Writer((part) => hash.update(part));
  writer.write(rest);
  writer.end();
  return hash.digest('hex');
}

/** Characters handed on at once: a plan of ten thousand moves is never one string. */
const chunkLength = 2 ** 16;

/**
 * As JSON.stringify would, but for the order of keys; undefined members are left out. A plan has a million objects of a
 * few dozen shapes and the same few thousand texts, so the order of a shape and the JSON of a short text are kept, and
 * the JSON of estimates, which all workloads of a class share.
 */
class Writer {
  readonly #emit: (part: string) => void;
  #text = '';
  readonly #shapes: Shape = { next: new Map(), keys: null };
  readonly #quoted = new Map<string, string>();
  readonly #estimates = new Map<unknown, string>();

  constructor(emit: (part: string) => void) {
    this.#emit = emit;
  }

  write(value: unknown): void {
    if (typeof value === 'string') this.#text += this.#quote(value);
    else if (typeof value === 'number') this.#text += Number.isFinite(value) ? String(value) : 'null';
    else if (value === null || typeof value !== 'object')
      this.#text += value === undefined ? 'null' : JSON.stringify(value);
    else if (Array.isArray(value)) this.#array(value);
    else this.#object(value as Readonly<Record<string, unknown>>);
    if (this.#text.length > chunkLength) this.end();
  }

  /** Hands on what has not been. */
  end(): void {
    this.#emit(this.#text);
    this.#text = '';
  }

  #array(values: readonly unknown[]): void {
    this.#text += '[';
    for (let index = 0; index < values.length; index++) {
      if (index > 0) this.#text += ',';
      this.write(values[index]);
    }
    this.#text += ']';
  }

  #object(value: Readonly<Record<string, unknown>>): void {
    let shape = this.#shapes;
    for (const key in value) shape = followed(shape, key);
    shape.keys ??= Object.keys(value)
      .sort()
      .map((key) => ({ key, lead: `${JSON.stringify(key)}:` }));
    this.#text += '{';
    let first = true;
    for (const { key, lead } of shape.keys) {
      const entry = value[key];
      if (entry === undefined) continue;
      this.#text += first ? lead : `,${lead}`;
      first = false;
      if (key === 'estimate') this.#shared(entry);
      else this.write(entry);
    }
    this.#text += '}';
  }

  #shared(value: unknown): void {
    const known = this.#estimates.get(value);
    if (known !== undefined) {
      this.#text += known;
      return;
    }
    this.end();
    this.write(value);
    this.#estimates.set(value, this.#text);
  }

  #quote(text: string): string {
    if (text.length > quotedLength) return JSON.stringify(text);
    const known = this.#quoted.get(text);
    if (known !== undefined) return known;
    const quoted = JSON.stringify(text);
    if (this.#quoted.size < quotedMax) this.#quoted.set(text, quoted);
    return quoted;
  }
}

/** Texts that are kept: no longer than a name, and so many. */
const quotedLength = 64;
const quotedMax = 50_000;

/** Keys in the order in which objects have them, as a tree; at the end of each path, the same keys sorted. */
interface Shape {
  readonly next: Map<string, Shape>;
  keys: readonly { readonly key: string; readonly lead: string }[] | null;
}

function followed({ next }: Shape, key: string): Shape {
  const known = next.get(key);
  if (known !== undefined) return known;
  const shape: Shape = { next: new Map(), keys: null };
  next.set(key, shape);
  return shape;
}
