import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openSimulation, type Simulation } from '../../src/hypervisors/simulated/remembered.ts';
import type { Site } from '../../src/site/site.ts';
import { realClock } from '../../src/world/real.ts';
import type { Topology } from '../../topology/resolve/topology.ts';
import { silentLog } from '../support/log.ts';
import { preCopy, twoSites, webServer } from '../support/simulation.ts';

/** Simulated sites across the deaths of their process. Nobody is given time here: `speed` lets none pass. */
let directory: string;
let file: string;
const open: Simulation[] = [];
const topology: Topology = twoSites([webServer('web', 50)]);
const never = new AbortController().signal;
const claim = { workload: 'web', epoch: 1, run: 'a' };

beforeEach(() => {
  directory = fs.mkdtempSync(path.join(os.tmpdir(), 'longhaul-simulated-'));
  file = path.join(directory, 'deep', 'sites.jsonl');
});
afterEach(() => {
  for (const simulation of open.splice(0)) simulation.close();
  fs.rmSync(directory, { recursive: true });
});

/** What a process that starts on the file finds; the one before is simply forgotten, as after kill -9. */
async function start(notBeforeSeconds = 0): Promise<Simulation> {
  const simulation = await openSimulation({
    topology,
    file,
    notBeforeSeconds,
    speed: 1e-9,
    clock: realClock,
    log: silentLog,
  });
  open.push(simulation);
  return simulation;
}

const siteOf = ({ sites }: Simulation, name: string): Site => sites.get(name)!;

async function beginTransfer(simulation: Simulation): Promise<void> {
  const [paris, lyon] = [siteOf(simulation, 'paris'), siteOf(simulation, 'lyon')];
  for (const site of [paris, lyon]) await site.acknowledge(claim, never);
  const definition = await paris.guests.define('web', never);
  const preparing = lyon.guests.prepareTarget(
    claim,
    { host: 'lyon-1', content: 'guest', settings: preCopy, nics: [], definition },
    never,
  );
  await simulation.clock.advanceTo(simulation.clock.nowSeconds() + 2);
  const { uri } = await preparing;
  await paris.guests.startTransfer(claim, { uri, content: 'guest', settings: preCopy }, never);
}

async function guestsOf(simulation: Simulation): Promise<unknown> {
  const inspected = ['paris', 'lyon'].map((name) => siteOf(simulation, name).guests.inspect('web', never));
  return await Promise.all(inspected);
}

test('a transfer in flight is as far as it was, to the byte, and goes on', async () => {
  const first = await start();
  await beginTransfer(first);
  await first.clock.advanceTo(first.clock.nowSeconds() + 4);
  const before = await guestsOf(first);
  expect(before).toMatchObject([{ state: 'running', transfer: { status: 'active' } }, { state: 'incoming' }]);

  const second = await start(first.clock.nowSeconds());
  expect(second.clock.nowSeconds()).toBe(first.clock.nowSeconds());
  expect(await guestsOf(second)).toEqual(before);

  for (const simulation of [first, second])
    await simulation.clock.advanceTo(simulation.clock.nowSeconds() + 60);
  expect(await guestsOf(second)).toEqual(await guestsOf(first));
});

test('a call that its caller gave up was given up in the repeated history as well', async () => {
  const first = await start();
  await beginTransfer(first);
  const giveUp = new AbortController();
  const cancelling = siteOf(first, 'paris').guests.cancelTransfer(claim, giveUp.signal);
  giveUp.abort(new RangeError('enough'));
  await cancelling.catch(() => undefined);
  await first.clock.advanceTo(first.clock.nowSeconds() + 5);
  const second = await start(first.clock.nowSeconds());
  expect(await guestsOf(second)).toEqual(await guestsOf(first));
});

test('a line that a kill cut off is dropped, and the next one begins anew', async () => {
  await beginTransfer(await start());
  fs.appendFileSync(file, '{"atSeconds":17');
  const second = await start();
  await siteOf(second, 'lyon').acknowledge({ ...claim, epoch: 2 }, never);
  const lines = fs.readFileSync(file, 'utf8').trimEnd().split('\n');
  for (const line of lines) expect(() => JSON.parse(line) as unknown).not.toThrow();
  await expect(siteOf(await start(), 'lyon').acknowledge(claim, never)).rejects.toMatchObject({
    code: 'LH_EPOCH_STALE',
  });
});

test('a history that is none is refused by name', async () => {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, '{"format":"longhaul-simulated/9","epochSeconds":1}\n');
  await expect(start()).rejects.toMatchObject({ code: 'LH_INPUT_UNREADABLE' });
});
