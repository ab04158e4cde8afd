import { LonghaulError } from '../../../topology/errors.ts';
import type { RunCommand } from '../../../topology/world.ts';
import { tapName } from './arguments.ts';
import type { QemuHost } from './configuration.ts';
import type { GuestDefinition } from './definition.ts';
import { bridgeOf } from './fit.ts';
import { commandSecondsMax } from './limits.ts';

/** Joins the TAP devices that QEMU has made for a guest's cards to the bridges of their networks. */
export async function plugIn(
  run: RunCommand,
  host: QemuHost,
  { definition, signal }: { readonly definition: GuestDefinition; readonly signal: AbortSignal },
): Promise<void> {
  const { workload, nics } = definition;
  for (const [index, { network }] of nics.entries()) {
    const change = ['dev', tapName(workload, index), 'master', bridgeOf(host, workload, network), 'up'];
    const argv = [...host.commandPrefix, 'ip', 'link', 'set', ...change];
    const { exitCode, stderr } = await run(argv, { timeoutSeconds: commandSecondsMax, signal });
    if (exitCode !== 0)
      throw new LonghaulError('LH_COMMAND_FAILED', [argv.join(' '), exitCode, stderr.trim()]);
  }
}
