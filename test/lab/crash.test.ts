import { afterAll, beforeAll, expect, test } from 'vitest';
import { essentialCases } from '../../src/lab/crash/cases.ts';
import { crash, type CrashLab } from '../../src/lab/crash/crash.ts';
import { crashLabOptions } from '../../src/lab/crash/options.ts';
import { takeDown } from '../../src/lab/down.ts';
import { createLayout } from '../../src/lab/layout.ts';
import { bringUp } from '../../src/lab/up.ts';
import { labNeeds, labWorld } from '../support/lab.ts';
import { requires } from '../support/requires.ts';

/* Real guests in one standing lab (src/lab/layout.ts), one for each crash; the link carries 100 Mbit/s. */
const prefix = 'lhx-';
const world = labWorld(prefix);
const options = crashLabOptions(prefix, essentialCases.length);

requires('crashes with real guests', await labNeeds(), () => {
  let lab: CrashLab;

  beforeAll(async () => {
    await takeDown(world, prefix);
    lab = {
      world,
      layout: createLayout(prefix, options.shape),
      state: await bringUp(world, options),
      options,
    };
  }, 600_000);
  afterAll(async () => {
    await takeDown(world, prefix);
  }, 60_000);

  test.each(essentialCases.map((one, index) => ({ one, index, name: one.name })))(
    '$name: one copy runs and answers, and the journal says which',
    async ({ one, index }) => {
      const result = await crash(lab, lab.state.guests[index]!, one);
      process.stdout.write(`${JSON.stringify(result)}\n`);
      expect(result.fault).toBeNull();
    },
    1_200_000,
  );
});
