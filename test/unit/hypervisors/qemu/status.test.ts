import { expect, test } from 'vitest';
import {
  type GuestModel,
  progressOf,
  stateOf,
  transferStatus,
} from '../../../../src/hypervisors/qemu/status.ts';

const model = (changes: Partial<GuestModel>): GuestModel => ({
  role: 'home',
  isAlive: true,
  executes: true,
  migration: null,
  ...changes,
});
const incoming = { role: 'incoming', executes: false } as const;
const inward = (status: string) => ({ direction: 'in', status }) as const;
const outward = (status: string) => ({ direction: 'out', status }) as const;

test('the state of a guest follows from its role, its process, its CPUs and its migration', () => {
  const rows: readonly (readonly [Partial<GuestModel>, string])[] = [
    [{ isAlive: false, executes: false }, 'stopped'],
    [{ ...incoming, isAlive: false }, 'failed'],
    [{}, 'running'],
    [{ role: 'incoming', migration: inward('completed') }, 'running'],
    [{ ...incoming, migration: inward('none') }, 'incoming'],
    [{ ...incoming, migration: inward('active') }, 'incoming'],
    [{ ...incoming, migration: inward('failed') }, 'incoming'],
    [{ ...incoming, migration: inward('completed') }, 'loaded'],
    [{ ...incoming, migration: inward('postcopy-active') }, 'loaded'],
    [{ executes: false }, 'paused'],
    [{ executes: false, migration: outward('active') }, 'paused'],
    [{ executes: false, migration: outward('postcopy-active') }, 'paused'],
    [{ executes: false, migration: outward('completed') }, 'sent'],
    // Stopped by its operator at its new home: it was never sent from there.
    [{ executes: false, migration: inward('completed') }, 'paused'],
  ];
  expect(rows.map(([changes]) => stateOf(model(changes)))).toEqual(rows.map(([, state]) => state));
});

test('a stream is in its switchover when the guest stands still, and over when QEMU says so', () => {
  expect(
    ['setup', 'active', 'device', 'postcopy-paused', 'cancelling', 'failed', 'none'].map((status) => [
      transferStatus(status, true),
      transferStatus(status, false),
    ]),
  ).toEqual([
    ['setup', 'setup'],
    ['active', 'switchover'],
    ['switchover', 'switchover'],
    ['post-copy', 'post-copy'],
    ['active', 'switchover'],
    ['failed', 'failed'],
    [null, null],
  ]);
});

const ram = {
  transferred: 5000,
  remaining: 3000,
  total: 9000,
  duplicate: 4,
  normal: 1,
  'dirty-pages-rate': 10,
  mbps: 80,
  'dirty-sync-count': 2,
  'postcopy-requests': 0,
  'page-size': 4096,
};
const moments = { stoppedAtSeconds: null, resumedAtSeconds: null };

test('figures are in base units, and the last ones are kept when QEMU forgets them', () => {
  const active = model({ migration: outward('active') });
  const first = progressOf(
    { status: 'active', 'total-time': 1500, 'setup-time': 70, 'cpu-throttle-percentage': 20, ram },
    { model: active, moments, before: null },
  );
  expect(first).toEqual({
    status: 'active',
    elapsedSeconds: 1.5,
    transferredBytes: 5000,
    remainingBytes: 3000,
    totalBytes: 9000,
    bytesPerSecond: 10_000_000,
    dirtyBytesPerSecond: 40_960,
    passes: 2,
    throttleRatio: 0.2,
    downtimeSeconds: null,
    setupSeconds: 0.07,
    normalPages: 1,
    zeroPages: 4,
    postcopyRequests: 0,
    ...moments,
    error: null,
  });
  const failed = model({ migration: outward('failed') });
  const last = progressOf(
    { status: 'failed', 'error-desc': 'Connection reset' },
    { model: failed, moments, before: first },
  );
  expect(last).toEqual({ ...first, status: 'failed', error: 'Connection reset' });
});
