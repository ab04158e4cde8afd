import type { Command } from 'commander';
import { writeFile } from 'node:fs/promises';
import { LonghaulError } from '../../../topology/errors.ts';
import { calibrate } from '../../../planners/calibrate/calibrate.ts';
import { observationsFrom } from '../../../planners/calibrate/observation-file.ts';
import { readSource } from '../../config/input-files.ts';
import { calibrationText } from '../render/calibration.ts';
import { addExample, addJsonOption } from '../render/help.ts';
import { printJson, printNote, printResult } from '../render/output.ts';

/** `longhaul calibrate`: a model from measured moves, and how good it is on moves it has not seen. */
export function register(program: Command): void {
  const command = program
    .command('calibrate')
    .description('Fit the model to measured moves; report its held-out error beside three simple models.')
    .argument('<observations...>', 'files of observations, JSON lines')
    .option('-o, --output <file>', 'where to write the model')
    .action(async (files: string[], { output, json }: { output?: string; json: boolean }) => {
      const observations = observationsFrom(await Promise.all(files.map(readSource)));
      const { model, report } = calibrate(observations, { onFold: sayEveryTenth });
      if (output !== undefined) await write(output, `${JSON.stringify(model, null, 2)}\n`);
      if (json) printJson({ model, report });
      else printResult(`model ${model.id}, fitted to ${model.fittedTo}\n\n${calibrationText(report)}`);
    });
  addJsonOption(command);
  addExample(command, [
    '$ longhaul calibrate examples/observations/*.jsonl -o model.json',
    'model 3f0c…, fitted to 90 moves in 72 scenarios …',
    '$ longhaul estimate --model model.json moves.jsonl',
  ]);
}

function sayEveryTenth(done: number, folds: number): void {
  if (done % 10 === 0 || done === folds) printNote(`calibrate: ${done} of ${folds} scenarios held out`);
}

async function write(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text);
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause);
    throw new LonghaulError('LH_OUTPUT_UNWRITABLE', [file, detail], { cause });
  }
}
