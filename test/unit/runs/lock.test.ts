import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { lockHolder, takeLock } from '../../../src/runs/store/lock.ts';

let directory: string;
const children: ChildProcess[] = [];
beforeEach(async () => {
  directory = await fs.mkdtemp(path.join(os.tmpdir(), 'longhaul-lock-'));
});
afterEach(async () => {
  for (const child of children.splice(0)) await kill(child);
  await fs.rm(directory, { recursive: true });
});

async function startTaker(): Promise<{ readonly child: ChildProcess; readonly said: string }> {
  const script = path.join(import.meta.dirname, '../../support/take-lock.ts');
  const child = spawn(process.execPath, ['--import', 'tsx', script, directory], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  const [said] = (await once(child.stdout, 'data')) as [Buffer];
  return { child, said: said.toString().trim() };
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

test('a second taker is told which process has the lock', async () => {
  const { child } = await startTaker();
  expect(() => takeLock(directory)).toThrow(
    `State directory '${directory}' is held by process ${child.pid!}`,
  );
  expect(lockHolder(directory)).toMatchObject({ pid: child.pid, host: os.hostname() });
});

test('a released lock leaves nothing behind and is free', async () => {
  takeLock(directory).release();
  expect(lockHolder(directory)).toBeNull();
  expect(await fs.readdir(directory)).toEqual([]);
});

test('the lock of a killed process is taken over', async () => {
  const { child } = await startTaker();
  await kill(child);
  const lock = takeLock(directory);
  expect(await fs.readdir(directory)).toEqual(['lock-2']);
  lock.release();
});

test('of six that find a dead holder exactly one takes over', async () => {
  await kill((await startTaker()).child);
  const takers = await Promise.all(Array.from({ length: 6 }, () => startTaker()));
  const winners = takers.filter(({ said }) => said === 'taken');
  expect(winners).toHaveLength(1);
  for (const { said } of takers.filter((taker) => !winners.includes(taker)))
    expect(said).toBe(`State directory '${directory}' is held by process ${winners[0]!.child.pid!}`);
});

test('a live process that only has the same pid as a dead holder does not hold the lock', async () => {
  const holder = { pid: process.pid, host: os.hostname(), boot: await bootId(), started: '1' };
  await fs.writeFile(path.join(directory, 'lock-7'), JSON.stringify(holder));
  takeLock(directory).release();
});

test('a holder from before a reboot is dead', async () => {
  const holder = { pid: process.pid, host: os.hostname(), boot: 'another', started: null };
  await fs.writeFile(path.join(directory, 'lock-7'), JSON.stringify(holder));
  takeLock(directory).release();
});

test('a holder on another machine is believed to live, and the message says what to do if it does not', async () => {
  const holder = { pid: 12, host: 'other', boot: null, started: null };
  await fs.writeFile(path.join(directory, 'lock-7'), JSON.stringify(holder));
  expect(() => takeLock(directory)).toThrow(
    `is held by process 12 on machine 'other' (if that machine is gone for good, remove ${directory}/lock-7)`,
  );
});

const bootId = async (): Promise<string> =>
  (await fs.readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
