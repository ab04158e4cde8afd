import { expect, test } from 'vitest';
import type { TransferSettings } from '../../planners/plan/plan.ts';
import type { Hypervisor } from '../../src/hypervisors/hypervisor.ts';
import type { GuestState, TargetSpec, TransferProgress } from '../../src/site/site.ts';
import type { Clock } from '../../topology/world.ts';

/**
 * What every hypervisor driver does, over two hosts: 'paris-1', where the guest 'app' runs and its counter goes, and
 * 'lyon-1'. Each test starts from a fresh pair.
 */
export interface HypervisorPair {
  paris: Hypervisor;
  lyon: Hypervisor;
  readonly clock: Clock;
  /** Both drivers are dropped without a word, as by a kill -9 of their agents, and opened again. */
  reopen(): Promise<void>;
  /** The address that the source is to send to, when it is not the target's own: a path that can be cut. */
  pathTo(uri: string): Promise<string>;
  /** From now on the path swallows everything without a word. */
  cutPath(): void;
  /** The copy at 'lyon-1' dies with its hypervisor's process. */
  killTarget(): Promise<void>;
  /** So slow that a transfer is still in its first pass after seconds. */
  readonly crawlBytesPerSecond: number;
  /** The guest at 'paris-1' switches itself off. */
  powerOff(): Promise<void>;
}

export const transferSettings: TransferSettings = {
  mode: 'pre-copy',
  maxBandwidthBytesPerSecond: null,
  downtimeLimitSeconds: 0.3,
  autoConverge: false,
  xbzrleCacheBytes: 0,
  multifdChannels: 0,
  compress: false,
  timeoutSeconds: 600,
};

const signal = AbortSignal.timeout(1_200_000);
const patienceSeconds = 60;

export async function targetSpec(source: Hypervisor, host: string): Promise<TargetSpec> {
  const definition = await source.define('app', signal);
  return { host, content: 'guest', settings: transferSettings, nics: [], definition };
}

/** The first inspection that is as wanted. */
export async function eventually(
  clock: Clock,
  hypervisor: Hypervisor,
  wanted: (guest: GuestState) => boolean,
): Promise<GuestState> {
  const untilSeconds = clock.monotonicSeconds() + patienceSeconds;
  for (;;) {
    const guest = await hypervisor.inspect('app', signal);
    if (wanted(guest)) return guest;
    if (clock.monotonicSeconds() > untilSeconds) throw new Error(`still ${JSON.stringify(guest)}`);
    await clock.sleep(0.02);
  }
}

const inState = (state: GuestState['state']) => (guest: GuestState) => guest.state === state;
const inTransfer = (status: TransferProgress['status']) => (guest: GuestState) =>
  guest.transfer?.status === status;

async function begin(pair: HypervisorPair, change: Partial<TransferSettings> = {}): Promise<void> {
  const settings = { ...transferSettings, ...change };
  const spec = { ...(await targetSpec(pair.paris, 'lyon-1')), settings };
  const { uri } = await pair.lyon.prepareTarget('app', spec, signal);
  const order = { uri: await pair.pathTo(uri), content: 'guest' as const, settings };
  await pair.paris.startTransfer('app', order, signal);
}

async function beginSlowly(pair: HypervisorPair, change: Partial<TransferSettings> = {}): Promise<void> {
  await begin(pair, { maxBandwidthBytesPerSecond: pair.crawlBytesPerSecond, ...change });
  await eventually(pair.clock, pair.paris, (guest) => (guest.transfer?.transferredBytes ?? 0) > 0);
}

async function send(pair: HypervisorPair): Promise<void> {
  await begin(pair);
  await eventually(pair.clock, pair.paris, inState('sent'));
  await eventually(pair.clock, pair.lyon, inState('loaded'));
}

/** The counter goes on: reads it until it is higher than it was. */
async function expectBeating(clock: Clock, hypervisor: Hypervisor, above = 0): Promise<number> {
  const untilSeconds = clock.monotonicSeconds() + patienceSeconds;
  let first: number | null = null;
  for (;;) {
    const count = (await hypervisor.heartbeat('app', signal))?.count ?? 0;
    if (first !== null && count > first && count > above) return count;
    first ??= count;
    if (clock.monotonicSeconds() > untilSeconds) throw new Error(`the counter stands still at ${count}`);
    await clock.sleep(0.05);
  }
}

const statesOf = async ({ paris, lyon }: HypervisorPair): Promise<string> =>
  `${(await paris.inspect('app', signal)).state} ${(await lyon.inspect('app', signal)).state}`;

/** The states as they were told, each once. */
function record(hypervisor: Hypervisor): string[] {
  const states: string[] = [];
  hypervisor.onChange(({ state }) => {
    if (states.at(-1) !== state) states.push(state);
  });
  return states;
}

export function hypervisorSuite(
  withPair: (use: (pair: HypervisorPair) => Promise<void>) => Promise<void>,
): void {
  test('a guest is seen where it is, with what it is made of', async () => {
    await withPair(async (pair) => {
      const { paris, lyon } = pair;
      const guest = await paris.inspect('app', signal);
      expect(guest).toMatchObject({ workload: 'app', host: 'paris-1', state: 'running', transfer: null });
      expect(guest.residentBytes).toBeGreaterThan(0);
      expect(guest.residentBytes).toBeLessThanOrEqual(guest.memoryBytes);
      expect((await paris.guests(signal)).map(({ workload }) => workload)).toEqual(['app']);
      expect(await lyon.inspect('app', signal)).toMatchObject({ state: 'absent', transfer: null });
      expect(await lyon.guests(signal)).toEqual([]);
      const host = await lyon.describe(signal);
      expect([host.name, lyon.host]).toEqual(['lyon-1', 'lyon-1']);
      expect(host.machineTypes).toContain(guest.machineType);
      expect(await paris.measureDirty('app', 1, signal)).toBeGreaterThan(0);
    });
  });

  test('a guest moves: it stands still between sent and resume, and its counter goes on where it was', async () => {
    await withPair(async (pair) => {
      const changes = { paris: record(pair.paris), lyon: record(pair.lyon) };
      await send(pair);
      const atStop = (await pair.paris.heartbeat('app', signal))?.count ?? 0;
      await pair.clock.sleep(1);
      expect(await statesOf(pair)).toBe('sent loaded');
      await pair.lyon.resume('app', signal);
      await expectBeating(pair.clock, pair.lyon, atStop);
      await pair.paris.discard('app', signal);
      expect(await statesOf(pair)).toBe('absent running');
      expect(changes.paris).toEqual(['running', 'paused', 'sent', 'absent']);
      expect(changes.lyon).toEqual(['incoming', 'loaded', 'running']);
      const { transfer } = await pair.lyon.inspect('app', signal);
      expect(transfer?.resumedAtSeconds).toBeGreaterThan(0);
    });
  });

  test('every call a second time changes nothing', async () => {
    await withPair(async (pair) => {
      await begin(pair);
      await begin(pair);
      await eventually(pair.clock, pair.lyon, inState('loaded'));
      await eventually(pair.clock, pair.paris, inState('sent'));
      await begin(pair);
      expect(await statesOf(pair)).toBe('sent loaded');
      for (const _twice of [1, 2]) await pair.lyon.resume('app', signal);
      for (const _twice of [1, 2]) await pair.paris.discard('app', signal);
      for (const _twice of [1, 2]) await pair.paris.cancelTransfer('app', signal);
      expect(await statesOf(pair)).toBe('absent running');
    });
  });

  test('a cancelled transfer leaves the guest running at the source, and a new one can begin', async () => {
    await withPair(async (pair) => {
      await beginSlowly(pair);
      await pair.paris.cancelTransfer('app', signal);
      expect(await pair.paris.inspect('app', signal)).toMatchObject({
        state: 'running',
        transfer: { status: 'cancelled' },
      });
      await eventually(pair.clock, pair.lyon, inState('failed'));
      await pair.lyon.discard('app', signal);
      expect(await statesOf(pair)).toBe('running absent');
      await send(pair);
      expect(await statesOf(pair)).toBe('sent loaded');
    });
  });

  test('a guest that was sent and not resumed runs on at the source once the copy is discarded, and can be sent again', async () => {
    await withPair(async (pair) => {
      await send(pair);
      const atStop = (await pair.paris.heartbeat('app', signal))?.count ?? 0;
      await pair.lyon.discard('app', signal);
      await pair.paris.cancelTransfer('app', signal);
      expect(await statesOf(pair)).toBe('running absent');
      await expectBeating(pair.clock, pair.paris, atStop);
      await send(pair);
      expect(await statesOf(pair)).toBe('sent loaded');
    });
  });

  test('what would lose data or make a second copy is refused', async () => {
    await withPair(async (pair) => {
      const { paris, lyon } = pair;
      const refused = { code: 'LH_GUEST_STATE' };
      await expect(paris.discard('app', signal)).rejects.toMatchObject(refused);
      await expect(
        paris.prepareTarget('app', await targetSpec(paris, 'paris-1'), signal),
      ).rejects.toMatchObject(refused);
      await beginSlowly(pair);
      await expect(lyon.resume('app', signal)).rejects.toMatchObject(refused);
      await expect(lyon.start('app', await targetSpec(paris, 'lyon-1'), signal)).rejects.toMatchObject(
        refused,
      );
      await paris.adjustTransfer('app', { maxBandwidthBytesPerSecond: null }, signal);
      await eventually(pair.clock, paris, inState('sent'));
      await expect(paris.resume('app', signal)).rejects.toMatchObject(refused);
      await expect(paris.start('app', await targetSpec(paris, 'paris-1'), signal)).rejects.toMatchObject(
        refused,
      );
      expect(await statesOf(pair)).toBe('sent loaded');
    });
  });

  test('the drivers are killed and opened again in the middle of a transfer, when it has ended, and after the resume', async () => {
    await withPair(async (pair) => {
      await beginSlowly(pair);
      await pair.reopen();
      expect(await pair.paris.inspect('app', signal)).toMatchObject({
        state: 'running',
        transfer: { status: 'active' },
      });
      expect(await pair.lyon.inspect('app', signal)).toMatchObject({ state: 'incoming' });
      await pair.paris.adjustTransfer('app', { maxBandwidthBytesPerSecond: null }, signal);
      await eventually(pair.clock, pair.paris, inState('sent'));
      await eventually(pair.clock, pair.lyon, inState('loaded'));
      await pair.reopen();
      expect(await statesOf(pair)).toBe('sent loaded');
      await pair.lyon.resume('app', signal);
      await pair.reopen();
      expect(await statesOf(pair)).toBe('sent running');
      await pair.paris.discard('app', signal);
      await pair.reopen();
      expect(await statesOf(pair)).toBe('absent running');
      await expectBeating(pair.clock, pair.lyon);
    });
  });

  test('a path that is cut without a word is given up by a reset, and the guest runs on', async () => {
    await withPair(async (pair) => {
      await beginSlowly(pair);
      pair.cutPath();
      await pair.clock.sleep(1);
      await pair.paris.resetTransfer('app', signal);
      const guest = await eventually(pair.clock, pair.paris, inTransfer('failed'));
      expect(guest).toMatchObject({ state: 'running' });
      expect(guest.transfer?.error).not.toBeNull();
      await expectBeating(pair.clock, pair.paris);
      await pair.lyon.discard('app', signal);
      expect(await statesOf(pair)).toBe('running absent');
    });
  });

  test('a transfer over a path that was cut without a word can be cancelled', async () => {
    await withPair(async (pair) => {
      await beginSlowly(pair);
      pair.cutPath();
      await pair.clock.sleep(1);
      await pair.paris.cancelTransfer('app', signal);
      expect((await pair.paris.inspect('app', signal)).state).toBe('running');
      await expectBeating(pair.clock, pair.paris);
    });
  });

  test('a target that dies before it was resumed leaves the guest running at the source', async () => {
    await withPair(async (pair) => {
      await beginSlowly(pair);
      await pair.killTarget();
      expect(await eventually(pair.clock, pair.paris, inTransfer('failed'))).toMatchObject({
        state: 'running',
      });
      expect((await eventually(pair.clock, pair.lyon, inState('failed'))).transfer?.status).toBe('failed');
      await pair.lyon.discard('app', signal);
      await send(pair);
      await pair.killTarget();
      await eventually(pair.clock, pair.lyon, inState('failed'));
      await pair.lyon.discard('app', signal);
      await pair.paris.cancelTransfer('app', signal);
      await expectBeating(pair.clock, pair.paris);
      expect(await statesOf(pair)).toBe('running absent');
    });
  });

  test('post-copy: the guest runs at the target before its memory is there, and cannot be cancelled any more', async () => {
    await withPair(async (pair) => {
      if (!pair.paris.supportsPostCopy) return;
      await beginSlowly(pair, { mode: 'hybrid' });
      await pair.paris.adjustTransfer('app', { mode: 'post-copy' }, signal);
      await eventually(pair.clock, pair.lyon, inState('loaded'));
      await expect(pair.paris.cancelTransfer('app', signal)).rejects.toThrow(/post-copy/);
      await pair.lyon.resume('app', signal);
      await eventually(pair.clock, pair.paris, inState('sent'));
      await expectBeating(pair.clock, pair.lyon);
      await pair.paris.discard('app', signal);
      expect(await statesOf(pair)).toBe('absent running');
    });
  });

  test('a guest that is switched off starts again where its home is', async () => {
    await withPair(async (pair) => {
      const spec = await targetSpec(pair.paris, 'paris-1');
      await pair.powerOff();
      await eventually(pair.clock, pair.paris, inState('stopped'));
      await pair.paris.shutdown('app', signal);
      await pair.reopen();
      for (const _twice of [1, 2]) await pair.paris.start('app', spec, signal);
      expect((await pair.paris.inspect('app', signal)).state).toBe('running');
      await expectBeating(pair.clock, pair.paris);
    });
  });
}
