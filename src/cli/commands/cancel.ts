import type { Command } from 'commander';
import type { Flags } from '../../config/config.ts';
import { isOver } from '../../runs/run-state.ts';
import type { RunRequest } from '../../runs/store/records.ts';
import { followRun } from '../follow.ts';
import { addExample, addJsonOption } from '../render/help.ts';
import { printJson, printNote, printResult } from '../render/output.ts';
import { statusText } from '../render/run.ts';
import { addWorkOptions, withSession } from '../state-options.ts';

interface Options extends Flags {
  readonly json: boolean;
}

/** `longhaul cancel` and `longhaul rollback`: where nobody carries the run out, they do it themselves. */
export function register(program: Command): void {
  const cancel = program
    .command('cancel')
    .description(
      'Cancel a run: moves before their point of no return go back, the others finish, none begins.',
    )
    .argument('<run>', 'id of the run')
    .action(async (id: string, options: Options) => await ask(id, 'cancel', options));
  addJsonOption(addWorkOptions(cancel));
  addExample(cancel, ['$ longhaul cancel evacuate-paris-b3345f-1']);

  const rollback = program
    .command('rollback')
    .description('Cancel a run, and bring back a workload that stopped inside its switchover window.')
    .argument('<run>', 'id of the run')
    .option('--target-is-down', 'vouch that a target nobody can reach does not run and never will', false)
    .action(
      async (id: string, options: Options & { readonly targetIsDown: boolean }) =>
        await ask(id, options.targetIsDown ? 'rollback-target-down' : 'rollback', options),
    );
  addJsonOption(addWorkOptions(rollback));
  addExample(rollback, ['$ longhaul rollback evacuate-paris-b3345f-1']);
}

async function ask(id: string, request: Exclude<RunRequest, 'none'>, options: Options): Promise<void> {
  let isAsked = false;
  await withSession(options, 'work', async (session) => {
    const { service } = session;
    const known = isAsked ? (await service.show(id)).run : null;
    const run = known !== null && isOver(known.state) ? known : await service.request(id, request);
    isAsked = true;
    printNote(`run ${id}: ${request} asked for`);
    const status = await followRun(session, run);
    if (status === null) return;
    if (options.json) printJson(status);
    else printResult(statusText(status));
    process.exitCode = status.run.state === 'needs-person' ? 4 : 0;
  });
}
