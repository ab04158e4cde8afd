import { type Command, Option } from 'commander';
import path from 'node:path';
import { LonghaulError } from '../../../topology/errors.ts';
import { formatBitsPerSecond, formatSeconds } from '../../../topology/units.ts';
import { takeDown } from '../../lab/down.ts';
import { withLock } from '../../lab/lock.ts';
import { defaultProfile, linkShape, profiles, type ShapeOptions } from '../../lab/profiles.ts';
import { examineLab, type LabStatus } from '../../lab/status.ts';
import { bringUp, type LabOptions } from '../../lab/up.ts';
import type { LabWorld } from '../../lab/world.ts';
import { addMeasure } from './lab-measure.ts';
import { addLabOptions, createLabWorld, type LabCommandOptions, wholeNumber } from './lab-world.ts';
import { printJson, printNote, printResult } from '../render/output.ts';

interface UpOptions extends LabCommandOptions, ShapeOptions {
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
  addMeasure(lab);
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
  addLabOptions(command, {
    example: [
      'sudo longhaul lab up --profile ocean',
      'sudo longhaul lab up --rtt "38 ms" --rate "600 Mbit/s"',
    ],
  });
  command.action(async (options: UpOptions) => {
    const world = createLabWorld(options.prefix);
    await bringUp(world, labOptions(options));
    await showStatus(world, options);
  });
}

function addDown(lab: Command): void {
  const command = lab.command('down').description('remove all the lab has made; nothing else');
  addLabOptions(command, { example: ['sudo longhaul lab down'] });
  command.action(async ({ prefix, json }: LabCommandOptions) => {
    const world = createLabWorld(prefix);
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
  addLabOptions(command, { example: ['sudo longhaul lab status --json'] });
  command.action(
    async (options: LabCommandOptions) => await showStatus(createLabWorld(options.prefix), options),
  );
}

async function showStatus(world: LabWorld, { prefix, json }: LabCommandOptions): Promise<void> {
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
    seed: wholeNumber('--seed', options.seed),
    congestionControl: options.congestionControl ?? null,
    guests: {
      count: wholeNumber('--guests', options.guests),
      memoryMebibytes: wholeNumber('--memory', options.memory),
      dirty: options.dirty,
    },
  };
}
