import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { fitAll, rounded, teaches } from '../../planners/calibrate/calibrate.ts';
import { observationsFrom } from '../../planners/calibrate/observation-file.ts';
import { scenariosOf } from '../../planners/calibrate/scenarios.ts';
import { modelSchema } from '../../planners/estimate/model.ts';
import { shippedModel } from '../../planners/estimate/shipped-model.ts';

const folder = 'examples/observations';
const observations = observationsFrom(
  readdirSync(folder)
    .filter((name) => name.endsWith('.jsonl'))
    .sort()
    .map((name) => ({ file: path.join(folder, name), text: readFileSync(path.join(folder, name), 'utf8') })),
);

test('the shipped model is the one that the observations and the estimator make; `npm run model` renews it', () => {
  expect(modelSchema.parse(shippedModel)).toEqual(shippedModel);
  expect(rounded(fitAll(scenariosOf(observations.filter(teaches))).parameters)).toEqual(
    shippedModel.parameters,
  );
}, 300_000);

test('its id is the digest of what it holds, and the report in the docs is of this model', () => {
  const { parameters, spread, id, fittedTo } = shippedModel;
  const digest = createHash('sha256').update(JSON.stringify({ parameters, spread })).digest('hex');
  expect(digest.slice(0, 12)).toBe(id);
  expect(readFileSync('docs/reference/accuracy.md', 'utf8')).toContain(
    `Model \`${id}\`, fitted to ${fittedTo}.`,
  );
});
