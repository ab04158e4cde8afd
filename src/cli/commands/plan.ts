import { writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import type { MoveUnderWay } from '../../../planners/choose/under-way.ts';
import { shippedModel } from '../../../planners/estimate/shipped-model.ts';
import { makePlan } from '../../../planners/plan/make-plan.ts';
import type { Plan } from '../../../planners/plan/plan.ts';
import { LonghaulError } from '../../../topology/errors.ts';
import { namesState, readConfig, type Config, type Flags } from '../../config/config.ts';
import { readTopologyAndRunbook } from '../../config/input-files.ts';
import { createRandom } from '../../world/random.ts';
import { realClock } from '../../world/real.ts';
import { addExample, addJsonOption } from '../render/help.ts';
import { movesUnderWay, type Beside } from '../../runs/under-way.ts';
import { printJson, printNote, printResult } from '../render/output.ts';
import { planText } from '../render/plan.ts';
import { startHeldSession, withSession } from '../state-options.ts';

interface Options extends Flags {
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
    .option(
      '--state <place>',
      'make it beside the runs remembered there: a directory, or redis://… (LONGHAUL_STATE; default: beside those of a process that has ./.longhaul open)',
    )
    .option('--all', 'show every move, however many', false)
    .action(async (topology: string, runbook: string, options: Options) => {
      const read = await readTopologyAndRunbook({ topology, runbook });
      const random = createRandom(seedOf(options.seed));
      const nowSeconds = realClock.nowSeconds();
      const underWay = await lookUp(options, { topology: read.topology, nowSeconds });
      const plan = makePlan({ ...read, model: shippedModel, nowSeconds, random, underWay });
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

/**
 * What other runs do meanwhile. Where nobody said where they are remembered, only a process that has the usual place
 * open is asked: without one nothing goes on there, and a plan opens no database that nobody asked for.
 */
async function lookUp(options: Options, beside: Beside): Promise<readonly MoveUnderWay[]> {
  if (namesState(options)) {
    const found = await withSession(
      options,
      'look',
      async ({ service }) => await movesUnderWay(service, beside),
    );
    if (found.length === 0) printNote(`no move of a run is under way in ${placeName(readConfig(options))}`);
    return found;
  }
  const session = await startHeldSession(readConfig(options));
  try {
    return session === null ? [] : await movesUnderWay(session.service, beside);
  } catch (error) {
    if (error instanceof LonghaulError && error.code === 'LH_API_UNREACHABLE') return []; // it has ended meanwhile
    throw error;
  } finally {
    await session?.close();
  }
}

const placeName = ({ state }: Config): string => (state.kind === 'redis' ? state.name : state.path);

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
