import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { takeDown } from '../../src/lab/down.ts';
import { consoleFile } from '../../src/lab/agents.ts';
import { listNamespaces } from '../../src/lab/kernel.ts';
import { createLayout } from '../../src/lab/layout.ts';
import { linkShape } from '../../src/lab/profiles.ts';
import { connectRelay } from '../../src/lab/relay.ts';
import { examineLab } from '../../src/lab/status.ts';
import { GuestClients, sessionRoles } from '../../src/lab/sessions.ts';
import { runbookFile, topologyFile } from '../../src/lab/documents.ts';
import { readFiles } from '../../topology/resolve/read.ts';
import { readSource } from '../../src/config/input-files.ts';
import { readState } from '../../src/lab/state.ts';
import { bringUp, type LabOptions } from '../../src/lab/up.ts';
import { realClock } from '../../src/world/real.ts';
import { labNeeds, labWorld, markedProcesses, ping, runIn, testPrefix } from '../support/lab.ts';
import { requires } from '../support/requires.ts';

/* The whole lab as in src/lab/layout.ts, with one guest. */
const options: LabOptions = {
  prefix: testPrefix,
  profile: 'national',
  shape: linkShape({ profile: 'national' }),
  seed: 1,
  congestionControl: null,
  guests: { count: 1, memoryMebibytes: 128, dirty: '16,100,8,random,random' },
};
const layout = createLayout(testPrefix, options.shape);
const world = labWorld();
const { runtime } = world.directories;

const leftovers = async () => ({
  namespaces: (await listNamespaces()).filter((name) => name.startsWith(testPrefix)),
  processes: markedProcesses(testPrefix),
  files: existsSync(runtime),
});
const nothing = { namespaces: [], processes: [], files: false };

requires('the lab', await labNeeds(), () => {
  describe('a standing lab', () => {
    beforeAll(async () => {
      await takeDown(world, testPrefix);
      await bringUp(world, options);
    }, 180_000);
    afterAll(async () => {
      await takeDown(world, testPrefix);
      expect(await leftovers()).toEqual(nothing);
    });

    test('stands whole, and a second up changes nothing', async () => {
      const before = await readState(runtime);
      expect((await examineLab(world))?.whole).toBe(true);
      await bringUp(world, options);
      expect(await readState(runtime)).toEqual(before);
    });

    test('up with other options is refused, and the lab stands on', async () => {
      await expect(bringUp(world, { ...options, seed: 2 })).rejects.toMatchObject({ code: 'LH_LAB_OTHER' });
      expect((await examineLab(world))?.whole).toBe(true);
    });

    test('the guest answers every client on its way: the TTL counts the routers between', () => {
      const path = (namespace: string, source: string): string =>
        runIn(namespace, ['bash', '-c', 'exec 3<>/dev/tcp/10.1.0.50/8; cat <&3'])
          .replace(/:\d+ to/, ' to')
          .trim() + (source === '' ? '' : ` (${source})`);
      expect([
        path(layout.neighbour.namespace, 'same subnet'),
        path(layout.outside.namespace, 'edge, gateway'),
        path(layout.newSiteClient.namespace, 'gateway, edge, edge, gateway'),
      ]).toEqual([
        'ttl=64 from=10.1.0.20 to=10.1.0.50:8 (same subnet)',
        'ttl=62 from=192.0.2.129 to=10.1.0.50:8 (edge, gateway)',
        'ttl=60 from=10.2.0.20 to=10.1.0.50:8 (gateway, edge, edge, gateway)',
      ]);
    });

    test('the guest counts on its console and is not restarted', async () => {
      const guest = (await readState(runtime))!.guests[0]!;
      const ticks = (): readonly number[] =>
        [...readFileSync(consoleFile(runtime, 'a', guest), 'utf8').matchAll(/^TICK (\d+)$/gm)].map(
          ([, count]) => Number(count),
        );
      const before = ticks().length;
      await realClock.sleep(1);
      const after = ticks();
      expect(after.length).toBeGreaterThan(before);
      expect(after).toEqual(after.map((_, index) => index + 1));
    });

    test('every client keeps its session over a break of the WAN, and says where the gap was', async () => {
      const { id, guests } = (await readState(runtime))!;
      const relay = connectRelay(runtime);
      const clients = await GuestClients.start(world, layout, {
        guest: guests[0]!,
        folder: runtime,
        labId: id,
      });
      await realClock.sleep(1);
      const cutAt = realClock.nowSeconds();
      await relay.cut('wan', 'all');
      await realClock.sleep(0.4);
      await relay.heal('wan');
      await realClock.sleep(1);
      clients.useIdle();
      await realClock.sleep(0.5);
      const { sessions, arrivals } = await clients.finish();
      expect(
        sessions.map(({ role, lostBytes, damaged, reset, error }) => ({
          role,
          lostBytes,
          damaged,
          reset,
          error,
        })),
      ).toEqual(
        sessionRoles.map((role) => ({ role, lostBytes: 0, damaged: false, reset: false, error: null })),
      );
      const gapOf = (role: string): number =>
        sessions.find((session) => session.role === role)!.longestGap.seconds;
      expect(gapOf('new-site')).toBeGreaterThan(0.4);
      expect(sessions.find(({ role }) => role === 'new-site')!.longestGap.atSeconds).toBeGreaterThan(
        cutAt - 0.1,
      );
      expect(sessions.find(({ role }) => role === 'idle')!.idleAnswerSeconds).toBeGreaterThan(0);
      expect([...new Set(arrivals.map(({ address, ttl, error }) => `${address} ${ttl} ${error}`))]).toEqual([
        '10.1.0.50 62 null',
      ]);
    });

    test('both name servers know the guest, forwards and backwards', () => {
      const ask = (server: string, ...question: string[]): string =>
        runIn(layout.newSiteClient.namespace, [
          'dig',
          '+short',
          '+timeout=3',
          `@${server}`,
          ...question,
        ]).trim();
      expect(
        [layout.sites.a, layout.sites.b].map(({ servicesAddress }) => [
          ask(servicesAddress, 'guest-1.lab.test'),
          ask(servicesAddress, '-x', '10.1.0.50'),
        ]),
      ).toEqual([
        ['10.1.0.50', 'guest-1.lab.test.'],
        ['10.1.0.50', 'guest-1.lab.test.'],
      ]);
    });

    test('its topology and runbook are sound', async () => {
      const reading = readFiles(
        await readSource(topologyFile(runtime)),
        await readSource(runbookFile(runtime)),
      );
      expect(reading.problems).toEqual([]);
    });

    test('a cut of the WAN parts the sites and leaves the outside client with both', async () => {
      const relay = connectRelay(runtime);
      const reach = () => ({
        between: ping(layout.sites.a.services, layout.sites.b.servicesAddress, {
          count: 3,
          options: ['-W', '1'],
        }).received,
        toA: ping(layout.outside.namespace, layout.sites.a.servicesAddress, { count: 3 }).received,
        toB: ping(layout.outside.namespace, layout.sites.b.servicesAddress, { count: 3 }).received,
      });
      await relay.cut('wan', 'all');
      const during = reach();
      await relay.heal('wan');
      expect([during, reach()]).toEqual([
        { between: 0, toA: 3, toB: 3 },
        { between: 3, toA: 3, toB: 3 },
      ]);
    });
  });

  describe('an interrupted lab', () => {
    afterEach(async () => {
      await takeDown(world, testPrefix);
      for (const name of layout.namespaces) spawnSync('ip', ['netns', 'delete', name]);
    });

    const upProcess = () =>
      spawn(
        process.execPath,
        [
          '--import',
          'tsx',
          'src/cli/main.ts',
          'lab',
          'up',
          '--prefix',
          testPrefix,
          '--guests',
          '1',
          '--memory',
          '128',
        ],
        { stdio: 'ignore', cwd: path.resolve(import.meta.dirname, '../..') },
      );
    const untilThere = async (look: () => Promise<boolean> | boolean): Promise<void> => {
      const deadline = realClock.monotonicSeconds() + 60;
      while (!(await look())) {
        expect(realClock.monotonicSeconds()).toBeLessThan(deadline);
        await realClock.sleep(0.01);
      }
    };

    test.each([
      [
        'its first namespaces',
        async () => (await listNamespaces()).filter((name) => name.startsWith(testPrefix)).length > 2,
      ],
      ['its agents', () => existsSync(path.join(runtime, 'agent-b.log'))],
      ['its relay', () => existsSync(path.join(runtime, 'relay.sock'))],
      ['its guest', () => existsSync(consoleFile(runtime, 'a', { name: 'guest-1' }))],
    ] as const)('killed after %s: down leaves nothing', async (_, look) => {
      const child = upProcess();
      await untilThere(look);
      child.kill('SIGKILL');
      await new Promise((resolve) => child.on('exit', resolve));
      await takeDown(world, testPrefix);
      expect(await leftovers()).toEqual(nothing);
    });

    test('ended by Ctrl-C it takes down what it had built and exits 1', async () => {
      const child = upProcess();
      await untilThere(() => existsSync(path.join(runtime, 'relay.sock')));
      child.kill('SIGINT');
      const code = await new Promise((resolve) => child.on('exit', resolve));
      expect({ code, ...(await leftovers()) }).toEqual({ code: 1, ...nothing });
    });

    test('killed, the next up clears the ruins and stands', async () => {
      const child = upProcess();
      await untilThere(() => existsSync(path.join(runtime, 'relay.sock')));
      child.kill('SIGKILL');
      await new Promise((resolve) => child.on('exit', resolve));
      await bringUp(world, options);
      expect((await examineLab(world))?.whole).toBe(true);
    });

    test('a namespace of its name that is not its own stops it, and is left alone', async () => {
      const foreign = layout.sites.a.gateway;
      spawnSync('ip', ['netns', 'add', foreign]);
      await expect(bringUp(world, options)).rejects.toMatchObject({ code: 'LH_LAB_FOREIGN', kind: 'person' });
      const report = await takeDown(world, testPrefix);
      expect(report).toEqual({ processes: 0, namespaces: [], leftAlone: [foreign] });
      expect(await listNamespaces()).toContain(foreign);
    });
  });
});
