import { readFile } from 'node:fs/promises';
import { LonghaulError } from '../../../topology/errors.ts';
import type { Clock, RunCommand } from '../../../topology/world.ts';
import type { GuestFiles, QemuHost } from './configuration.ts';
import { commandSecondsMax, pollSeconds } from './limits.ts';

/**
 * The operating system's side of one QEMU process. It is a daemon of its own: it lives on when its agent dies, and is
 * found again by its process id, if that process still names our id file in its arguments.
 */
export async function findProcess(files: GuestFiles): Promise<number | null> {
  const text = await readFile(files.pid, 'utf8').catch(() => null);
  const pid = text === null ? Number.NaN : Number(text.trim());
  if (!Number.isInteger(pid) || pid <= 1) return null;
  const commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  return commandLine.split('\0').includes(files.pid) ? pid : null;
}

/** QEMU answers when it has opened its devices and its monitor, or with what it could not do. */
export async function startProcess(
  run: RunCommand,
  argv: readonly string[],
  {
    host,
    timeoutSeconds,
    signal,
  }: {
    readonly host: string;
    readonly timeoutSeconds: number;
    readonly signal: AbortSignal;
  },
): Promise<void> {
  const { exitCode, stderr } = await run(argv, { timeoutSeconds, signal });
  if (exitCode !== 0)
    throw new LonghaulError('LH_HYPERVISOR_FAILED', [
      host,
      `QEMU did not start: ${stderr.trim() || exitCode}`,
    ]);
}

/** True when it has ended within the time. */
export async function hasEnded(
  files: GuestFiles,
  {
    clock,
    seconds,
    signal,
  }: { readonly clock: Clock; readonly seconds: number; readonly signal: AbortSignal },
): Promise<boolean> {
  const untilSeconds = clock.monotonicSeconds() + seconds;
  while ((await findProcess(files)) !== null) {
    if (clock.monotonicSeconds() >= untilSeconds) return false;
    await clock.sleep(pollSeconds, signal);
  }
  return true;
}

export async function killProcess(files: GuestFiles): Promise<void> {
  const pid = await findProcess(files);
  if (pid !== null) process.kill(pid, 'SIGKILL');
}

/**
 * Ends the TCP connections to where a stream goes, by the kernel (sock_diag destroy): also of a QEMU that answers
 * nobody. The guest's own connections are not this host's and are not touched.
 */
export async function destroyConnections(
  run: RunCommand,
  { commandPrefix }: Pick<QemuHost, 'commandPrefix'>,
  uri: string,
): Promise<void> {
  const [, address = '', port = ''] = uri.split(':');
  const argv = [...commandPrefix, 'ss', '-K', '-t', 'dst', address, 'dport', '=', port];
  const { exitCode, stderr } = await run(argv, { timeoutSeconds: commandSecondsMax });
  if (exitCode !== 0) throw new LonghaulError('LH_COMMAND_FAILED', [argv.join(' '), exitCode, stderr.trim()]);
}

/**
 * Resident bytes of the guest's memory: of the smallest mapping that can hold all of it. Null when it cannot be read.
 * The process's own total would be 150 to 300 MiB too much.
 */
export async function residentBytes(files: GuestFiles, memoryBytes: number): Promise<number | null> {
  const pid = await findProcess(files);
  const text = pid === null ? null : await readFile(`/proc/${pid}/smaps`, 'utf8').catch(() => null);
  if (text === null) return null;
  const sizes = [...text.matchAll(/^Size:\s+(\d+) kB[^]*?^Rss:\s+(\d+) kB/gm)]
    .map(([, size, resident]) => ({ size: Number(size) * 1024, resident: Number(resident) * 1024 }))
    .filter(({ size }) => size >= memoryBytes)
    .sort((a, b) => a.size - b.size);
  return sizes[0] === undefined ? null : Math.min(sizes[0].resident, memoryBytes);
}
