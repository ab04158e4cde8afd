import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Profile } from '../../../../planners/schedule/profile.ts';

const seed = Number(process.env['SEED'] ?? 1);
const spans = fc
  .record({
    from: fc.nat({ max: 20 }),
    seconds: fc.integer({ min: 1, max: 10 }),
    amount: fc.integer({ min: 1, max: 3 }),
    isGivenBack: fc.boolean(),
  })
  .map(({ seconds, ...span }) => ({ ...span, to: span.from + seconds }));
const steps = [
  { atSeconds: 0, amount: 5 },
  { atSeconds: 12, amount: 8 },
];

test('what is taken and given back leaves no trace', () => {
  fc.assert(
    fc.property(fc.array(spans, { maxLength: 30 }), (all) => {
      const profile = new Profile(steps, { least: 1 });
      const kept = new Profile(steps, { least: 1 });
      for (const { from, to, amount } of all) profile.take(from, to, amount);
      for (const { from, to, amount, isGivenBack } of all.toReversed()) {
        if (isGivenBack) profile.take(from, to, -amount);
        else kept.take(from, to, amount);
      }
      for (let from = 0; from < 35; from++)
        for (const seconds of [1, 5, 12])
          for (const amount of [1, 4, 8])
            expect(profile.earliest(from, seconds, amount)).toBe(kept.earliest(from, seconds, amount));
    }),
    { seed },
  );
});
