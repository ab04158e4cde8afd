import { expect, test } from 'vitest';
import { createMemoryClaims, ClaimBook } from '../../../src/site/claims.ts';
import { SiteAgent } from '../../../src/site/agent.ts';
import type { Claim } from '../../../src/site/site.ts';
import type { QemuHypervisor } from '../../../src/hypervisors/qemu/driver.ts';
import { realClock } from '../../../src/world/real.ts';
import { eventually, transferSettings } from '../../support/hypervisor-suite.ts';
import { silentLog } from '../../support/log.ts';
import { createQemuHosts, guestOf, type QemuHosts, qemuNeeds, specOf } from '../../support/qemu.ts';
import { requires } from '../../support/requires.ts';
import { createTcpPath, type TcpPath } from '../../support/tcp-path.ts';

/** What a failure inside stop-and-copy and inside post-copy leaves behind, with agents that give up after two seconds. */
const stallSeconds = 2;
const signal = AbortSignal.timeout(600_000);
const claim: Claim = { workload: 'app', epoch: 1, run: 'run-1' };
/** So slow, and with so long a downtime limit, that the guest stands still for seconds while the rest is sent. */
const slowBytesPerSecond = 10e6;
const settingsOf = {
  'pre-copy': { ...transferSettings, downtimeLimitSeconds: 6 },
  hybrid: { ...transferSettings, mode: 'hybrid' },
} as const;

interface Scene {
  readonly hosts: QemuHosts;
  readonly path: TcpPath;
  readonly drivers: { readonly paris: QemuHypervisor; readonly lyon: QemuHypervisor };
  readonly paris: SiteAgent;
  readonly lyon: SiteAgent;
}

async function agentOf(site: string, hypervisor: QemuHypervisor): Promise<SiteAgent> {
  const agent = new SiteAgent({
    name: site,
    hypervisors: [hypervisor],
    gateway: null,
    dns: null,
    balancers: [],
    claims: await ClaimBook.open(site, createMemoryClaims()),
    clock: realClock,
    log: silentLog,
    stall: { stallSeconds, setupStallSeconds: 10 },
  });
  await agent.start(signal);
  return agent;
}

/** A transfer from paris to lyon has begun. */
async function withTransfer(
  mode: 'pre-copy' | 'hybrid',
  use: (scene: Scene) => Promise<void>,
): Promise<void> {
  const hosts = await createQemuHosts();
  let path: TcpPath | null = null;
  try {
    const drivers = { paris: await hosts.open('paris'), lyon: await hosts.open('lyon') };
    await drivers.paris.start('app', specOf('paris-1', guestOf()), signal);
    while (((await drivers.paris.heartbeat('app'))?.count ?? 0) < 5) await realClock.sleep(0.1, signal);
    const paris = await agentOf('paris', drivers.paris);
    const lyon = await agentOf('lyon', drivers.lyon);
    const settings = settingsOf[mode];
    const spec = { ...specOf('lyon-1', await paris.guests.define('app', signal)), settings };
    const { uri } = await lyon.guests.prepareTarget(claim, spec, signal);
    path = await createTcpPath(Number(uri.split(':')[2]), { bytesPerSecond: slowBytesPerSecond });
    const order = { uri: `tcp:127.0.0.1:${path.port}`, content: 'guest' as const, settings };
    await paris.guests.startTransfer(claim, order, signal);
    await use({ hosts, path, drivers, paris, lyon });
    await paris.close();
    await lyon.close();
  } finally {
    await path?.close();
    await hosts.close();
  }
}

async function untilStopped({ drivers }: Scene): Promise<void> {
  await eventually(realClock, drivers.paris, ({ state }) => state === 'paused');
  await realClock.sleep(0.3, signal);
}

async function expectHome({ drivers, paris, lyon }: Scene): Promise<void> {
  const guest = await eventually(realClock, drivers.paris, ({ state }) => state === 'running');
  expect(guest.transfer).toMatchObject({ status: 'failed' });
  const before = (await drivers.paris.heartbeat('app'))?.count ?? 0;
  while (((await drivers.paris.heartbeat('app'))?.count ?? 0) <= before) await realClock.sleep(0.05, signal);
  await paris.guests.cancelTransfer(claim, signal);
  await lyon.guests.discard(claim, signal);
  expect((await lyon.guests.inspect('app', signal)).state).toBe('absent');
}

requires('qemu failures', await qemuNeeds(), () => {
  test('a path cut without a word inside stop-and-copy is noticed by the agent, and the guest runs on at the source', async () => {
    await withTransfer('pre-copy', async (scene) => {
      await untilStopped(scene);
      scene.path.cut();
      await expectHome(scene);
    });
  });

  test('a path cut inside stop-and-copy while the agent is dead: the next agent frees the guest', async () => {
    await withTransfer('pre-copy', async ({ hosts, path, drivers, paris }) => {
      await eventually(realClock, drivers.paris, ({ state }) => state === 'paused');
      path.cut();
      await paris.close();
      await realClock.sleep(stallSeconds, signal);
      const reopened = await hosts.open('paris');
      const guest = await eventually(realClock, reopened, ({ state }) => state === 'running');
      expect(guest.transfer?.status).toBe('failed');
    });
  });

  test('a target that dies inside stop-and-copy leaves the guest running at the source', async () => {
    await withTransfer('pre-copy', async (scene) => {
      await untilStopped(scene);
      process.kill(await scene.hosts.pid('lyon'), 'SIGKILL');
      await expectHome(scene);
    });
  });

  test('a transfer is cancelled inside stop-and-copy, and the guest runs on at the source', async () => {
    await withTransfer('pre-copy', async (scene) => {
      await untilStopped(scene);
      expect((await scene.paris.guests.cancelTransfer(claim, signal)).state).toBe('running');
      // What was in the socket may still arrive whole: then the target is loaded, and stands still until it is discarded.
      await eventually(
        realClock,
        scene.drivers.lyon,
        ({ state }) => state === 'failed' || state === 'loaded',
      );
      await scene.lyon.guests.discard(claim, signal);
      expect((await scene.paris.guests.inspect('app', signal)).state).toBe('running');
    });
  });

  test('a source that dies in pre-copy leaves a target that can only be discarded', async () => {
    await withTransfer('pre-copy', async ({ hosts, drivers, lyon }) => {
      await eventually(realClock, drivers.paris, ({ transfer }) => (transfer?.transferredBytes ?? 0) > 1e6);
      process.kill(await hosts.pid('paris'), 'SIGKILL');
      await eventually(realClock, drivers.lyon, ({ state }) => state === 'failed');
      const source = await eventually(realClock, drivers.paris, ({ state }) => state === 'stopped');
      expect(source.transfer?.status).toBe('failed');
      await expect(lyon.guests.resume(claim, signal)).rejects.toMatchObject({ code: 'LH_GUEST_STATE' });
      await lyon.guests.discard(claim, signal);
    });
  });

  test('a post-copy stream that breaks is told as broken at both ends, and neither lets the guest run at the source', async () => {
    await withTransfer('hybrid', async ({ path, drivers, paris, lyon }) => {
      await eventually(realClock, drivers.paris, ({ transfer }) => (transfer?.transferredBytes ?? 0) > 1e6);
      await paris.guests.adjustTransfer(claim, { mode: 'post-copy' }, signal);
      await eventually(realClock, drivers.lyon, ({ state }) => state === 'loaded');
      await lyon.guests.resume(claim, signal);
      path.reset();
      const source = await eventually(realClock, drivers.paris, ({ transfer }) => transfer?.error !== null);
      expect(source).toMatchObject({ state: 'paused', transfer: { status: 'post-copy' } });
      expect(source.transfer?.error).toMatch(/broken/);
      await expect(paris.guests.cancelTransfer(claim, signal)).rejects.toMatchObject({
        code: 'LH_GUEST_STATE',
      });
      expect(await lyon.guests.inspect('app', signal)).toMatchObject({ state: 'running' });
    });
  });
});
