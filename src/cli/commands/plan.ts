import { writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { shippedModel } from '../../../planners/estimate/shipped-model.ts';
import { makePlan } from '../../../planners/plan/make-plan.ts';
import type { Plan } from '../../../planners/plan/plan.ts';
import { LonghaulError } from '../../../topology/errors.ts';
import { readTopologyAndRunbook } from '../../config/input-files.ts';
import { createRandom } from '../../world/random.ts';
import { realClock } from '../../world/real.ts';
import { addExample, addJsonOption } from '../render/help.ts';
import { printJson, printNote, printResult } from '../render/output.ts';
import { planText } from '../render/plan.ts';

interface Options {
  readonly output?: string;
  readonly seed: string;
  readonly all: boolean;
  readonly json: boolean;
}

/** `longhaul plan`: how each workload moves, and when; exit code 3 when not everything can. */
export function register(program: Command): void {
  const command = program
    .command('plan')
    .description('Choose a method for every workload of a runbook, and when each moves.')
    .argument('<topology>', 'topology file (YAML or JSON)')
    .argument('<runbook>', 'runbook file (YAML or JSON)')
    .option('-o, --output <file>', 'write the plan there, for explain, rehearse and run')
    .option('--seed <number>', 'seed of the search and of the replays', '1')
    .option('--all', 'show every move, however many', false)
    .action(async (topology: string, runbook: string, options: Options) => {
      const plan = makePlan({
        ...(await readTopologyAndRunbook({ topology, runbook })),
        model: shippedModel,
        nowSeconds: realClock.nowSeconds(),
        random: createRandom(seedOf(options.seed)),
      });
      if (options.output !== undefined) await save(plan, options.output);
      if (options.json) printJson(plan);
      else printResult(planText(plan, { all: options.all }));
      if (plan.verdict !== 'feasible') throw new LonghaulError('LH_PLAN_INFEASIBLE', [whyNot(plan)]);
    });
  addJsonOption(command);
  addExample(command, [
    '$ longhaul plan examples/storm/topology.yaml examples/storm/evacuate.yaml -o storm.json',
    '$ longhaul explain storm.json db-1',
  ]);
}

function seedOf(text: string): number {
  const seed = Number(text);
  if (!Number.isSafeInteger(seed) || seed < 0)
    throw new LonghaulError('LH_OPTION_INVALID', ['--seed', `'${text}' must be a whole number from 0`]);
  return seed;
}

async function save(plan: Plan, file: string): Promise<void> {
  try {
    await writeFile(file, `${JSON.stringify(plan, null, 2)}\n`);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new LonghaulError('LH_OUTPUT_UNWRITABLE', [file, why], { cause });
  }
  printNote(`plan ${plan.hash.slice(0, 12)} written to ${file}`);
}

function whyNot({ name, stays, verdict }: Plan): string {
  const proven = verdict === 'infeasible-proven' ? 'cannot be done' : 'could not be planned as a whole';
  const names = stays.map(({ workload }) => workload);
  const shown = names.slice(0, 5).join(', ') + (names.length > 5 ? ` and ${names.length - 5} more` : '');
  return names.length === 0
    ? `'${name}' ${proven} by its deadline; the plan says what would help`
    : `'${name}' ${proven}: ${shown} would stay; the plan says why and what would help`;
}
