import { writeFile } from 'node:fs/promises';
import { setPriority } from 'node:os';
import { type Command, Option } from 'commander';
import { LonghaulError } from '../../../topology/errors.ts';
import { labDirectories } from '../../lab/files.ts';
import { labPriority } from '../../lab/limits.ts';
import type { LabWorld } from '../../lab/world.ts';
import { defaultProfile, linkShape, profiles, type ShapeOptions } from '../../lab/profiles.ts';
import type { LabOptions } from '../../lab/up.ts';
import { startProcess, type StartProcess } from '../../world/processes.ts';
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

/** What the lab is to be like: for `up` and for `demo`. */
export interface LabShapeOptions extends ShapeOptions {
  readonly seed: string;
  readonly congestionControl?: string;
  readonly guests: string;
  readonly memory: string;
  readonly dirty: string;
}

export function addLabShapeOptions(command: Command): void {
  command
    .addOption(
      new Option('--profile <name>', 'kind of WAN').choices(Object.keys(profiles)).default(defaultProfile),
    )
    .option('--rtt <time>', "round-trip time instead of the profile's")
    .option('--jitter <time>', "most that a frame's delay differs from it, each way")
    .option('--rate <rate>', "rate instead of the profile's")
    .option('--loss <ratio>', 'share of frames lost, each way')
    .option('--buffer <time>', 'how much the routers queue before they drop')
    .option('--seed <number>', 'what losses and jitter are drawn from', '1')
    .option('--congestion-control <name>', "of TCP in every namespace, instead of the machine's")
    .option('--guests <number>', 'guests at site a', '2')
    .option('--memory <mebibytes>', 'memory of each guest', '256')
    .option(
      '--dirty <list>',
      'what each guest writes: used MiB, pages/s, set MiB, pattern, content[, period ms, duty %]',
      '48,500,16,random,random',
    );
}

export function labOptions(options: LabCommandOptions & LabShapeOptions): LabOptions {
  return {
    prefix: options.prefix,
    profile: options.profile,
    shape: linkShape(options),
    seed: wholeNumber('--seed', options.seed),
    congestionControl: options.congestionControl ?? null,
    guests: {
      count: wholeNumber('--guests', options.guests),
      memoryMebibytes: wholeNumber('--memory', options.memory),
      dirty: options.dirty,
    },
  };
}

/** Linux weighs whole sessions against each other, and nice values only inside one (sched(7), autogroup). */
const startBefore: StartProcess = async (argv, options) => {
  const identity = await startProcess(argv, options);
  await writeFile(`/proc/${identity.pid}/autogroup`, String(labPriority)).catch(() => undefined); // a kernel without
  return identity;
};

/** The real world, with Ctrl-C and SIGTERM as its signal: what is half built is taken down before the command ends. */
export function createLabWorld(
  prefix: string,
  { goesFirst = false }: Partial<Pick<LabWorld, 'goesFirst'>> = {},
): LabWorld {
  if (!/^[a-z][a-z0-9-]{0,15}$/.test(prefix))
    throw new LonghaulError('LH_OPTION_INVALID', ['--prefix', `'${prefix}' is not a short name like 'lh-'`]);
  if (process.getuid?.() !== 0)
    throw new LonghaulError('LH_LAB_UNSUPPORTED', ['root: network namespaces need it; use sudo']);
  setPriority(labPriority); // what the lab starts inherits it
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => controller.abort(new LonghaulError('LH_LAB_INTERRUPTED', [signal])));
  return {
    run: runCommand,
    start: goesFirst ? startBefore : startProcess,
    goesFirst,
    clock: realClock,
    directories: labDirectories(prefix),
    longhaul: [process.execPath, ...singleThreaded, ...process.execArgv, process.argv[1] ?? ''],
    say: (line) => printNote(`lab: ${line}`),
    signal: controller.signal,
  };
}

/** No threads for garbage and compilation: sites do not share two cores with each other's guests, the lab's do. */
const singleThreaded = ['--v8-pool-size=0'];

export function wholeNumber(name: string, text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new LonghaulError('LH_OPTION_INVALID', [name, `'${text}' is not a whole number`]);
}
