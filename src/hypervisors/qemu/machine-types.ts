import { LonghaulError } from '../../../topology/errors.ts';
import type { RunCommand } from '../../../topology/world.ts';
import type { QemuHost } from './configuration.ts';
import { commandSecondsMax } from './limits.ts';

const known = new WeakMap<QemuHost, readonly string[]>();

/** Versioned machine types that this QEMU can build; asked once. */
export async function machineTypes(
  run: RunCommand,
  host: QemuHost,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const cached = known.get(host);
  if (cached !== undefined) return cached;
  const argv = [host.program, '-machine', 'help'];
  const { exitCode, stdout, stderr } = await run(argv, { timeoutSeconds: commandSecondsMax, signal });
  if (exitCode !== 0) throw new LonghaulError('LH_COMMAND_FAILED', [argv.join(' '), exitCode, stderr.trim()]);
  const types = parseMachineTypes(stdout);
  known.set(host, types);
  return types;
}

/** First word of each line, where it ends in a version. */
export const parseMachineTypes = (text: string): readonly string[] =>
  text
    .split('\n')
    .map((line) => line.split(/\s/, 1)[0] ?? '')
    .filter((type) => /-\d+\.\d+$/.test(type))
    .sort();
