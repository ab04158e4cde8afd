import type { Command } from 'commander';
import type { Flags } from '../../config/config.ts';
import type { StoredEntry } from '../../runs/store/records.ts';
import { addExample, addJsonOption } from '../render/help.ts';
import { printJson, printResult } from '../render/output.ts';
import { runsText, statusText } from '../render/run.ts';
import { addStateOption, withSession } from '../state-options.ts';

interface Options extends Flags {
  readonly json: boolean;
}

/** `longhaul runs` and `longhaul show`: also while another process carries the run out. */
export function register(program: Command): void {
  addRuns(program);
  addShow(program);
}

function addRuns(program: Command): void {
  const command = program
    .command('runs')
    .description('List the runs, newest first.')
    .action(async (options: Options) => {
      const runs = await withSession(options, 'look', async ({ service }) => await service.runs());
      if (options.json) printJson(runs);
      else printResult(runsText(runs));
    });
  addJsonOption(addStateOption(command));
  addExample(command, ['$ longhaul runs']);
}

function addShow(program: Command): void {
  const command = program
    .command('show')
    .description('Show where each workload of a run stands, predicted beside measured.')
    .argument('<run>', 'id of the run')
    .option('--journal', 'print the journal instead: one JSON line for each entry', false)
    .action(async (id: string, options: Options & { readonly journal: boolean }) => {
      await withSession(options, 'look', async ({ service }) => {
        if (options.journal) printJournal(await service.journal(id));
        else {
          const status = await service.show(id);
          if (options.json) printJson(status);
          else printResult(statusText(status));
        }
      });
    });
  addJsonOption(addStateOption(command));
  addExample(command, [
    '$ longhaul show evacuate-paris-b3345f-1',
    '$ longhaul show evacuate-paris-b3345f-1 --journal',
  ]);
}

function printJournal(entries: readonly StoredEntry[]): void {
  for (const entry of entries) printResult(JSON.stringify(entry));
}
