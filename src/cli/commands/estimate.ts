import type { Command } from 'commander';
import { open as openFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { LonghaulError } from '../../../topology/errors.ts';
import { parseSeconds } from '../../../topology/units.ts';
import { readInputLine } from '../../../planners/estimate/lines.ts';
import type { EstimateInput } from '../../../planners/estimate/observation.ts';
import { estimate } from '../../../planners/estimate/predict.ts';
import { tune, type Wish } from '../../../planners/estimate/tune.ts';
import { shippedModel } from '../../../planners/estimate/shipped-model.ts';
import { unreadableBecause } from '../../config/input-files.ts';
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
    .option('--tune', 'also propose better settings for each move, with what they gain')
    .option('--pause <time>', 'with --tune: the pause that shall be kept, nine times in ten')
    .option('--time <time>', 'with --tune: the time that shall be kept, nine times in ten')
    .action(async (file: string, options: Options) => {
      const model = options.model === undefined ? shippedModel : await readModelFile(options.model);
      const wish = wishOf(options);
      const input = await open(file);
      await answerLines(input, (move) => ({
        ...estimate(move, model),
        ...(wish === null ? {} : { tuned: tune(move, wish, model) }),
      }));
    });
  command.addHelpText(
    'after',
    `\nThe shipped model ${shippedModel.id} was fitted to ${shippedModel.fittedTo}.`,
  );
  addExample(command, [
    `$ echo '{"id": "web-1", "guest": {"memoryBytes": 1073741824, "residentBytes": 536870912}, \\`,
    `    "dirty": [{"seconds": 1, "mebibytesPerSecond": 4}], \\`,
    `    "link": {"bitsPerSecond": 600000000, "rttSeconds": 0.038}}' | longhaul estimate`,
    `{"id":"web-1","verdict":"completes","completesProbability":0.99,"totalSeconds":{"p10":7.9,…`,
  ]);
}

interface Options {
  readonly model?: string;
  readonly tune?: boolean;
  readonly pause?: string;
  readonly time?: string;
}

/** Null: nothing is to be tuned. */
function wishOf({ tune: wanted, pause, time }: Options): Wish | null {
  if (wanted !== true && (pause ?? time) !== undefined)
    throw new LonghaulError('LH_OPTION_INVALID', ['--pause, --time', 'go with --tune']);
  return wanted === true
    ? { pauseSeconds: seconds('--pause', pause), totalSeconds: seconds('--time', time) }
    : null;
}

function seconds(option: string, text: string | undefined): number | null {
  if (text === undefined) return null;
  const value = parseSeconds(text);
  if (value === null || value <= 0)
    throw new LonghaulError('LH_OPTION_INVALID', [
      option,
      `'${text}' is not a time; write for example '300 ms'`,
    ]);
  return value;
}

async function open(file: string): Promise<Readable> {
  if (file === '-') return process.stdin;
  try {
    const handle = await openFile(file);
    if (!(await handle.stat()).isDirectory()) return handle.createReadStream({ encoding: 'utf8' });
    await handle.close();
  } catch (cause) {
    throw new LonghaulError('LH_INPUT_UNREADABLE', [file, unreadableBecause(cause)], { cause });
  }
  throw new LonghaulError('LH_INPUT_UNREADABLE', [file, 'it is a directory; name the file in it']);
}

async function answerLines(input: Readable, answer: (move: EstimateInput) => object): Promise<void> {
  let lineNumber = 0;
  for await (const text of createInterface({ input, crlfDelay: Infinity })) {
    lineNumber += 1;
    if (process.stdout.destroyed) return;
    if (text.trim() === '') continue;
    const line = readInputLine(text, lineNumber);
    if (line.problems === null) await write(answer(line.value));
    else {
      process.exitCode = 2;
      const message = `line ${lineNumber}: ${line.problems.join('\n')}`;
      await write({ id: line.id, error: { code: 'LH_INPUT_INVALID', kind: 'input', message } });
    }
  }
}

/**
 * Waits for a slow reader: a filter must not hold a whole campaign in memory. One that has gone away (`| head`) is
 * waited for no longer.
 */
async function write(result: object): Promise<void> {
  const { stdout } = process;
  if (stdout.write(`${JSON.stringify(result)}\n`)) return;
  await new Promise<void>((resolve) => {
    const goOn = (): void => {
      stdout.off('drain', goOn).off('close', goOn);
      resolve();
    };
    stdout.once('drain', goOn).once('close', goOn);
    if (stdout.destroyed) goOn();
  });
}
