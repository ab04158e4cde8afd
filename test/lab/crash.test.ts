import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { essentialCases } from '../../src/lab/crash/cases.ts';
import { crash } from '../../src/lab/crash/crash.ts';
import type { CrashLab } from '../../src/lab/crash/guest-run.ts';
import { crashLabOptions } from '../../src/lab/crash/options.ts';
import { standUp } from '../../src/lab/crash/stand.ts';
import { takeDown } from '../../src/lab/down.ts';
import { labNeeds, labWorld } from '../support/lab.ts';
import { requires } from '../support/requires.ts';

/* Real guests in one standing lab (src/lab/layout.ts), one for each crash; the link carries 200 Mbit/s. */
const prefix = 'lhx-';
const world = labWorld(prefix);
const folder = mkdtempSync(path.join(tmpdir(), 'lh-crash-'));
const count = essentialCases.length;
const options = crashLabOptions(prefix, { guests: count, booted: count });

requires('crashes with real guests', await labNeeds(), () => {
  let lab: CrashLab;

  beforeAll(async () => {
    await takeDown(world, prefix);
    lab = await standUp(world, options, folder);
  }, 600_000);
  afterAll(async () => {
    await takeDown(world, prefix);
    rmSync(folder, { recursive: true, force: true });
  }, 60_000);

  test.each(essentialCases.map((one, index) => ({ one, index, name: one.name })))(
    '$name: one copy runs and answers, and the journal says which',
    async ({ one, index }) => {
      const result = await crash(lab, lab.state.guests[index]!, one);
      process.stdout.write(`${JSON.stringify(result)}\n`);
      expect(result.fault).toBeNull();
    },
    600_000,
  );
});
