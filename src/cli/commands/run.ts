import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import type { Plan } from '../../../planners/plan/plan.ts';
import { readPlan } from '../../../planners/plan/read.ts';
import { readSource } from '../../config/input-files.ts';
import type { Flags } from '../../config/config.ts';
import { isOver } from '../../runs/run-state.ts';
import type { RunService } from '../../runs/service.ts';
import type { RunRecord } from '../../runs/store/records.ts';
import { exitCodeOfRun, followRun } from '../follow.ts';
import { addExample, addJsonOption } from '../render/help.ts';
import { printJson, printNote, printResult } from '../render/output.ts';
import { statusText } from '../render/run.ts';
import type { Session } from '../session.ts';
import { addWorkOptions, withSession } from '../state-options.ts';

interface Options extends Flags {
  readonly yes: boolean;
  readonly approvedBy: readonly string[];
  readonly json: boolean;
}

/** `longhaul run`: carries a plan out, or carries on what was interrupted. */
export function register(program: Command): void {
  const command = program
    .command('run')
    .description('Carry a plan out, with live progress; carries on a run that was interrupted.')
    .argument('<plan>', 'plan file, or the id of a run to carry on')
    .option('--yes', 'real workloads may be touched', false)
    .option(
      '--approved-by <name>',
      'an approval that the runbook asks for; once for each',
      (name: string, names: readonly string[]) => [...names, name],
      [] as readonly string[],
    )
    .action(async (argument: string, options: Options) => {
      const asked = await readArgument(argument);
      let begun: string | null = null;
      await withSession(options, 'work', async (session) => {
        const run =
          begun === null ? await begin(session.service, asked, options) : await again(session.service, begun);
        begun = run.id;
        await follow(session, run, options);
      });
    });
  addJsonOption(addWorkOptions(command));
  command.addHelpText(
    'after',
    `
Ctrl-C cancels: moves before their point of no return go back, the others finish. Once more leaves the run as it
stands, to be carried on by longhaul run. Where another process carries it out (longhaul serve), Ctrl-C only leaves.
Exit code: 0 done, 1 failed or taken back, 4 a person has to settle it.`,
  );
  addExample(command, ['$ longhaul run storm.json --yes', '$ longhaul run evacuate-paris-b3345f-1']);
}

async function follow(session: Session, run: RunRecord, options: Options): Promise<void> {
  const { service } = session;
  printNote(isOver(run.state) ? `run ${run.id} has ended` : `run ${run.id}`);
  await tellOthers(session, run);
  const status = isOver(run.state) ? await service.show(run.id) : await followRun(session, run);
  if (status === null) {
    process.exitCode = session.app === null ? 0 : 1;
    return;
  }
  if (options.json) printJson(status);
  else printResult(statusText(status));
  process.exitCode = exitCodeOfRun(status.run);
}

/** The process that had it is gone; the run may have ended before. */
async function again(service: RunService, id: string): Promise<RunRecord> {
  const { run } = await service.show(id);
  return isOver(run.state) ? run : await service.resume(id);
}

/** A plan to begin, or the id of a run to carry on. */
type Asked = { readonly plan: Plan } | { readonly run: string };

/** Before any state is opened: a bad plan leaves nothing behind. */
async function readArgument(argument: string): Promise<Asked> {
  if (!existsSync(argument) && /^[\w.-]+-\d+$/.test(argument)) return { run: argument };
  const { text, file } = await readSource(argument);
  const plan = readPlan(text, file);
  if (plan.verdict !== 'feasible')
    printNote(
      `plan ${plan.name} is ${plan.verdict}: it carries out what can be done, not all that was asked`,
    );
  return { plan };
}

async function begin(service: RunService, asked: Asked, { yes, approvedBy }: Options): Promise<RunRecord> {
  return 'run' in asked
    ? await service.resume(asked.run)
    : await service.start(asked.plan, { yes, approvedBy });
}

/** Other runs that nobody carries out are named, not touched. */
async function tellOthers({ service, app }: Session, { id }: RunRecord): Promise<void> {
  if (app === null) return;
  const others = (await service.runs()).filter((run) => run.id !== id && !isOver(run.state));
  for (const other of others)
    printNote(`run ${other.id} was interrupted; longhaul run ${other.id} carries it on`);
}
