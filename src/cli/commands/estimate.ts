import type { Command } from 'commander';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { access, constants } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { LonghaulError } from '../../../topology/errors.ts';
import { readInputLine } from '../../../planners/estimate/lines.ts';
import type { Model } from '../../../planners/estimate/model.ts';
import { estimate } from '../../../planners/estimate/predict.ts';
import { shippedModel } from '../../../planners/estimate/shipped-model.ts';
import { readModelFile } from '../../config/model-file.ts';
import { addExample } from '../render/help.ts';

/** `longhaul estimate`: a filter, one answer (or error) a line. */
export function register(program: Command): void {
  const command = program
    .command('estimate')
    .description(
      'Predict moves: time, downtime, pause, traffic and whether they converge, with P10–P90. JSON lines in ' +
        '(observations, whose outcome is not looked at), JSON lines out.',
    )
    .argument('[file]', "JSON lines; '-' or nothing: standard input", '-')
    .option('--model <file>', "a model made by 'longhaul calibrate' instead of the shipped one")
    .action(async (file: string, options: { model?: string }) => {
      const model = options.model === undefined ? shippedModel : await readModelFile(options.model);
      await answerLines(await open(file), model);
    });
  addExample(command, [
    `$ echo '{"id": "web-1", "guest": {"memoryBytes": 1073741824, "residentBytes": 536870912}, \\`,
    `    "dirty": [{"seconds": 1, "mebibytesPerSecond": 4}], \\`,
    `    "link": {"bitsPerSecond": 600000000, "rttSeconds": 0.038}}' | longhaul estimate`,
    `{"id":"web-1","verdict":"completes","completesProbability":0.99,"totalSeconds":{"p10":7.9,…`,
  ]);
}

async function open(file: string): Promise<Readable> {
  if (file === '-') return process.stdin;
  try {
    await access(file, constants.R_OK);
  } catch (cause) {
    throw new LonghaulError('LH_INPUT_UNREADABLE', [file, 'there is no such file, or access is denied'], {
      cause,
    });
  }
  return createReadStream(file, 'utf8');
}

async function answerLines(input: Readable, model: Model): Promise<void> {
  let lineNumber = 0;
  for await (const text of createInterface({ input, crlfDelay: Infinity })) {
    lineNumber += 1;
    if (text.trim() === '') continue;
    const line = readInputLine(text, lineNumber);
    if (line.problems === null) await write(estimate(line.value, model));
    else {
      process.exitCode = 2;
      const message = `line ${lineNumber}: ${line.problems.join('\n')}`;
      await write({ id: line.id, error: { code: 'LH_INPUT_INVALID', kind: 'input', message } });
    }
  }
}

/** Waits for a slow reader: a filter must not hold a whole campaign in memory. */
async function write(answer: object): Promise<void> {
  if (!process.stdout.write(`${JSON.stringify(answer)}\n`) && !process.stdout.destroyed)
    await once(process.stdout, 'drain');
}
