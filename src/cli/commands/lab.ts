import type { Command } from 'commander';
import path from 'node:path';
import { LonghaulError } from '../../../topology/errors.ts';
import { formatBitsPerSecond, formatSeconds } from '../../../topology/units.ts';
import { takeDown } from '../../lab/down.ts';
import { withLock } from '../../lab/lock.ts';
import { examineMachine } from '../../lab/requirements.ts';
import { examineLab, type LabStatus } from '../../lab/status.ts';
import { bringUp } from '../../lab/up.ts';
import type { LabWorld } from '../../lab/world.ts';
import { addDemo } from './lab-demo.ts';
import { addMeasure } from './lab-measure.ts';
import {
  addLabOptions,
  addLabShapeOptions,
  createLabWorld,
  type LabCommandOptions,
  labOptions,
  type LabShapeOptions,
} from './lab-world.ts';
import { runCommand } from '../../world/real.ts';
import { renderTable } from '../render/table.ts';
import { printJson, printNote, printResult } from '../render/output.ts';

interface UpOptions extends LabCommandOptions, LabShapeOptions {
  readonly check: boolean;
}

export function register(program: Command): void {
  const lab = program.command('lab').description('a real two-site WAN on this machine (root, Linux)');
  addUp(lab);
  addDown(lab);
  addStatus(lab);
  addDemo(lab);
  addMeasure(lab);
}

function addUp(lab: Command): void {
  const command = lab
    .command('up')
    .description('make the lab: two sites, a WAN between them, name servers, clients, guests at site a');
  addLabShapeOptions(command);
  command.option('--check', 'only say what the lab needs of this machine and what of it is there', false);
  addLabOptions(command, {
    example: [
      'sudo longhaul lab up --profile ocean',
      'sudo longhaul lab up --rtt "38 ms" --rate "600 Mbit/s"',
    ],
  });
  command.action(async (options: UpOptions) => {
    if (options.check) {
      await showMachine(options);
      return;
    }
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

async function showMachine({ json }: LabCommandOptions): Promise<void> {
  const requirements = await examineMachine(runCommand);
  if (json) printJson(requirements);
  else
    printResult(
      renderTable(
        [{ title: 'NEEDS' }, { title: 'STATE' }],
        requirements.map(({ what, missing }) => [what, missing ?? 'there']),
      ),
    );
  if (requirements.some(({ missing }) => missing !== null)) process.exitCode = 1;
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
    line(
      'guests',
      status.guests
        .map(({ name, address, sites }) => `${name} ${address} at ${sites.join(' and ') || 'no site'}`)
        .join(', '),
    ),
    line('files', status.runtimeDirectory),
  ].join('\n');
}
