import { expect, test } from 'vitest';
import { estimateInputSchema } from '../../../planners/estimate/observation.ts';
import { scenarioAt, scenarioKinds } from '../../../src/lab/measure/scenario.ts';

const options = { seed: 3, congestionControls: ['cubic', 'bbr'], kinds: scenarioKinds };
const scenarios = Array.from({ length: 130 }, (_, index) => scenarioAt(options, index));

test('a scenario follows from the seed and its number alone, and each has a name of its own', () => {
  expect(scenarioAt(options, 77)).toEqual(scenarios[77]);
  expect(new Set(scenarios.map(({ id }) => id)).size).toBe(scenarios.length);
  expect(scenarioAt({ ...options, seed: 4 }, 77)).not.toEqual(scenarios[77]);
});

test('every kind comes in turn, fits its guest, and is an input that the predictor takes', () => {
  expect(scenarios.slice(0, scenarioKinds.length).map(({ kind }) => kind)).toEqual([...scenarioKinds]);
  for (const { id, memoryMebibytes, load, settings, link } of scenarios) {
    expect(load.usedMebibytes + load.setMebibytes).toBeLessThan(memoryMebibytes);
    const input = {
      id,
      guest: { memoryBytes: memoryMebibytes * 2 ** 20 },
      link: { bitsPerSecond: link.rateBitsPerSecond, rttSeconds: link.rttSeconds, loss: link.loss },
      settings,
    };
    expect(estimateInputSchema.safeParse(input).error).toBeUndefined();
  }
});
