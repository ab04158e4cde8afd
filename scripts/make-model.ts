import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { calibrate } from '../planners/calibrate/calibrate.ts';
import { observationsFrom } from '../planners/calibrate/observation-file.ts';
import type { Model } from '../planners/estimate/model.ts';
import { calibrationText } from '../src/cli/render/calibration.ts';
import { accuracyChart } from './accuracy-chart.ts';

/**
 * `npm run model`: fits the shipped model to all of examples/observations, and writes beside it how good it is on moves
 * it has not seen: docs/reference/accuracy.md and .svg. Run it after a change of the estimator or of the observations.
 */
const folder = 'examples/observations';
const sources = readdirSync(folder)
  .filter((name) => name.endsWith('.jsonl'))
  .sort()
  .map((name) => ({ file: path.join(folder, name), text: readFileSync(path.join(folder, name), 'utf8') }));
const observations = observationsFrom(sources);
const { model, report, heldOut } = calibrate(observations, {
  onFold: (done, folds) =>
    process.stderr.write(`\r${done} of ${folds} scenarios held out${done === folds ? '\n' : ''}`),
});
writeFileSync('planners/estimate/shipped-model.ts', moduleText(model));
writeFileSync('docs/reference/accuracy.md', pageText(model, calibrationText(report)));
writeFileSync('docs/reference/accuracy.svg', await accuracyChart(heldOut));
process.stdout.write(`model ${model.id}\n\n${calibrationText(report)}\n`);

function moduleText(shipped: Model): string {
  return [
    "import type { Model } from './model.ts';",
    '',
    '/** The model that comes with Longhaul. Made by `npm run model`; not edited by hand. */',
    `export const shippedModel: Model = ${JSON.stringify(shipped, null, 2)};`,
    '',
  ].join('\n');
}

function pageText({ id, fittedTo }: Model, tables: string): string {
  return [
    '# Accuracy of the shipped model',
    '',
    `Model \`${id}\`, fitted to ${fittedTo}. Made by \`npm run model\`; not edited by hand.`,
    '',
    '![Predicted against measured: time, traffic and pause, with P10–P90](accuracy.svg)',
    '',
    'Every point is a move predicted by a model that was fitted without its scenario. The three simple models are RAM ÷',
    'bandwidth, the textbook recursion with a constant dirty rate, and the loop of Gudkov (qemu-devel, 2023) on a dirty',
    'curve; each has the range that its own errors on the other scenarios give it.',
    '',
    '```',
    tables,
    '```',
    '',
  ].join('\n');
}
