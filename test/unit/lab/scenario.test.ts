import { expect, test } from 'vitest';
import { estimateInputSchema } from '../../../planners/estimate/observation.ts';
import { scenarioKinds, type Stand, standAt } from '../../../src/lab/measure/scenario.ts';

const options = { seed: 3, congestionControls: ['cubic', 'bbr'], kinds: scenarioKinds };
const stands = Array.from({ length: 32 }, (_, number) => standAt(options, number)).filter(
  (stand): stand is Stand => stand !== null,
);
const scenarios = stands.flatMap((stand) => stand.scenarios);

test('a stand follows from the seed and its number alone, and each of its moves has a name of its own', () => {
  expect(standAt(options, 17)).toEqual(stands[17]);
  expect(stands).toHaveLength(32);
  expect(new Set(scenarios.map(({ id }) => id)).size).toBe(scenarios.length);
  expect(standAt({ ...options, seed: 4 }, 17)).not.toEqual(stands[17]);
});

test('no name ends as that of a repeat does', () => {
  for (const { id } of scenarios) expect(id).not.toMatch(/-[1-9]$/);
});

test('every kind comes in turn, fits its guest, and is an input that the predictor takes', () => {
  expect(new Set(scenarios.map(({ kind }) => kind))).toEqual(new Set(scenarioKinds));
  for (const { memoryMebibytes, load, scenarios: moves } of stands) {
    expect(load.usedMebibytes + load.setMebibytes).toBeLessThan(memoryMebibytes);
    for (const { id, settings, link } of moves) {
      const input = {
        id,
        guest: { memoryBytes: memoryMebibytes * 2 ** 20 },
        link: { bitsPerSecond: link.rateBitsPerSecond, rttSeconds: link.rttSeconds, loss: link.loss },
        settings,
      };
      expect(estimateInputSchema.safeParse(input).error).toBeUndefined();
    }
  }
});

test('only wanted kinds are drawn; a stand whose load goes with none is left out', () => {
  const wanted = { ...options, kinds: ['bursts', 'sharing'] as const };
  const some = Array.from({ length: 8 }, (_, number) => standAt(wanted, number));
  expect(some.filter((stand) => stand !== null).map((stand) => stand.scenarios[0]?.kind)).toEqual([
    'bursts',
    'sharing',
  ]);
});

test('moves that end in post-copy come last on their stand, and those that share the link have company', () => {
  for (const { scenarios: moves, guests } of stands) {
    const last = moves.map(({ settings }) => settings.postcopyAfterPasses !== null);
    expect(last).toEqual(last.toSorted());
    expect(guests > 1).toBe(moves[0]?.kind === 'sharing');
  }
});
