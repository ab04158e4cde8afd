import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { shippedModel } from '../../../../planners/estimate/shipped-model.ts';
import { makePlan } from '../../../../planners/plan/make-plan.ts';
import { planText } from '../../../../src/cli/render/plan.ts';
import { createRandom } from '../../../../src/world/random.ts';
import { topologyAndRunbookFrom } from '../../../../topology/resolve/read.ts';

/** Each goal does on its shipped example what an operator wants of it. */
function planOf(folder: string, runbook: string) {
  const topology = [`examples/${folder}/topology.yaml`, `examples/${folder}/topology.json`].find(existsSync)!;
  const source = (file: string) => ({ file, text: readFileSync(file, 'utf8') });
  return makePlan({
    ...topologyAndRunbookFrom(source(topology), source(`examples/${folder}/${runbook}.yaml`)),
    model: shippedModel,
    nowSeconds: Date.parse('2026-11-24T11:00:00Z') / 1000,
    random: createRandom(1),
  });
}

const codes = (reasons: readonly { readonly code: string }[]) => reasons.map(({ code }) => code);

test('burst: so many clones as bring the load down, behind the balancer, each with when it goes back', () => {
  const plan = planOf('burst', 'burst');
  expect(plan.verdict).toBe('feasible');
  expect(plan.placements.map(({ name, takeBackRatio }) => [name, takeBackRatio])).toEqual([
    ['shop-1-burst-1', 0.45],
    ['shop-2-burst-1', 0.45],
    ['shop-3-burst-1', 0.45],
  ]);
  expect(
    plan.placements.every(({ decision, addresses, readySeconds }) => {
      return decision.chosen?.site === 'cloud' && addresses.length === 1 && readySeconds !== null;
    }),
  ).toBe(true);
  expect(
    new Set(plan.placements.flatMap(({ addresses }) => addresses.map(({ address }) => address))).size,
  ).toBe(3);
  expect(plan.outcome[0]).toEqual({
    code: 'burst-clones',
    values: {
      clones: 3,
      members: 6,
      site: 'cloud',
      loadRatio: 0.87,
      afterRatio: expect.closeTo(0.58) as number,
      limitRatio: 0.65,
    },
  });
  const text = planText(plan);
  for (const part of ['0 moves, 3 new', 'ready P50–P90', 'back below', 'they go back one at a time'])
    expect(text).toContain(part);
});

test('place: the site where a day costs least and why not the others; nothing moves', () => {
  const plan = planOf('storm', 'place');
  expect(plan.moves).toEqual([]);
  expect(plan.placements.map(({ decision }) => decision.chosen?.site)).toEqual(['paris', 'paris']);
  expect(
    plan.placements[0]?.decision.rejected.map(({ option, because }) => [option.site, codes(because)]),
  ).toEqual([
    ['reims', ['place-costs-more']],
    ['frankfurt', ['place-costs-more']],
  ]);
  const text = planText(plan);
  expect(text).toContain('Nothing has to move: the new ones start where they are to run.');
  expect(text).toContain('not at reims: a day there costs');
});

test('follow-the-sun: who earns more than the move costs goes; the rest stays; the next rounds are told', () => {
  const plan = planOf('follow-the-sun', 'follow-the-sun');
  expect(plan.verdict).toBe('feasible');
  expect(plan.moves.length).toBeGreaterThanOrEqual(5);
  for (const { decision } of plan.moves) {
    expect(decision.chosen.target?.site).toBe('new-york');
    expect(codes(decision.because)).toContain('worth-it');
  }
  expect(plan.stays.map(({ workload, because }) => [workload, codes(because)])).toEqual([
    ['reports', ['not-worth-it']],
  ]);
  expect(plan.recurrence?.next.slice(0, 3).map(({ site, staySeconds }) => [site, staySeconds])).toEqual([
    ['san-jose', 8 * 3600],
    ['frankfurt', 8 * 3600],
    ['new-york', 8 * 3600],
  ]);
  const disk = 92 * 2 ** 30;
  for (const { deltaBytes } of plan.recurrence!.next) expect(deltaBytes).toBeLessThan(disk);
});

test('rebalance by power-off: hosts are emptied as a whole, and named with what it saves', () => {
  const plan = planOf('fleet', 'power-off');
  expect(plan.verdict).toBe('feasible');
  const [freed] = plan.outcome;
  expect(freed?.code).toBe('hosts-freed');
  const hosts = String(freed?.values['hosts']).split(', ');
  const left = new Set(plan.moves.map(({ workload }) => workload));
  const stillThere = plan.topology.workloads.filter(
    ({ name, site, host }) => hosts.includes(`${site}/${host}`) && !left.has(name),
  );
  const arriving = plan.moves.filter(({ decision }) => {
    const { target } = decision.chosen;
    return target !== null && hosts.includes(`${target.site}/${target.host}`);
  });
  expect({ stillThere, arriving }).toEqual({ stillThere: [], arriving: [] });
});

test('rebalance by levelling: the fullest host ends lower, by few moves', () => {
  const plan = planOf('storm', 'rebalance');
  expect(plan.moves.length).toBeLessThanOrEqual(4);
  expect(plan.outcome).toEqual([
    {
      code: 'load-levelled',
      values: { beforeRatio: 0.5, afterRatio: 0.265625, leastRatio: 0, leastAfterRatio: 0.125 },
    },
  ]);
});
