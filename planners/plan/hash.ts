import { createHash } from 'node:crypto';
import type { Plan } from './plan.ts';

/** JSON with keys sorted at every depth, no white space: one text for one value. */
export function sortedJson(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    inner !== null && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

/** SHA-256, in hex, of the key-sorted JSON of a plan without its `hash`. */
export function planHash(plan: Omit<Plan, 'hash'> & { readonly hash?: string }): string {
  const { hash: _, ...rest } = plan;
  return createHash('sha256').update(sortedJson(rest)).digest('hex');
}
