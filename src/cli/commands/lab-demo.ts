import type { Command } from 'commander';
import { formatSeconds } from '../../../topology/units.ts';
import { runDemo } from '../../lab/demo/demo.ts';
import type { DemoReport, GuestReport } from '../../lab/demo/report.ts';
import { printJson, printResult } from '../render/output.ts';
import { renderTable } from '../render/table.ts';
import {
  addLabOptions,
  addLabShapeOptions,
  createLabWorld,
  type LabCommandOptions,
  labOptions,
  type LabShapeOptions,
  wholeNumber,
} from './lab-world.ts';

interface DemoOptions extends LabCommandOptions, LabShapeOptions {
  readonly repeat: string;
}

/** `longhaul lab demo`: real guests move with their sessions; exit code 1 when anything is not as it should be. */
export function addDemo(lab: Command): void {
  const command = lab
    .command('demo')
    .description('bring a lab up, move its guests with their sessions, report what was seen, take it down')
    .option('--repeat <number>', 'do all of it so often and judge the medians', '5');
  addLabShapeOptions(command);
  addLabOptions(command, { example: ['sudo longhaul lab demo --profile national --json'] });
  command.action(async (options: DemoOptions) => {
    const world = createLabWorld(options.prefix, { goesFirst: true });
    const report = await runDemo(world, labOptions(options), wholeNumber('--repeat', options.repeat));
    if (options.json) printJson(report);
    else printResult(demoText(report));
    if (report.faults.length > 0) process.exitCode = 1;
  });
}

function demoText({ profile, stallAllowanceSeconds, runs, medians, faults }: DemoReport): string {
  const last = runs.at(-1);
  return [
    `${profile}: a session may be silent ${formatSeconds(stallAllowanceSeconds)} longer than its guest's pause`,
    ...(last?.guests ?? []).map(guestText),
    renderTable(
      [
        { title: 'GUEST' },
        { title: 'SESSION' },
        { title: 'LONGER THAN PAUSE', align: 'right' },
        { title: '' },
      ],
      medians.map(({ guest, role, excessSeconds, within }) => [
        guest,
        role,
        milliseconds(excessSeconds),
        within ? 'within' : 'too long',
      ]),
    ),
    faults.length === 0 ? 'all as it should be' : faults.map((fault) => `fault: ${fault}`).join('\n'),
  ].join('\n\n');
}

function guestText(guest: GuestReport): string {
  const { predicted, measured } = guest;
  const row = (name: string, value: string, prediction: string): string =>
    `  ${name.padEnd(28)}${value.padStart(14)}   ${prediction}`;
  const range = (quantity: 'totalSeconds' | 'pauseSeconds'): string => {
    const foreseen = predicted?.[quantity];
    return foreseen == null ? '' : `predicted ${milliseconds(foreseen.p10)} – ${milliseconds(foreseen.p90)}`;
  };
  return [
    `${guest.name}: ${guest.state}, ${guest.sessionsKept} of 4 sessions kept, ${guest.bytesLost} bytes lost, ${guest.resets} resets`,
    row('copy', milliseconds(measured.totalSeconds), range('totalSeconds')),
    row('pause', milliseconds(guest.pauseSeconds), range('pauseSeconds')),
    row('newcomers direct after', milliseconds(guest.newcomersDirectAfterSeconds), ''),
    row('tunnel gone after', milliseconds(guest.tunnelGoneAfterSeconds), ''),
    row('idle session answered in', milliseconds(guest.idleAnswerSeconds), ''),
  ].join('\n');
}

const milliseconds = (seconds: number | null): string =>
  seconds === null ? '–' : `${(seconds * 1000).toFixed(0)} ms`;
