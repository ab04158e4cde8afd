import type { Command } from 'commander';
import { LonghaulError } from '../../../topology/errors.ts';
import { labDirectories } from '../../lab/files.ts';
import type { LabWorld } from '../../lab/world.ts';
import { startProcess } from '../../world/processes.ts';
import { realClock, runCommand } from '../../world/real.ts';
import { addExample, addJsonOption } from '../render/help.ts';
import { printNote } from '../render/output.ts';

/** What the lab's commands share. */
export interface LabCommandOptions {
  readonly prefix: string;
  readonly json: boolean;
}

export function addLabOptions(
  command: Command,
  { prefix = 'lh-', example }: { prefix?: string; example: readonly string[] },
): void {
  command.option('--prefix <text>', 'start of the names of all that the lab makes', prefix);
  addExample(addJsonOption(command), example);
}

/** The real world, with Ctrl-C and SIGTERM as its signal: what is half built is taken down before the command ends. */
export function createLabWorld(prefix: string): LabWorld {
  if (!/^[a-z][a-z0-9-]{0,15}$/.test(prefix))
    throw new LonghaulError('LH_OPTION_INVALID', ['--prefix', `'${prefix}' is not a short name like 'lh-'`]);
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => controller.abort(new LonghaulError('LH_LAB_INTERRUPTED', [signal])));
  return {
    run: runCommand,
    start: startProcess,
    clock: realClock,
    directories: labDirectories(prefix),
    say: (line) => printNote(`lab: ${line}`),
    signal: controller.signal,
  };
}

export function wholeNumber(name: string, text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new LonghaulError('LH_OPTION_INVALID', [name, `'${text}' is not a whole number`]);
}
