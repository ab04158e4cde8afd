import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { LonghaulError } from '../../../topology/errors.ts';

/**
 * One process at a time has a state directory open. A holder's file is `lock-<n>`, made whole in one step (link); the
 * highest n counts. A holder that is dead is not removed but overtaken: whoever links n + 1 first has the lock, and
 * only the holder takes lower ones away. So two that both find a dead holder cannot both succeed it.
 */
export interface Lock {
  release(): void;
}

export interface Holder {
  readonly pid: number;
  readonly host: string;
  /** The machine's boot, and when in it the process started: a pid alone is used again. Null where not known. */
  readonly boot: string | null;
  readonly started: string | null;
}

/** Takes the lock, or throws LH_STATE_LOCKED naming the process that has it. */
export function takeLock(directory: string): Lock {
  const draft = path.join(directory, `lock.${process.pid}`);
  fs.writeFileSync(draft, JSON.stringify(thisProcess()), { mode: 0o600 });
  try {
    for (;;) {
      const highest = highestLock(directory);
      const holder = highest === 0 ? null : readHolder(lockPath(directory, highest));
      if (holder !== null && isAlive(holder)) throw locked(directory, holder, lockPath(directory, highest));
      if (tryLink(draft, directory, highest + 1)) return lockOf(directory, highest + 1);
    }
  } finally {
    fs.rmSync(draft, { force: true });
  }
}

/** Who has the directory open now; null: nobody. */
export function lockHolder(directory: string): Holder | null {
  const highest = highestLock(directory);
  const holder = highest === 0 ? null : readHolder(lockPath(directory, highest));
  return holder !== null && isAlive(holder) ? holder : null;
}

function tryLink(draft: string, directory: string, number: number): boolean {
  try {
    fs.linkSync(draft, lockPath(directory, number));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
  if (highestLock(directory) === number) return true;
  fs.rmSync(lockPath(directory, number), { force: true }); // a faster one was already past us and had cleaned up
  return false;
}

function lockOf(directory: string, number: number): Lock {
  for (const lower of lockNumbers(directory).filter((each) => each < number))
    fs.rmSync(lockPath(directory, lower), { force: true });
  return { release: () => fs.rmSync(lockPath(directory, number), { force: true }) };
}

const lockPath = (directory: string, number: number): string => path.join(directory, `lock-${number}`);
const highestLock = (directory: string): number => Math.max(0, ...lockNumbers(directory));

function lockNumbers(directory: string): readonly number[] {
  return fs.readdirSync(directory).flatMap((name) => {
    const match = /^lock-(\d+)$/.exec(name);
    return match === null ? [] : [Number(match[1])];
  });
}

const holderSchema = z.object({
  pid: z.int(),
  host: z.string(),
  boot: z.string().nullable(),
  started: z.string().nullable(),
});

/** Null when it went away meanwhile. */
function readHolder(file: string): Holder | null {
  try {
    return holderSchema.parse(JSON.parse(fs.readFileSync(file, 'utf8')));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw new LonghaulError('LH_INPUT_UNREADABLE', [file, String(error)], { cause: error });
  }
}

function thisProcess(): Holder {
  return { pid: process.pid, host: os.hostname(), boot: bootOf(), started: startOf(process.pid) };
}

/** Of a process on another machine nobody here can say that it is dead. */
function isAlive(holder: Holder): boolean {
  if (holder.host !== os.hostname()) return true;
  if (holder.boot !== bootOf()) return false;
  if (holder.started !== null) return startOf(holder.pid) === holder.started;
  try {
    process.kill(holder.pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

const bootOf = (): string | null => readProc('/proc/sys/kernel/random/boot_id');

/**
 * Field 22 of /proc/PID/stat (proc(5)): clock ticks since boot; the name in field 2 may hold blanks and brackets. Null
 * for a process that is not there, or that has ended and only waits for its parent (field 3: Z).
 */
function startOf(pid: number): string | null {
  const stat = readProc(`/proc/${pid}/stat`);
  const [state, ...fields] = stat?.slice(stat.lastIndexOf(')') + 2).split(' ') ?? [];
  return state === 'Z' ? null : (fields[22 - 4] ?? null);
}

function readProc(file: string): string | null {
  try {
    return fs.readFileSync(file, 'utf8').trim();
  } catch {
    return null;
  }
}

function locked(directory: string, { pid, host }: Holder, file: string): LonghaulError {
  const holder =
    host === os.hostname()
      ? `${pid}`
      : `${pid} on machine '${host}' (if that machine is gone for good, remove ${file})`;
  return new LonghaulError('LH_STATE_LOCKED', [directory, holder]);
}
