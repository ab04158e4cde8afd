import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { LonghaulError } from '../../topology/errors.ts';
import type { Clock } from '../../topology/world.ts';

/**
 * Processes that outlive the one that starts them. A pid alone names nobody for long; pid and start time (field 22 of
 * /proc/PID/stat, in clock ticks since boot) name one process until the machine restarts.
 */
export interface ProcessIdentity {
  readonly pid: number;
  readonly startTicks: number;
}

export interface StartOptions {
  /** Standard output and error are appended to it. */
  readonly logFile: string;
  readonly environment?: Readonly<Record<string, string>>;
}

export type StartProcess = (argv: readonly string[], options: StartOptions) => Promise<ProcessIdentity>;

/** Starts the argument vector in a session of its own, without standard input. */
export const startProcess: StartProcess = async ([program, ...rest], { logFile, environment }) => {
  const log = openSync(logFile, 'a', 0o600);
  try {
    const child = spawn(program ?? '', rest, {
      detached: true,
      stdio: ['ignore', log, log],
      env: { ...process.env, ...environment },
    });
    const pid = await new Promise<number>((resolve, reject) => {
      child.once('spawn', () => resolve(child.pid ?? -1));
      child.once('error', (cause) =>
        reject(new LonghaulError('LH_COMMAND_FAILED', [program ?? '', -1, cause.message], { cause })),
      );
    });
    child.unref();
    const identity = await identify(pid);
    if (identity === null)
      throw new LonghaulError('LH_COMMAND_FAILED', [program ?? '', -1, `it ended at once; see ${logFile}`]);
    return identity;
  } finally {
    closeSync(log);
  }
};

/** Who has this pid now; null when nobody, or one that has ended and only waits to be reaped. */
export async function identify(pid: number): Promise<ProcessIdentity | null> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
  if (stat === null) return null;
  const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return state === 'Z' ? null : { pid, startTicks: Number(fields[18]) };
}

export async function isRunning({ pid, startTicks }: ProcessIdentity): Promise<boolean> {
  return (await identify(pid))?.startTicks === startTicks;
}

export function sendSignal({ pid }: ProcessIdentity, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ESRCH') throw cause;
  }
}

/** SIGTERM to all that still run, SIGKILL to those left after `graceSeconds`; returns when none is left. */
export async function endProcesses(
  processes: readonly ProcessIdentity[],
  { clock, graceSeconds }: { readonly clock: Clock; readonly graceSeconds: number },
): Promise<void> {
  let left = await stillRunning(processes);
  for (const one of left) sendSignal(one, 'SIGTERM');
  const deadline = clock.monotonicSeconds() + graceSeconds;
  let killed = false;
  while (left.length > 0) {
    await clock.sleep(0.02);
    left = await stillRunning(left);
    if (killed || clock.monotonicSeconds() < deadline) continue;
    for (const one of left) sendSignal(one, 'SIGKILL');
    killed = true;
  }
}

async function stillRunning(processes: readonly ProcessIdentity[]): Promise<readonly ProcessIdentity[]> {
  const running = await Promise.all(processes.map(isRunning));
  return processes.filter((_, index) => running[index]);
}
