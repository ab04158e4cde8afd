import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sortedJson } from '../../../planners/plan/hash.ts';

const seed = Number(process.env['SEED'] ?? 1);

/** The obvious way: every object made anew with its keys in order. */
function sortedSlowly(value: unknown): string {
  return JSON.stringify(value, (_, entry: unknown) =>
    entry !== null && typeof entry === 'object' && !Array.isArray(entry)
      ? Object.fromEntries(Object.entries(entry).sort(([a], [b]) => (a < b ? -1 : 1)))
      : entry,
  );
}

/** Without names that read as numbers: no object can hold those in another order than by size. */
const name = fc.string().filter((text) => !/^\d+$/.test(text) && text !== '__proto__');
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.string({ unit: 'binary' }),
    fc.double(),
    fc.boolean(),
    fc.constantFrom(null, -0, 1e21, 'x'.repeat(100)),
    fc.array(fc.oneof(tie('value'), fc.constant(undefined))),
    fc.dictionary(name, fc.oneof(tie('value'), fc.constant(undefined))),
  ),
}));

test('the text of a plan is its JSON with every key in order, whatever is in it', () => {
  fc.assert(
    fc.property(value, (each) => {
      expect(sortedJson(each)).toBe(sortedSlowly(each));
    }),
    { seed, numRuns: 500 },
  );
});
