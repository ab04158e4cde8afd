import type { Command } from 'commander';
import { readPlan } from '../../../planners/plan/read.ts';
import { type Flags, readConfig } from '../../config/config.ts';
import { readSource } from '../../config/input-files.ts';
import * as moveLimits from '../../moves/limits.ts';
import { type Faults, readFaults } from '../../rehearsal/faults.ts';
import { rehearse, type Rehearsal } from '../../rehearsal/rehearse.ts';
import { createLog, realClock } from '../../world/real.ts';
import { exitCodeOfRun } from '../follow.ts';
import { shortDuration } from '../render/duration.ts';
import { addExample, addJsonOption } from '../render/help.ts';
import { colour, printJson, printResult } from '../render/output.ts';
import { placesText } from '../render/places.ts';
import { statusText } from '../render/run.ts';
import { addPaceOptions } from '../state-options.ts';

interface Options extends Flags {
  readonly faults?: string;
  readonly json: boolean;
}

/** `longhaul rehearse`: a plan on simulated sites in virtual time; touches nothing and remembers nothing. */
export function register(program: Command): void {
  const command = program
    .command('rehearse')
    .description(
      'Carry a plan out on simulated sites in virtual time, with faults if wanted; touches nothing real.',
    )
    .argument('<plan>', 'plan file')
    .option('--faults <file>', 'what breaks, and when (YAML or JSON), longhaul-faults/1')
    .action(async (argument: string, options: Options) => {
      const config = readConfig(options);
      const { text, file } = await readSource(argument);
      const plan = readPlan(text, file);
      const faults: Faults =
        options.faults === undefined ? { faults: [] } : readFaults(await readSource(options.faults), plan);
      const rehearsal = await rehearse({
        plan,
        faults,
        startSeconds: plan.startSeconds ?? realClock.nowSeconds(),
        limits: moveLimits[config.limits],
        concurrency: config.concurrency,
        log: createLog(2, 'silent'),
      });
      if (options.json) printJson(rehearsal);
      else printResult(rehearsalText(rehearsal));
      process.exitCode = rehearsal.violations.length > 0 ? 1 : exitCodeOfRun(rehearsal.status.run);
    });
  addJsonOption(addPaceOptions(command));
  addExample(command, [
    '$ longhaul rehearse storm.json',
    '$ longhaul rehearse storm.json --faults examples/storm/faults.yaml',
  ]);
}

function rehearsalText({ status, struck, places, violations }: Rehearsal): string {
  const { startedAtSeconds, endedAtSeconds } = status.run;
  const tookSeconds = (endedAtSeconds ?? 0) - (startedAtSeconds ?? 0);
  return [
    statusText(status),
    ...(struck.length > 0 ? [`${colour.bold('What broke')}\n${struckText(struck)}`] : []),
    `${colour.bold('Where everything runs then')}\n${placesText(places)}`,
    violations.length > 0
      ? colour.red(violations.join('\n'))
      : 'At no moment did two copies of one workload run, and no tunnel went while somebody needed it.',
    `It took ${shortDuration(tookSeconds)} of virtual time, with the waits for old DNS answers and open sessions.`,
  ].join('\n\n');
}

const struckText = (struck: Rehearsal['struck']): string =>
  struck.map(({ atSeconds, what }) => `after ${shortDuration(atSeconds)}: ${what}`).join('\n');
