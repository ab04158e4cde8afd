import type { Command } from 'commander';
import path from 'node:path';
import { LonghaulError } from '../../../topology/errors.ts';
import { takeDown } from '../../lab/down.ts';
import { createLayout } from '../../lab/layout.ts';
import { runCampaign } from '../../lab/measure/campaign.ts';
import { type ScenarioKind, scenarioKinds } from '../../lab/measure/scenario.ts';
import { defaultProfile, linkShape } from '../../lab/profiles.ts';
import { bringUp } from '../../lab/up.ts';
import { printJson, printResult } from '../render/output.ts';
import { addLabOptions, createLabWorld, type LabCommandOptions, wholeNumber } from './lab-world.ts';

interface MeasureOptions extends LabCommandOptions {
  readonly seed: string;
  readonly minutes: string;
  readonly output: string;
  readonly kinds: string;
  readonly congestionControls: string;
  readonly tuned: boolean;
}

/** `longhaul lab measure`: observations of real migrations, in a lab of its own that is taken down afterwards. */
export function addMeasure(lab: Command): void {
  const command = lab
    .command('measure')
    .description('measure migrations drawn from a seed and append an observation of each')
    .requiredOption('--seed <number>', 'what the scenarios are drawn from')
    .requiredOption('--minutes <number>', 'no new one is begun after so long')
    .option(
      '-o, --output <file>',
      'where observations are appended; those in it are not measured again',
      'observations.jsonl',
    )
    .option('--kinds <list>', 'only these kinds of scenario', scenarioKinds.join(','))
    .option(
      '--congestion-controls <list>',
      'what senders use in turn; the machine must allow it in namespaces',
      'cubic,bbr',
    )
    .option(
      '--tuned',
      "each scenario also with the settings that 'longhaul estimate --tune' proposes, twice",
      false,
    );
  addLabOptions(command, {
    prefix: 'lhm-',
    example: ['sudo longhaul lab measure --seed 3 --minutes 30 -o observations.jsonl'],
  });
  command.action(measure);
}

async function measure(options: MeasureOptions): Promise<void> {
  const { prefix, output, json } = options;
  const world = createLabWorld(prefix);
  const shape = linkShape({ profile: defaultProfile });
  const controls = options.congestionControls.split(',');
  const campaign = {
    seed: wholeNumber('--seed', options.seed),
    minutes: wholeNumber('--minutes', options.minutes),
    outputFile: path.resolve(output),
    kinds: kindsOf(options.kinds),
    congestionControls: controls,
    tuned: options.tuned,
  };
  const state = await bringUp(world, {
    prefix,
    profile: defaultProfile,
    shape,
    seed: campaign.seed,
    congestionControl: controls[0] ?? null,
    guests: { count: 0, memoryMebibytes: 0, dirty: '' },
  });
  try {
    const report = await runCampaign(world, { layout: createLayout(prefix, shape), state }, campaign);
    if (json) printJson(report);
    else
      printResult(
        `Measured ${report.measured} migrations into ${output}; ${report.lost.length} gave no observation.`,
      );
  } finally {
    await takeDown(world, prefix);
  }
}

function kindsOf(text: string): readonly ScenarioKind[] {
  return text.split(',').map((name) => {
    const kind = scenarioKinds.find((one) => one === name);
    if (kind !== undefined) return kind;
    throw new LonghaulError('LH_OPTION_INVALID', [
      '--kinds',
      `'${name}' is not one of ${scenarioKinds.join(', ')}`,
    ]);
  });
}
