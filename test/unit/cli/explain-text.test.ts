import { expect, test } from 'vitest';
import { shippedModel } from '../../../planners/estimate/shipped-model.ts';
import { summaryOf } from '../../../planners/explain/summary.ts';
import { explainWorkload } from '../../../planners/explain/workload.ts';
import { makePlan } from '../../../planners/plan/make-plan.ts';
import { summaryText } from '../../../src/cli/render/explain-plan.ts';
import { explanationText } from '../../../src/cli/render/explain-workload.ts';
import { createRandom } from '../../../src/world/random.ts';
import { aRunbook, aTopology, aWorkload } from '../../support/fleets.ts';

const plan = makePlan({
  topology: aTopology({ workloads: [aWorkload(), aWorkload({ name: 'stuck', last: 11, vtpm: true })] }),
  runbook: aRunbook(),
  model: shippedModel,
  nowSeconds: 0,
  random: createRandom(1),
});

const headings = (text: string): readonly string[] =>
  text.split('\n\n').map((section) => section.split('\n')[0] ?? '');
const widest = (text: string): number => Math.max(...text.split('\n').map((line) => line.length));

test('the whole decision for one workload, 80 columns wide', () => {
  const text = explanationText(explainWorkload(plan, 'app'));
  expect(headings(text)).toEqual([
    `app of plan leave paris (no full plan found, ${plan.hash.slice(0, 12)})`,
    'Why',
    'Prediction',
    'When',
    'Addresses and names',
    'What was looked at, costs in EUR',
    'Why not the others',
    'If the prediction fails',
    'What would change the answer',
  ]);
  expect(widest(text)).toBeLessThanOrEqual(80);
  for (const part of [
    'moves routed-live from paris/h1 to lyon/h1 over wan',
    '- open sessions survive the move',
    'pre-copy; at most',
    'reserved on wan: 800 Mbit/s',
    '10.1.0.10 (lan) becomes 10.2.0.10 (lan)',
    'app.example.org: TTL 5 min, lowered to 30 s while the move is near',
    'cost of routed-live: risk ',
    '[segment-not-stretched]',
    '1. take the tuning back: remaining memory has stopped shrinking; ',
    '2. throttle the guest: remaining memory has stopped shrinking',
  ])
    expect(text).toContain(part);
});

test('of a workload that stays: why, and what each way lacks', () => {
  const text = explanationText(explainWorkload(plan, 'stuck'));
  expect(headings(text).slice(1)).toEqual([
    'Why',
    'What was looked at, costs in EUR',
    'Why not the others',
    'What would change the answer',
  ]);
  expect(text).toContain('stays at paris/h1');
  expect(text).toContain('2 virtual TPM');
});

test('the plan as a whole: methods with counts, stays, time, what would help', () => {
  const text = summaryText(summaryOf(plan));
  expect(widest(text)).toBeLessThanOrEqual(80);
  expect(headings(text)).toEqual([
    `leave paris: no full plan found, 1 move, plan ${plan.hash.slice(0, 12)}`,
    'Methods',
    'Stay',
    'Time',
    'What would help, the cheapest first',
    'Warnings',
    'longhaul explain PLAN WORKLOAD says it for one workload.',
  ]);
  expect(text).toContain('kept alive 1; against:');
});

test('sessions of which next to nothing is left are none, and the widest decision fits 80 columns', () => {
  const web = aWorkload({
    name: 'web',
    last: 12,
    sessions: 'drain',
    clone: { template: 'web', seconds: 30, bytes: 2 ** 30, pool: null },
    traffic: { openSessions: 400, sessionSeconds: 20, bytesPerSecond: 1e6 },
    dirty: [{ seconds: 1, bytesPerSecond: 500 * 2 ** 20 }],
  });
  const text = explanationText(
    explainWorkload(
      makePlan({
        topology: aTopology({ workloads: [web] }),
        runbook: aRunbook(),
        model: shippedModel,
        nowSeconds: 0,
        random: createRandom(1),
      }),
      'web',
    ),
  );
  expect(text).toContain('moves redirect from');
  expect(text).not.toMatch(/\de-\d/);
  expect(widest(text)).toBeLessThanOrEqual(80);
});
