import { expect, test } from 'vitest';
import { presets } from '../../../../planners/choose/presets.ts';
import { shippedModel } from '../../../../planners/estimate/shipped-model.ts';
import { makePlan } from '../../../../planners/plan/make-plan.ts';
import { createRandom } from '../../../../src/world/random.ts';
import type { WeightsPreset } from '../../../../topology/resolve/runbook.ts';
import type { Link, Workload } from '../../../../topology/resolve/topology.ts';
import { aRunbook, aTopology, aWorkload } from '../../../support/fleets.ts';
import { linkOf } from '../../../support/topology.ts';

/** The cases in which every experienced network engineer would choose the same, whatever the preset. */
function chosen(preset: WeightsPreset, workload: Partial<Workload>, link: Partial<Link> = {}) {
  const world = aTopology();
  const plan = makePlan({
    topology: {
      ...world,
      sites: world.sites.map((site) => ({
        ...site,
        balancers: [
          { name: `edge-${site.name}`, driver: 'simulated', url: 'tcp://10.0.0.1:1', pools: ['web'] },
        ],
      })),
      links: world.links.map((each) => linkOf(each.name, each.between, { ...each, ...link })),
      workloads: [aWorkload(workload)],
    },
    runbook: aRunbook({ weights: { preset, changed: {} } }),
    model: shippedModel,
    nowSeconds: 0,
    random: createRandom(1),
  });
  return plan.moves.map(({ decision }) => decision.chosen.method).join();
}

const metro: Partial<Link> = { rttSeconds: 0.003, stretchable: true, mtuBytes: 1600, rateBitsPerSecond: 2e9 };
const names = Object.keys(presets) as readonly WeightsPreset[];

/** `fastest` asks only which is done sooner: making a clone, or sending a small guest. */
test.each(names.filter((name) => name !== 'fastest'))(
  '%s: what is stateless behind a balancer is redirected',
  (preset) => {
    const clone = { template: 'web-12', seconds: 60, bytes: 2 ** 30, pool: 'web' };
    expect(chosen(preset, { sessions: 'drain', clone })).toBe('redirect');
  },
);

test.each(names)('%s: what may stop, and gains nothing by moving live, moves cold', (preset) => {
  const memoryBytes = 16 * 2 ** 30;
  const stops = { sessions: 'may-break', downtimeBudgetSeconds: 4 * 3600 } as const;
  expect(chosen(preset, { ...stops, memoryBytes, residentBytes: 14 * 2 ** 30 })).toBe('cold');
});

test.each(names)('%s: routed before stretched, also where a segment may be stretched', (preset) => {
  expect(chosen(preset, {})).toBe('routed-live');
  expect(chosen(preset, {}, metro)).toBe('routed-live');
});

test.each(names)('%s: stretched where its address may not change and the metro has the segment', (preset) => {
  const addressTies = { vrrp: true, multicast: false, inPayload: false, allowLists: [] };
  const there: Partial<Link> = { ...metro, stretchable: false, stretched: [['paris/lan', 'lyon/lan']] };
  expect(chosen(preset, { addressTies }, there)).toBe('stretched-live');
  expect(chosen(preset, { addressTies })).toBe('');
});
