import { type Command, Option } from 'commander';
import path from 'node:path';
import { LonghaulError } from '../../../topology/errors.ts';
import { formatBitsPerSecond, formatSeconds } from '../../../topology/units.ts';
import { takeDown } from '../../lab/down.ts';
import { labDirectories } from '../../lab/files.ts';
import { withLock } from '../../lab/lock.ts';
import { defaultProfile, linkShape, profiles, type ShapeOptions } from '../../lab/profiles.ts';
import { examineLab, type LabStatus } from '../../lab/status.ts';
import { bringUp, type LabOptions } from '../../lab/up.ts';
import type { LabWorld } from '../../lab/world.ts';
import { startProcess } from '../../world/processes.ts';
import { realClock, runCommand } from '../../world/real.ts';
import { addExample, addJsonOption } from '../render/help.ts';
import { printJson, printNote, printResult } from '../render/output.ts';

interface Common {
  readonly prefix: string;
  readonly json: boolean;
}

interface UpOptions extends Common, ShapeOptions {
  readonly seed: string;
  readonly congestionControl?: string;
  readonly guests: string;
  readonly memory: string;
  readonly dirty: string;
}

export function register(program: Command): void {
  const lab = program.command('lab').description('a real two-site WAN on this machine (root, Linux)');
  addUp(lab);
  addDown(lab);
  addStatus(lab);
}

function addUp(lab: Command): void {
  const command = lab
    .command('up')
    .description('make the lab: two sites, a WAN between them, name servers, clients, guests at site a')
    .addOption(
      new Option('--profile <name>', 'kind of WAN').choices(Object.keys(profiles)).default(defaultProfile),
    )
    .option('--rtt <time>', 'round-trip time instead of the profile’s')
    .option('--jitter <time>', 'most that a frame’s delay differs from it, each way')
    .option('--rate <rate>', 'rate instead of the profile’s')
    .option('--loss <ratio>', 'share of frames lost, each way')
    .option('--buffer <time>', 'how much the routers queue before they drop')
    .option('--seed <number>', 'what losses and jitter are drawn from', '1')
    .option('--congestion-control <name>', 'of TCP in every namespace, instead of the machine’s')
    .option('--guests <number>', 'guests at site a', '2')
    .option('--memory <mebibytes>', 'memory of each guest', '256')
    .option('--dirty <list>', 'used MiB, pages/s, set MiB, pattern, content', '48,500,16,random,random');
  addShared(command, [
    'sudo longhaul lab up --profile ocean',
    'sudo longhaul lab up --rtt "38 ms" --rate "600 Mbit/s"',
  ]);
  command.action(async (options: UpOptions) => {
    const world = createWorld(options.prefix);
    await bringUp(world, labOptions(options));
    await showStatus(world, options);
  });
}

function addDown(lab: Command): void {
  const command = lab.command('down').description('remove all the lab has made; nothing else');
  addShared(command, ['sudo longhaul lab down']);
  command.action(async ({ prefix, json }: Common) => {
    const world = createWorld(prefix);
    const report = await withLock(
      path.dirname(world.directories.runtime),
      prefix,
      async () => await takeDown(world, prefix),
    );
    if (json) printJson(report);
    else
      printResult(
        `Ended ${report.processes} processes, removed ${report.namespaces.length} namespaces of the lab '${prefix}'.`,
      );
    for (const name of report.leftAlone)
      printNote(`Left alone: namespace '${name}' was not made by the lab.`);
  });
}

function addStatus(lab: Command): void {
  const command = lab.command('status').description('what stands of the lab now');
  addShared(command, ['sudo longhaul lab status --json']);
  command.action(async (options: Common) => await showStatus(createWorld(options.prefix), options));
}

function addShared(command: Command, example: readonly string[]): void {
  command.option('--prefix <text>', 'start of the names of all that the lab makes', 'lh-');
  addExample(addJsonOption(command), example);
}

async function showStatus(world: LabWorld, { prefix, json }: Common): Promise<void> {
  const status = await examineLab(world);
  if (status === null) throw new LonghaulError('LH_LAB_DOWN', [prefix]);
  if (json) printJson(status);
  else printResult(statusText(status));
  if (!status.whole) process.exitCode = 1;
}

function statusText(status: LabStatus): string {
  const { shape } = status;
  const line = (name: string, text: string): string => `${name.padEnd(12)}${text}`;
  return [
    line('lab', `${status.prefix} (${status.whole ? 'stands' : `not whole: ${status.phase}`})`),
    line(
      'WAN',
      `${status.profile}: ${formatSeconds(shape.rttSeconds)}, ${formatBitsPerSecond(shape.rateBitsPerSecond)}, loss ${shape.loss}, buffer ${formatSeconds(shape.bufferSeconds)}`,
    ),
    line(
      'namespaces',
      status.namespaces.map(({ name, stands }) => (stands ? name : `${name} (gone)`)).join(' '),
    ),
    line(
      'processes',
      status.processes.map(({ name, running }) => (running ? name : `${name} (ended)`)).join(' '),
    ),
    line('guests', status.guests.map(({ name, address }) => `${name} ${address}`).join(', ')),
    line('files', status.runtimeDirectory),
  ].join('\n');
}

function labOptions(options: UpOptions): LabOptions {
  return {
    prefix: options.prefix,
    profile: options.profile,
    shape: linkShape(options),
    seed: integer('--seed', options.seed),
    congestionControl: options.congestionControl ?? null,
    guests: {
      count: integer('--guests', options.guests),
      memoryMebibytes: integer('--memory', options.memory),
      dirty: options.dirty,
    },
  };
}

function integer(name: string, text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new LonghaulError('LH_OPTION_INVALID', [name, `'${text}' is not a whole number`]);
}

/** The real world, with Ctrl-C and SIGTERM as its signal: what is half built is taken down before the command ends. */
function createWorld(prefix: string): LabWorld {
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
