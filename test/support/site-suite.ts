import { expect, test } from 'vitest';
import type { TransferSettings } from '../../planners/plan/plan.ts';
import type { Relocation } from '../../gateway/relocation.ts';
import type { Claim, GuestPort, GuestState, Site, TargetSpec } from '../../src/site/site.ts';

/**
 * What every Site does, in process and over HTTP: two sites, 'paris' with the running guest 'app', and 'lyon'. Each test
 * starts from a fresh world. `restart` ends both agents without a word and starts them again on what they left.
 */
export interface SitePair {
  paris: Site;
  lyon: Site;
  restart(): Promise<void>;
  /** What the gateway of 'paris' was told. */
  readonly gatewayCalls: readonly string[];
}

export const settings: TransferSettings = {
  mode: 'pre-copy',
  maxBandwidthBytesPerSecond: null,
  downtimeLimitSeconds: 0.3,
  autoConverge: false,
  xbzrleCacheBytes: 0,
  multifdChannels: 0,
  compress: false,
  timeoutSeconds: 600,
};

const signal = AbortSignal.timeout(300_000);
const claim = (epoch: number, run = 'run-1'): Claim => ({ workload: 'app', epoch, run });

export async function specFor(source: Site, host: string): Promise<TargetSpec> {
  const definition = await source.guests.define('app', signal);
  return { host, content: 'guest', settings, nics: [], definition };
}

export async function untilState(site: Site, state: GuestState['state']): Promise<GuestState> {
  let guest = await site.guests.inspect('app', signal);
  while (guest.state !== state) {
    const seen = { state: guest.state, status: guest.transfer?.status ?? null, waitSeconds: 5 };
    guest = await site.guests.watch('app', seen, signal);
  }
  return guest;
}

const statesOf = async ({ paris, lyon }: SitePair): Promise<string> =>
  (await Promise.all([paris, lyon].map(async (site) => await site.guests.inspect('app', signal))))
    .map(({ state }) => state)
    .join(' ');

async function sendToLyon({ paris, lyon }: SitePair, epoch: number): Promise<void> {
  const spec = await specFor(paris, 'lyon-1');
  const { uri } = await lyon.guests.prepareTarget(claim(epoch), spec, signal);
  await paris.guests.startTransfer(claim(epoch), { uri, content: 'guest', settings }, signal);
}

const relocation: Relocation = {
  id: 'app-lan',
  role: 'source',
  phase: 'following',
  workload: 'app',
  guest: { mac: '52:54:00:00:00:01', oldAddress: '10.1.0.50', newAddress: '10.2.0.50', origin: 'static' },
  oldSubnet: { subnet: '10.1.0.0/24', defaultGateway: '10.1.0.1', defaultGatewayMac: '00:00:5e:00:01:01' },
  network: 'lan',
  peer: { site: 'lyon', address: '203.0.113.2' },
  sessions: [],
  quarantineUntilSeconds: null,
};

export function siteSuite(withSites: (use: (pair: SitePair) => Promise<void>) => Promise<void>): void {
  test('a guest moves from host to host of a site: its copies are told apart, also after a restart', async () => {
    await withSites(async (pair) => {
      const on = (host: string): GuestPort => pair.paris.guestsOn(host);
      const states = async (): Promise<string> => {
        const ports = [pair.paris.guests, on('paris-1'), on('paris-2')];
        const copies = await Promise.all(ports.map(async (port) => await port.inspect('app', signal)));
        return copies.map(({ state }) => state).join(' ');
      };
      expect(await states()).toBe('running running absent');
      const spec = await specFor(pair.paris, 'paris-2');
      const { uri } = await on('paris-2').prepareTarget(claim(1), spec, signal);
      expect(await states()).toBe('running running incoming');
      await on('paris-1').startTransfer(claim(1), { uri, content: 'guest', settings }, signal);
      while ((await states()) !== 'loaded sent loaded') await new Promise(setImmediate);
      await on('paris-2').resume(claim(1), signal);
      await pair.restart();
      expect(await states()).toBe('running sent running');
      await on('paris-1').discard(claim(1), signal);
      expect(await states()).toBe('running absent running');
      await expect(on('paris-1').start(claim(1), { ...spec, host: 'paris-1' }, signal)).rejects.toMatchObject(
        {
          code: 'LH_GUEST_RELEASED',
        },
      );
      await expect(pair.paris.guestsOn('paris-9').inspect('app', signal)).rejects.toThrow('paris-1, paris-2');
    });
  });

  test('a guest moves: sent at the source before it runs at the target, then gone from the source', async () => {
    await withSites(async (pair) => {
      expect(await statesOf(pair)).toBe('running absent');
      await sendToLyon(pair, 1);
      await Promise.all([untilState(pair.paris, 'sent'), untilState(pair.lyon, 'loaded')]);
      expect((await pair.lyon.guests.resume(claim(1), signal)).state).toBe('running');
      await pair.paris.guests.discard(claim(1), signal);
      expect(await statesOf(pair)).toBe('absent running');
      expect((await pair.lyon.guests.heartbeat('app', signal))?.count).toBeGreaterThan(0);
    });
  });

  test('every call a second time changes nothing', async () => {
    await withSites(async (pair) => {
      await sendToLyon(pair, 1);
      await sendToLyon(pair, 1);
      await Promise.all([untilState(pair.paris, 'sent'), untilState(pair.lyon, 'loaded')]);
      for (const _twice of [1, 2]) await pair.lyon.guests.resume(claim(1), signal);
      for (const _twice of [1, 2]) await pair.paris.guests.discard(claim(1), signal);
      expect(await statesOf(pair)).toBe('absent running');
    });
  });

  test('a claim with a higher epoch shuts out the lower one, also after both agents were killed', async () => {
    await withSites(async (pair) => {
      await pair.lyon.acknowledge(claim(7, 'run-2'), signal);
      await pair.restart();
      const spec = await specFor(pair.paris, 'lyon-1');
      await expect(pair.lyon.guests.prepareTarget(claim(6), spec, signal)).rejects.toMatchObject({
        code: 'LH_EPOCH_STALE',
        message: "Site 'lyon' has seen epoch 7 of 'app'; epoch 6 is refused",
      });
      await expect(pair.lyon.guests.prepareTarget(claim(7), spec, signal)).rejects.toMatchObject({
        code: 'LH_EPOCH_STALE',
      });
      await pair.lyon.guests.prepareTarget(claim(7, 'run-2'), spec, signal);
      expect(await statesOf(pair)).toBe('running incoming');
    });
  });

  test('a cancelled transfer leaves the guest running at the source', async () => {
    await withSites(async (pair) => {
      await sendToLyon(pair, 1);
      expect((await pair.paris.guests.cancelTransfer(claim(1), signal)).state).toBe('running');
      await untilState(pair.lyon, 'failed');
      await pair.lyon.guests.discard(claim(1), signal);
      expect(await statesOf(pair)).toBe('running absent');
    });
  });

  test('a copy that was discarded after it was sent boots again only with a higher epoch', async () => {
    await withSites(async (pair) => {
      const spec = await specFor(pair.paris, 'paris-1');
      await sendToLyon(pair, 3);
      await untilState(pair.paris, 'sent');
      await pair.paris.guests.discard(claim(3), signal);
      await pair.restart();
      await expect(pair.paris.guests.start(claim(3), spec, signal)).rejects.toMatchObject({
        code: 'LH_GUEST_RELEASED',
        message:
          "Guest of 'app' left host 'paris-1' with epoch 3; it starts there again only with a higher epoch",
      });
      expect(await statesOf(pair)).toBe('absent loaded');
    });
  });

  test('a stopped guest is not booted while its transfer may have completed, and is after it was cancelled', async () => {
    await withSites(async (pair) => {
      const spec = await specFor(pair.paris, 'paris-1');
      const { uri } = await pair.lyon.guests.prepareTarget(
        claim(1),
        { ...spec, host: 'lyon-1', content: 'disks' },
        signal,
      );
      await pair.paris.guests.startTransfer(claim(1), { uri, content: 'disks', settings }, signal);
      await pair.paris.guests.shutdown(claim(1), signal);
      await untilState(pair.paris, 'sent');
      await expect(pair.paris.guests.start(claim(1), spec, signal)).rejects.toMatchObject({
        code: 'LH_GUEST_STATE',
      });
      expect((await pair.paris.guests.cancelTransfer(claim(1), signal)).state).toBe('stopped');
      expect((await pair.paris.guests.start(claim(1), spec, signal)).state).toBe('running');
    });
  });

  test('the gateway is told the moment the guest stops, and once when it is asked to follow', async () => {
    await withSites(async (pair) => {
      await pair.paris.relocations.put(claim(1), relocation, signal);
      expect(await pair.paris.relocations.get('app-lan', signal)).toMatchObject({ desired: 'following' });
      expect(await pair.paris.relocations.get('unknown', signal)).toBeNull();
      await sendToLyon(pair, 1);
      await untilState(pair.paris, 'sent');
      const calls = pair.gatewayCalls.filter((call, index, all) => call !== all[index - 1]);
      expect(calls).toEqual([
        'follow app runs',
        'put app-lan following',
        'follow app runs',
        'follow app stopped',
      ]);
    });
  });

  test('watch answers at the change, and when nothing changes after the time it was given', async () => {
    await withSites(async (pair) => {
      const seen = { state: 'running', status: null, waitSeconds: 0.1 } as const;
      expect(await pair.paris.guests.watch('app', seen, signal)).toMatchObject({
        state: 'running',
        transfer: null,
      });
      const changed = pair.lyon.guests.watch(
        'app',
        { state: 'absent', status: null, waitSeconds: 20 },
        signal,
      );
      await pair.lyon.guests.prepareTarget(claim(1), await specFor(pair.paris, 'lyon-1'), signal);
      expect((await changed).state).toBe('incoming');
    });
  });

  test('what a site does not have or know is refused by name', async () => {
    await withSites(async ({ paris, lyon }) => {
      const spec = await specFor(paris, 'lyon-9');
      await expect(lyon.guests.prepareTarget(claim(1), spec, signal)).rejects.toMatchObject({
        message: "Site 'lyon' has no host 'lyon-9'; it has lyon-1",
      });
      await expect(lyon.guests.define('app', signal)).rejects.toMatchObject({ code: 'LH_GUEST_ABSENT' });
      const change = { workload: 'app', names: [], reverse: [], withdrawn: [] };
      await expect(lyon.dns.observe(change, signal)).rejects.toMatchObject({
        message: "Site 'lyon' has no name servers; its agent's configuration names none",
      });
      expect((await lyon.describe(signal)).hosts.map(({ name }) => name)).toEqual(['lyon-1']);
    });
  });

  test('dirtying is measured over each interval, one after the other', async () => {
    await withSites(async ({ paris }) => {
      const measured = await paris.guests.measureDirty('app', [1, 3], signal);
      expect(measured.map(({ seconds }) => seconds)).toEqual([1, 3]);
      expect(measured.every(({ bytesPerSecond }) => bytesPerSecond > 0)).toBe(true);
    });
  });
}
