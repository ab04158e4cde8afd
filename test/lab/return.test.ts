import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { stringify } from 'yaml';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runningAt } from '../../src/lab/crash/copies.ts';
import { runbookDocument, topologyDocument } from '../../src/lab/documents.ts';
import { takeDown } from '../../src/lab/down.ts';
import { inNamespace } from '../../src/lab/kernel.ts';
import { createLayout, type SiteName, siteNames } from '../../src/lab/layout.ts';
import { linkShape } from '../../src/lab/profiles.ts';
import { isSourceClean, readRemains } from '../../src/lab/remains.ts';
import { GuestClients } from '../../src/lab/sessions.ts';
import type { LabState } from '../../src/lab/state.ts';
import { bringUp, type LabOptions } from '../../src/lab/up.ts';
import { labNeeds, labWorld } from '../support/lab.ts';
import { requires } from '../support/requires.ts';

/* A real guest moves from site a to site b (src/lab/layout.ts) and home again, by the product's own commands. */
const prefix = 'lhb-';
const world = labWorld(prefix);
const options: LabOptions = {
  prefix,
  profile: 'national',
  shape: linkShape({ profile: 'national' }),
  seed: 1,
  congestionControl: null,
  guests: { count: 1, memoryMebibytes: 128, dirty: '32,50,4,random,random' },
};
const layout = createLayout(prefix, options.shape);
const folder = mkdtempSync(path.join(tmpdir(), 'lh-return-'));

requires('a real guest comes home', await labNeeds(), () => {
  let state: LabState;

  beforeAll(async () => {
    await takeDown(world, prefix);
    state = await bringUp(world, options);
  }, 600_000);
  afterAll(async () => {
    await takeDown(world, prefix);
    rmSync(folder, { recursive: true, force: true });
  }, 60_000);

  const longhaul = async (...argv: readonly string[]): Promise<string> => {
    const whole = inNamespace(layout.sites.a.services, [...world.longhaul, ...argv]);
    const { exitCode, stdout, stderr } = await world.run(whole, { timeoutSeconds: 300 });
    expect([argv[0], exitCode, stderr.split('\n').slice(-3)]).toMatchObject([argv[0], 0, expect.anything()]);
    return stdout;
  };

  async function move(from: SiteName, to: SiteName): Promise<unknown> {
    const file = (name: string): string => path.join(folder, `${from}-${to}-${name}`);
    const topology = topologyDocument(world.directories.runtime, layout, { ...state, guestsAt: from });
    writeFileSync(file('topology.yaml'), stringify(topology));
    writeFileSync(file('runbook.yaml'), stringify(runbookDocument(state.guests, to)));
    await longhaul('plan', file('topology.yaml'), file('runbook.yaml'), '-o', file('plan.json'));
    const run = ['--yes', '--limits', 'lab', '--json', '--state', path.join(folder, 'runs')];
    return JSON.parse(await longhaul('run', file('plan.json'), ...run));
  }

  const moved = {
    run: { state: 'done' },
    moves: [{ workload: 'guest-1', method: 'routed-live', state: 'moved' }],
  };

  test('away and home: its sessions live on, its name says its own address again, nothing of ours is left', async () => {
    const guest = state.guests[0]!;
    expect(await move('a', 'b')).toMatchObject(moved);
    expect(await runningAt(world, guest)).toEqual(['b']);

    // As clients know it at b. Its neighbour at a would, once it is home, be answered directly and not as it asked.
    const atB = { ...guest, address: guest.newAddress };
    const clients = await GuestClients.start(world, layout, { guest: atB, folder, labId: state.id });
    const homeward = move('b', 'a');
    while ((await runningAt(world, guest))[0] !== 'a') await world.clock.sleep(0.2);
    clients.useIdle();
    const { sessions } = await clients.finish();
    expect(await homeward).toMatchObject(moved);
    expect(await runningAt(world, guest)).toEqual(['a']);
    const lasting = sessions.filter(({ role }) => role !== 'neighbour');
    expect(lasting.map(({ role, lostBytes, reset, error }) => ({ role, lostBytes, reset, error }))).toEqual(
      ['outside', 'new-site', 'guest-opened', 'idle'].map((role) => ({
        role,
        lostBytes: 0,
        reset: false,
        error: null,
      })),
    );

    for (const site of siteNames) {
      const { gateway, servicesAddress } = layout.sites[site];
      const remains = await readRemains(world.run, gateway);
      expect([site, remains.quarantined, isSourceClean(remains)]).toEqual([site, [], true]);
      const dig = ['dig', '+short', `@${servicesAddress}`, 'guest-1.lab.test'];
      const { stdout } = await world.run(inNamespace(layout.outside.namespace, dig), { timeoutSeconds: 20 });
      expect([site, stdout.trim()]).toEqual([site, guest.address]);
    }
  }, 400_000);

  test('and away once more', async () => {
    expect(await move('a', 'b')).toMatchObject(moved);
    expect(await runningAt(world, state.guests[0]!)).toEqual(['b']);
  }, 200_000);
});
