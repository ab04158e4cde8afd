import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Profile } from '../../../../planners/schedule/profile.ts';

const seed = Number(process.env['SEED'] ?? 1);
const steps = [
  { atSeconds: 0, amount: 5 },
  { atSeconds: 12, amount: 6 },
];
const lastSecond = 60;

/** What is free in each second, written down one by one; from the last on it stays. */
class Slow {
  readonly #free = Array.from({ length: lastSecond + 1 }, (_, second) => (second < 12 ? 5 : 6));

  take(from: number, to: number, amount: number): void {
    for (let second = from; second < to; second++) this.#free[second]! -= amount;
  }

  earliest(from: number, seconds: number, amount: number): number {
    for (let start = from; start <= lastSecond; start++)
      if (this.#free.slice(start, start + seconds).every((free) => free >= amount)) return start;
    return Number.POSITIVE_INFINITY;
  }
}

const acts = fc.record({
  from: fc.nat({ max: 5 }),
  seconds: fc.integer({ min: 1, max: 6 }),
  amount: fc.integer({ min: 2, max: 5 }),
  /** Which of those that stand is given back instead; beyond them: none is. */
  givenBack: fc.nat({ max: 12 }),
});

test('it says what a list of seconds says, whatever is taken, given back and asked in between', () => {
  fc.assert(
    fc.property(fc.array(acts, { minLength: 10, maxLength: 60 }), (all) => {
      const profile = new Profile(steps, { least: 2 });
      const slow = new Slow();
      const standing: { readonly from: number; readonly to: number; readonly amount: number }[] = [];
      for (const { from, seconds, amount, givenBack } of all) {
        const [back] = standing.splice(givenBack, 1);
        if (back !== undefined) {
          profile.take(back.from, back.to, -back.amount);
          slow.take(back.from, back.to, -back.amount);
        }
        const start = profile.earliest(from, seconds, amount);
        expect(start).toBe(slow.earliest(from, seconds, amount));
        if (back !== undefined || start + seconds >= lastSecond) continue;
        profile.take(start, start + seconds, amount);
        slow.take(start, start + seconds, amount);
        standing.push({ from: start, to: start + seconds, amount });
      }
      expect(profile.earliest(0, 2, 2)).toBe(slow.earliest(0, 2, 2));
    }),
    { seed, numRuns: 3000 },
  );
});
