import { expect, test } from 'vitest';
import { shippedModel } from '../../../planners/estimate/shipped-model.ts';
import { makePlan } from '../../../planners/plan/make-plan.ts';
import { shortDuration } from '../../../src/cli/render/duration.ts';
import { planText } from '../../../src/cli/render/plan.ts';
import { createRandom } from '../../../src/world/random.ts';
import { aRunbook, aTopology, aWorkload } from '../../support/fleets.ts';

const textOf = (count: number): string => {
  const workloads = Array.from({ length: count }, (_, index) =>
    aWorkload({ name: `app-${index + 1}`, last: 10 + index, vtpm: index === 1 }),
  );
  const input = { topology: aTopology({ workloads }), runbook: aRunbook(), model: shippedModel };
  return planText(makePlan({ ...input, nowSeconds: 0, random: createRandom(1) }));
};

test('a plan is at most 80 columns wide and names moves, stays, waves, links, totals and warnings', () => {
  const text = textOf(5);
  expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
  for (const part of [
    'leave paris: no full plan found, 4 moves',
    'Stay',
    'Waves',
    'Links',
    'Done after',
    'warning: ',
  ])
    expect(text).toContain(part);
});

test('a plan without moves says so without empty tables', () => {
  expect(textOf(0)).toMatch(/^leave paris: feasible, 0 moves, plan [0-9a-f]{12}\n\nNothing has to move\.$/);
});

test('where nothing can move, that is not called nothing to do', () => {
  const topology = aTopology({ workloads: [aWorkload({ name: 'app-1', vtpm: true })] });
  const input = { topology, runbook: aRunbook(), model: shippedModel };
  const text = planText(makePlan({ ...input, nowSeconds: 0, random: createRandom(1) }));
  expect(text).toContain('Nothing of it can move as things are.');
  expect(text).not.toContain('has to move');
});

test('a time after the start takes at most five characters', () => {
  expect([0, 59.6, 252, 3599.6, 3840, 183_600].map(shortDuration)).toEqual([
    '0s',
    '1m00',
    '4m12',
    '1h00',
    '1h04',
    '2d03',
  ]);
});
