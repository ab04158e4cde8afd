import { createHash } from 'node:crypto';
import type { Plan } from './plan.ts';

/** JSON with keys sorted at every depth, no white space: one text for one value. */
export function sortedJson(value: unknown): string {
  const parts: string[] = [];
  write(value, (part) => parts.push(part));
  return parts.join('');
}

/** SHA-256, in hex, of the key-sorted JSON of a plan without its `hash`. */
export function planHash(plan: Omit<Plan, 'hash'> & { readonly hash?: string }): string {
  const { hash: _, ...rest } = plan;
  const hash = createHash('sha256');
  let buffer: string[] = [];
  let length = 0;
  write(rest, (part) => {
    buffer.push(part);
    length += part.length;
    if (length < chunkLength) return;
    hash.update(buffer.join(''));
    buffer = [];
    length = 0;
  });
  return hash.update(buffer.join('')).digest('hex');
}

/** Characters handed on at once: a plan of ten thousand moves is never one string. */
const chunkLength = 2 ** 20;

/** As JSON.stringify would, but for the order of keys; undefined members are left out. */
function write(value: unknown, emit: (part: string) => void): void {
  if (value === null || typeof value !== 'object') {
    emit(value === undefined ? 'null' : JSON.stringify(value));
    return;
  }
  if (Array.isArray(value)) {
    emit('[');
    value.forEach((entry: unknown, index) => {
      if (index > 0) emit(',');
      write(entry, emit);
    });
    emit(']');
    return;
  }
  emit('{');
  let first = true;
  for (const key of Object.keys(value).sort()) {
    const entry = (value as Readonly<Record<string, unknown>>)[key];
    if (entry === undefined) continue;
    emit(`${first ? '' : ','}${JSON.stringify(key)}:`);
    first = false;
    write(entry, emit);
  }
  emit('}');
}
