import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { baselines } from '../planners/calibrate/baselines.ts';
import { calibrate } from '../planners/calibrate/calibrate.ts';
import { observationsFrom } from '../planners/calibrate/observation-file.ts';
import type { EstimateInput } from '../planners/estimate/observation.ts';
import { estimate } from '../planners/estimate/predict.ts';
import { quickEstimate } from '../planners/estimate/quick.ts';
import { shippedModel } from '../planners/estimate/shipped-model.ts';
import { calibrationText } from '../src/cli/render/calibration.ts';
import { renderTable } from '../src/cli/render/table.ts';
import type { Bench } from './bench.ts';

/** How many estimates one process makes a second, and how good they are on moves the model has not seen. */
export const bench: Bench = {
  description: 'estimates a second beside three simple models, and the held-out error table',
  run: async () => {
    const observations = observationsFrom(files('examples/observations'));
    const inputs = observations.map(({ outcome: _, ...input }) => input);
    const preCopy = inputs.filter(({ settings }) => (settings?.postcopyAfterPasses ?? null) === null);
    const perSecond = {
      quickEstimate: speed(preCopy, (input) => quickEstimate(input, shippedModel)),
      estimate: speed(inputs, (input) => estimate(input, shippedModel)),
      ramOverBandwidth: speed(inputs, baselines.ramOverBandwidth),
      textbook: speed(inputs, baselines.textbook),
      gudkov: speed(inputs, baselines.gudkov),
    };
    process.stderr.write('bench estimate: fitting without each scenario in turn …\n');
    const { report } = calibrate(observations);
    const rows = Object.entries(perSecond).map(([name, value]) => [
      name,
      Math.round(value).toLocaleString('en'),
    ]);
    const speeds = renderTable([{ title: 'method' }, { title: 'estimates a second', align: 'right' }], rows);
    return {
      result: { perSecond, model: shippedModel.id, report },
      text: `${speeds}\n\n${calibrationText(report)}`,
    };
  },
};

function files(folder: string): { file: string; text: string }[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.jsonl'))
    .sort()
    .map((name) => ({ file: path.join(folder, name), text: readFileSync(path.join(folder, name), 'utf8') }));
}

/** Calls a second over a second of work, after a warm-up of a tenth. */
function speed(inputs: readonly EstimateInput[], predict: (input: EstimateInput) => unknown): number {
  const count = (seconds: number): number => {
    const start = performance.now();
    let calls = 0;
    while (performance.now() - start < seconds * 1000) {
      for (const input of inputs) predict(input);
      calls += inputs.length;
    }
    return calls / ((performance.now() - start) / 1000);
  };
  count(0.1);
  return count(1);
}
