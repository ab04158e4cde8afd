import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { shippedModel } from '../../../planners/estimate/shipped-model.ts';
import { makePlan } from '../../../planners/plan/make-plan.ts';
import { createRandom } from '../../../src/world/random.ts';
import { topologyAndRunbookFrom } from '../../../topology/resolve/read.ts';

const storm = readFileSync('examples/storm/topology.yaml', 'utf8');
const runbook = { file: 'evacuate.yaml', text: readFileSync('examples/storm/evacuate.yaml', 'utf8') };

const planOf = (text: string) =>
  makePlan({
    ...topologyAndRunbookFrom({ file: 'topology.yaml', text }, runbook),
    model: shippedModel,
    nowSeconds: Date.parse('2026-11-24T11:00:00Z') / 1000,
    random: createRandom(1),
  });

test('the order of entries in the files does not change the plan', () => {
  const { sites, links, workloads, ...rest } = parse(storm) as Record<
    'sites' | 'links' | 'workloads',
    unknown[]
  >;
  const reversed = {
    ...rest,
    workloads: workloads.toReversed(),
    links: links.toReversed(),
    sites: sites.toReversed(),
  };
  expect(planOf(JSON.stringify(reversed)).hash).toBe(planOf(storm).hash);
});
