import { mkdir, open, rm } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { LonghaulError } from '../../topology/errors.ts';
import { identify, isRunning } from '../world/processes.ts';
import { readJsonIfThere } from './files.ts';

/** One `up` or `down` at a time: the lock names its holder, and a holder that has died holds nothing. */
const lockSchema = z.object({ pid: z.int(), startTicks: z.int() });

export async function withLock<T>(folder: string, name: string, work: () => Promise<T>): Promise<T> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const file = path.join(folder, `${name}.lock`);
  await take(file, name);
  try {
    return await work();
  } finally {
    await rm(file, { force: true });
  }
}

async function take(file: string, name: string): Promise<void> {
  const self = await identify(process.pid);
  if (await create(file, self)) return;
  const holder = await readJsonIfThere(file, lockSchema).catch(() => null);
  if (holder !== null && (await isRunning(holder)))
    throw new LonghaulError('LH_LAB_BUSY', [holder.pid, name]);
  await rm(file, { force: true });
  if (!(await create(file, self))) throw new LonghaulError('LH_LAB_BUSY', ['another', name]);
}

async function create(file: string, holder: unknown): Promise<boolean> {
  try {
    const handle = await open(file, 'wx', 0o600);
    await handle.writeFile(JSON.stringify(holder));
    await handle.close();
    return true;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw cause;
  }
}
