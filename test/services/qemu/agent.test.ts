import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createSiteClient, type SiteClient } from '../../../src/site/client.ts';
import { realClock } from '../../../src/world/real.ts';
import type { Claim, GuestState } from '../../../src/site/site.ts';
import { createQemuHosts, guestOf, type QemuHosts, qemuNeeds, specOf } from '../../support/qemu.ts';
import { transferSettings } from '../../support/hypervisor-suite.ts';
import { program, requires } from '../../support/requires.ts';

/**
 * Two agents as processes of their own, over TLS, each with two QEMU hosts; 'app' is defined at paris with autostart.
 * `kill` is SIGKILL in the middle of whatever they do.
 */
let hosts: QemuHosts;
const running = new Map<string, { process: ChildProcess; client: SiteClient }>();
const signal = AbortSignal.timeout(1_200_000);
const claim = (epoch: number): Claim => ({ workload: 'app', epoch, run: 'run-1' });

async function writeAgentFile(site: string): Promise<string> {
  const { imageDirectory, definitionDirectory } = hosts.host(site);
  const state = join(hosts.directory, site);
  const file = join(hosts.directory, `${site}.json`);
  await mkdir(definitionDirectory, { recursive: true });
  await writeFile(
    file,
    JSON.stringify({
      format: 'longhaul-agent/1',
      site,
      state,
      listen: '127.0.0.1:0',
      token: 'env:AGENT_TOKEN',
      tls: { key: 'key.pem', certificate: 'certificate.pem' },
      hosts: [`${site}-1`, `${site}-2`].map((name) => ({
        name,
        hypervisor: 'qemu',
        accelerator: 'tcg',
        memory: '1 GiB',
        images: imageDirectory,
        migration: { address: '127.0.0.1', ports: '49152-49215' },
      })),
    }),
  );
  return file;
}

async function start(site: string): Promise<SiteClient> {
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', 'src/cli/main.ts', 'agent', '--config', await writeAgentFile(site)],
    { stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, AGENT_TOKEN: 'a-token' } },
  );
  const url = await new Promise<string>((resolve, reject) => {
    const lines: string[] = [];
    createInterface({ input: child.stderr }).on('line', (line) => {
      lines.push(line);
      const { url: listening } = (line.startsWith('{') ? JSON.parse(line) : {}) as { url?: string };
      if (listening?.startsWith('https') === true) resolve(listening);
    });
    child.once('exit', (code) =>
      reject(new Error(`agent of ${site} ended with ${code}:\n${lines.join('\n')}`)),
    );
  });
  const authority = await readFile(join(hosts.directory, 'certificate.pem'), 'utf8');
  const client = createSiteClient({
    site,
    url,
    token: 'a-token',
    tls: { authority, client: null },
    balancers: false,
    connectSeconds: 5,
  });
  running.set(site, { process: child, client });
  return client;
}

async function end(site: string, how: NodeJS.Signals): Promise<number | null> {
  const { process: child, client } = running.get(site)!;
  running.delete(site);
  const exited = once(child, 'exit') as Promise<[number | null]>;
  child.kill(how);
  const [code] = await exited;
  await client.close();
  return code;
}

async function until(site: SiteClient, wanted: (guest: GuestState) => boolean): Promise<GuestState> {
  for (let guest = await site.guests.inspect('app', signal); ; ) {
    if (wanted(guest)) return guest;
    const seen = { state: guest.state, status: guest.transfer?.status ?? null, waitSeconds: 0.5 };
    guest = await site.guests.watch('app', seen, signal);
  }
}
const inState = (state: GuestState['state']) => (guest: GuestState) => guest.state === state;

async function beating(site: SiteClient, above = 0): Promise<number> {
  for (;;) {
    const count = (await site.guests.heartbeat('app', signal))?.count ?? 0;
    if (count > above) return count;
    await realClock.sleep(0.1, signal);
  }
}

async function sendToLyon(paris: SiteClient, lyon: SiteClient, bytesPerSecond: number | null): Promise<void> {
  const settings = { ...transferSettings, maxBandwidthBytesPerSecond: bytesPerSecond };
  const spec = { ...specOf('lyon-1', await paris.guests.define('app', signal)), settings };
  const { uri } = await lyon.guests.prepareTarget(claim(1), spec, signal);
  await paris.guests.startTransfer(claim(1), { uri, content: 'guest', settings }, signal);
}

beforeEach(async () => {
  hosts = await createQemuHosts();
  const certificate = ['-subj', '/CN=longhaul agent', '-addext', 'subjectAltName=IP:127.0.0.1'];
  const files = [
    '-keyout',
    join(hosts.directory, 'key.pem'),
    '-out',
    join(hosts.directory, 'certificate.pem'),
  ];
  const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  execFileSync('openssl', ['req', ...kind, ...certificate, ...files], { stdio: 'ignore' });
  const { definitionDirectory } = hosts.host('paris');
  await mkdir(definitionDirectory, { recursive: true });
  await writeFile(join(definitionDirectory, 'app.json'), JSON.stringify(guestOf({ autostart: true })));
});
afterEach(async () => {
  for (const site of [...running.keys()]) await end(site, 'SIGKILL');
  await hosts.close();
});

requires('qemu agents', [...(await qemuNeeds()), program('openssl')], () => {
  test('agents are killed at every stage of a move; the guest arrives, and its old home does not start it again', async () => {
    let paris = await start('paris');
    let lyon = await start('lyon');
    await beating(paris, 5);
    await sendToLyon(paris, lyon, 2 ** 20); // over a minute: still under way when the agents are back
    await end('paris', 'SIGKILL');
    await end('lyon', 'SIGKILL');
    paris = await start('paris');
    lyon = await start('lyon');
    expect((await paris.guests.inspect('app', signal)).transfer?.status).toBe('active');
    await paris.guests.adjustTransfer(claim(1), { maxBandwidthBytesPerSecond: null }, signal);
    const sent = await until(paris, inState('sent'));
    await until(lyon, inState('loaded'));
    const atStop = await beating(paris);
    await end('lyon', 'SIGKILL');
    lyon = await start('lyon');
    expect((await lyon.guests.resume(claim(1), signal)).state).toBe('running');
    await end('lyon', 'SIGKILL');
    lyon = await start('lyon');
    await beating(lyon, atStop);
    await paris.guests.discard(claim(1), signal);
    expect(await end('paris', 'SIGTERM')).toBe(0);
    paris = await start('paris');
    expect(sent.transfer?.downtimeSeconds).toBeGreaterThan(0);
    const states = [await paris.guests.inspect('app', signal), await lyon.guests.inspect('app', signal)];
    expect(states.map(({ state }) => state)).toEqual(['absent', 'running']);
  });

  test('a source that dies after it was sent is not booted by its agent, as the target may run', async () => {
    let paris = await start('paris');
    const lyon = await start('lyon');
    await beating(paris, 5);
    await sendToLyon(paris, lyon, null);
    await until(paris, inState('sent'));
    await end('paris', 'SIGKILL');
    process.kill(await hosts.pid('paris'), 'SIGKILL');
    paris = await start('paris');
    expect((await paris.guests.inspect('app', signal)).state).toBe('stopped');
    await expect(paris.guests.start(claim(1), specOf('paris-1', guestOf()), signal)).rejects.toMatchObject({
      code: 'LH_GUEST_STATE',
    });
    expect((await lyon.guests.resume(claim(1), signal)).state).toBe('running');
  });

  test('from host to host of one site: the source host does not start it again while it runs on the other', async () => {
    let paris = await start('paris');
    await beating(paris, 5);
    const [source, target] = [paris.guestsOn('paris-1'), paris.guestsOn('paris-2')];
    const spec = specOf('paris-2', await source.define('app', signal));
    const { uri } = await target.prepareTarget(claim(1), spec, signal);
    await source.startTransfer(claim(1), { uri, content: 'guest', settings: transferSettings }, signal);
    await until(paris, inState('loaded'));
    const atStop = (await source.heartbeat('app', signal))?.count ?? 0;
    expect((await target.resume(claim(1), signal)).state).toBe('running');
    await end('paris', 'SIGKILL');
    process.kill(await hosts.pid('paris/run/paris-1'), 'SIGKILL');
    paris = await start('paris');
    await beating(paris, atStop);
    const statesOn = async (): Promise<readonly string[]> => {
      const ports = ['paris-1', 'paris-2'].map((host) => paris.guestsOn(host));
      const guests = await Promise.all(ports.map(async (port) => await port.inspect('app', signal)));
      return guests.map(({ state }) => state);
    };
    expect(await statesOn()).toEqual(['stopped', 'running']);
    await paris.guestsOn('paris-1').discard(claim(1), signal);
    expect(await statesOn()).toEqual(['absent', 'running']);
  });

  test('a second agent on the same state is refused and names the first', async () => {
    await start('paris');
    await expect(start('paris')).rejects.toThrow(/is held by process/);
  });
});
