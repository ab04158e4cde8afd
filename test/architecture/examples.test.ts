import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { shippedModel } from '../../planners/estimate/shipped-model.ts';
import { makePlan } from '../../planners/plan/make-plan.ts';
import { generateTopology } from '../../scripts/topology-generator.ts';
import { createRandom } from '../../src/world/random.ts';
import { problemText } from '../../topology/load/problems.ts';
import { readFiles, topologyAndRunbookFrom } from '../../topology/resolve/read.ts';
import { readFaults } from '../../src/rehearsal/faults.ts';

/** A folder of examples holds one topology and the runbooks for it. */
const sourceOf = (file: string) => ({ file, text: readFileSync(file, 'utf8') });
const folders = readdirSync('examples', { withFileTypes: true }).flatMap((entry) => {
  const folder = path.join('examples', entry.name);
  const topology = ['topology.yaml', 'topology.json']
    .map((name) => path.join(folder, name))
    .find((file) => existsSync(file));
  if (!entry.isDirectory() || topology === undefined) return [];
  const others = readdirSync(folder).filter(
    (name) => /\.(yaml|json)$/.test(name) && !/^(topology|faults)\./.test(name),
  );
  return [{ topology, runbooks: others.map((name) => path.join(folder, name)) }];
});
const pairs = folders.flatMap(({ topology, runbooks }) => runbooks.map((runbook) => ({ topology, runbook })));

const planFor = ({ topology, runbook }: (typeof pairs)[number]) =>
  makePlan({
    ...topologyAndRunbookFrom(sourceOf(topology), sourceOf(runbook)),
    model: shippedModel,
    nowSeconds: Date.parse('2026-11-24T11:00:00Z') / 1000,
    random: createRandom(1),
  });

describe('every example', () => {
  test.each(folders)('$topology has no problems', ({ topology }) => {
    expect(readFiles(sourceOf(topology), null).problems.map(problemText)).toEqual([]);
  });

  test.each(pairs)('$runbook has no problems, and a feasible plan', (pair) => {
    expect(readFiles(sourceOf(pair.topology), sourceOf(pair.runbook)).problems.map(problemText)).toEqual([]);
    expect(planFor(pair).verdict).toBe('feasible');
  });
});

test('there is an example of every goal', () => {
  const goals = pairs.map(({ runbook }) => /^goal: (\S+)$/m.exec(readFileSync(runbook, 'utf8'))?.[1]);
  expect([...new Set(goals)].sort()).toEqual([
    'burst',
    'drain-host',
    'evacuate',
    'follow-the-sun',
    'move',
    'place',
    'rebalance',
  ]);
});

test('the storm has a case for every method', () => {
  const plan = planFor({ topology: 'examples/storm/topology.yaml', runbook: 'examples/storm/evacuate.yaml' });
  const chosen = plan.moves.map(({ workload, decision }) => `${workload}: ${decision.chosen.method}`);
  expect(chosen.sort()).toEqual([
    'api-1: redirect',
    'batch-1: cold',
    'build-1: cold',
    'db-1: routed-live',
    'db-2: routed-live',
    'etcd-1: routed-live',
    'firewall-1: stretched-live',
    'firewall-2: stretched-live',
    'mail-1: routed-live',
    'vdi-1: routed-live',
    'web-1: redirect',
    'web-2: redirect',
  ]);
});

test('the fleet is what scripts/generate-topology.ts makes for 1000 workloads, 4 sites, seed 1', () => {
  expect(
    readFileSync('examples/fleet/topology.json', 'utf8') ===
      generateTopology({ workloads: 1000, sites: 4, seed: 1 }),
  ).toBe(true);
});

test.each([1, 20])('generated topologies of %s sites have no problems', (sites) => {
  const text = generateTopology({ workloads: 500, sites, seed: 7 });
  expect(readFiles({ file: 'generated.json', text }, null).problems.map(problemText)).toEqual([]);
});

test('the faults of the storm fit its plan', () => {
  const plan = planFor({ topology: 'examples/storm/topology.yaml', runbook: 'examples/storm/evacuate.yaml' });
  const file = 'examples/storm/faults.yaml';
  expect(readFaults({ file, text: readFileSync(file, 'utf8') }, plan).faults).toHaveLength(3);
});
