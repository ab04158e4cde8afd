import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { generatedFiles } from '../../scripts/docs/generated-files.ts';

const generated = generatedFiles();

test.each([...generated.keys()])('%s is fresh: `npm run docs` writes it', (file) => {
  expect(existsSync(file) ? readFileSync(file, 'utf8') : '').toBe(generated.get(file));
});

test.each([
  ['topology', 'examples/storm/topology.yaml'],
  ['runbook', 'examples/storm/evacuate.yaml'],
])('the JSON Schema of a %s accepts %s, and refuses it with a key that is unknown', (kind, example) => {
  const json = generated.get(`docs/reference/${kind}.schema.json`) ?? '';
  const schema = z.fromJSONSchema(JSON.parse(json) as Parameters<typeof z.fromJSONSchema>[0]);
  const value = parse(readFileSync(example, 'utf8')) as Record<string, unknown>;
  expect(schema.safeParse(value).error?.issues ?? []).toEqual([]);
  expect(schema.safeParse({ ...value, colour: 'red' }).success).toBe(false);
});
