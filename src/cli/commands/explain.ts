import type { Command } from 'commander';
import { summaryOf } from '../../../planners/explain/summary.ts';
import { explainWorkload } from '../../../planners/explain/workload.ts';
import { readPlan } from '../../../planners/plan/read.ts';
import { readSource } from '../../config/input-files.ts';
import { summaryText } from '../render/explain-plan.ts';
import { explanationText } from '../render/explain-workload.ts';
import { addExample, addJsonOption } from '../render/help.ts';
import { printJson, printResult } from '../render/output.ts';

/** `longhaul explain`: why this method, why not the others, what would change it. */
export function register(program: Command): void {
  const command = program
    .command('explain')
    .description(
      'Say why: of one workload every way that was looked at, what stood against it, and what would change the ' +
        'answer; without a workload, of the plan as a whole.',
    )
    .argument('<plan>', "plan file, written by 'longhaul plan -o'")
    .argument('[workload]', 'its name, or that of a new copy')
    .action(async (file: string, workload: string | undefined, { json }: { readonly json: boolean }) => {
      const source = await readSource(file);
      const plan = readPlan(source.text, source.file);
      if (workload === undefined) {
        const summary = summaryOf(plan);
        if (json) printJson(summary);
        else printResult(summaryText(summary));
        return;
      }
      const explanation = explainWorkload(plan, workload);
      if (json) printJson(explanation);
      else printResult(explanationText(explanation));
    });
  addJsonOption(command);
  addExample(command, [
    '$ longhaul plan examples/storm/topology.yaml examples/storm/evacuate.yaml -o storm.json',
    '$ longhaul explain storm.json',
    '$ longhaul explain storm.json batch-1',
    'batch-1 of plan evacuate-paris (feasible, …)',
    'moves cold from paris/paris-2 to frankfurt/frankfurt-1 over paris-frankfurt',
    '…',
  ]);
}
