import { expect, test } from 'vitest';
import { shippedModel } from '../../../planners/estimate/shipped-model.ts';
import { makePlan } from '../../../planners/plan/make-plan.ts';
import type { Plan } from '../../../planners/plan/plan.ts';
import { sentenceOf } from '../../../planners/plan/reasons.ts';
import { planText } from '../../../src/cli/render/plan.ts';
import { createRandom } from '../../../src/world/random.ts';
import type { Runbook } from '../../../topology/resolve/runbook.ts';
import type { Workload } from '../../../topology/resolve/topology.ts';
import { aRunbook, aTopology, aWorkload } from '../../support/fleets.ts';
import { addressOf } from '../../support/topology.ts';

const now = 1000;
const hour = 3600;
const planOf = (workloads: readonly Workload[], changes: Partial<Omit<Runbook, 'limits'>>): Plan =>
  makePlan({
    topology: aTopology({ workloads }),
    runbook: aRunbook(changes),
    model: shippedModel,
    nowSeconds: now,
    random: createRandom(1),
  });
const said = ({ latestSafeStartSeconds, latestSafeStartBecause }: Plan) => [
  latestSafeStartSeconds,
  latestSafeStartBecause === null ? null : sentenceOf(latestSafeStartBecause),
];
const hex = (value: number): string => value.toString(16).padStart(2, '0');
const mine = aWorkload();
const yours = aWorkload({ name: 'b', last: 11 });
const stuck = aWorkload({ name: 'stuck', last: 12, vtpm: true });
const closing = { name: 'closing', fromSeconds: 0, toSeconds: 100 * hour, workloads: [] };

test('where nothing can move there is no latest safe start, and the plan says why', () => {
  const plan = planOf([stuck], { deadlineSeconds: 10 * hour });
  expect(said(plan)).toEqual([null, 'nothing can move; what stays says why']);
  expect(planText(plan)).toContain('\nNo latest safe start: nothing can move; what stays says why\n');
});

test('where nothing has to move any start will do', () => {
  expect(said(planOf([], { deadlineSeconds: 10 * hour }))).toEqual([
    null,
    'nothing has to move, so any start will do',
  ]);
});

test('too little time for any of it is told with how much it would take', () => {
  const plan = planOf([mine], { deadlineSeconds: now + 30 });
  expect(plan.moves).toEqual([]);
  expect(said(plan)).toEqual([
    null,
    expect.stringMatching(/^all of it needs 1\.\d+ min, 30 s are left until the deadline, and no part of it/),
  ]);
});

test('a freeze until after the deadline leaves no start at all', () => {
  expect(said(planOf([mine], { deadlineSeconds: 10 * hour, freezes: [closing] }))).toEqual([
    null,
    'links, hosts, policies, windows and freezes let nothing move before the deadline',
  ]);
});

test('where part of it moves in time the latest safe start is that of the part, not before the plan itself', () => {
  for (const [workloads, deadlineSeconds, sentence] of [
    [[mine, stuck], 10 * hour, 'of the 1 of 2 that this plan moves in time'],
    [[mine, yours], now + 100, 'of the 1 of 2 that this plan moves in time'],
  ] as const) {
    const plan = planOf(workloads, { deadlineSeconds });
    const [move] = plan.moves;
    expect(plan.verdict).not.toBe('feasible');
    expect(said(plan)).toEqual([
      expect.closeTo(deadlineSeconds - move!.endSeconds.p90, 3) as number,
      sentence,
    ]);
    expect(plan.latestSafeStartSeconds).toBeGreaterThanOrEqual(now);
    expect(planText(plan)).toMatch(
      /\nLatest safe start 1970-\S+ \S+ UTC, of the 1 of 2 that this plan moves/,
    );
  }
});

test('a freeze ahead brings the latest safe start before it', () => {
  const freeze = { ...closing, fromSeconds: now + 2 * hour };
  const plan = planOf([mine, yours], { deadlineSeconds: 10 * hour, freezes: [freeze] });
  expect(plan.verdict).toBe('feasible');
  expect(plan.latestSafeStartBecause).toBeNull();
  expect(plan.latestSafeStartSeconds).toBeGreaterThan(now + hour);
  expect(plan.latestSafeStartSeconds! + plan.makespan.p90Seconds).toBeLessThanOrEqual(freeze.fromSeconds);
});

test('of a fleet too large to be scheduled again the latest safe start lies before the freeze too', () => {
  const many = Array.from({ length: 2001 }, (_, index) => {
    const end = `${Math.floor(index / 200) + 1}.${(index % 200) + 2}`;
    const mac = `52:54:00:01:${hex(index >> 8)}:${hex(index & 255)}`;
    const newAddresses = { lyon: { network: 'lan', address: `10.2.${end}` } };
    return aWorkload({
      name: `small-${String(index).padStart(4, '0')}`,
      memoryBytes: 2 ** 26,
      residentBytes: 2 ** 26,
      addresses: [addressOf(`10.1.${end}`, { mac, newAddresses })],
      methods: ['routed-live'],
    });
  });
  const deadlineSeconds = now + 20 * hour;
  const freeze = { ...closing, fromSeconds: now + 6 * hour, toSeconds: deadlineSeconds - 60 };
  const planFrom = (startSeconds: number): Plan =>
    planOf(many, { startSeconds, deadlineSeconds, freezes: [freeze] });
  const plan = planFrom(now);
  expect([plan.verdict, plan.moves.length]).toEqual(['feasible', many.length]);
  expect(plan.latestSafeStartSeconds).toBeGreaterThan(now + hour);
  expect(plan.latestSafeStartSeconds! + plan.makespan.p50Seconds).toBeLessThan(freeze.fromSeconds);
  expect(planFrom(plan.latestSafeStartSeconds!).verdict).toBe('feasible');
});

test('a deadline that has passed is called that, with since when, by moves, the safe start and what would help', () => {
  const passed = 'the deadline, 1970-01-01 00:08 UTC, had passed 8.33 min before the start';
  const plan = planOf([mine], { deadlineSeconds: now - 500 });
  expect(plan.stays.map(({ because }) => because.map(sentenceOf))).toEqual([[passed]]);
  expect(said(plan)).toEqual([null, passed]);
  /** As any plan that a deadline presses is: the only move of one that has time is capped for a smaller pause. */
  const whole = planOf([mine], { weights: { preset: 'keep-sessions', changed: { downtimeSecond: 0 } } });
  const later = plan.changes.find(({ code }) => code === 'later-deadline');
  const laterSeconds = Number(later?.values['laterSeconds']);
  expect(laterSeconds).toBeGreaterThan(500 + whole.makespan.p50Seconds);
  expect(laterSeconds).toBeLessThan(500 + whole.makespan.p90Seconds * 1.1);
  expect(planOf([mine], { deadlineSeconds: now - 500 + laterSeconds + 1 }).verdict).toBe('feasible');
});

test('a deadline that has passed does not leave less than no time for clients to learn a new address', () => {
  const byName = aWorkload({ sessions: 'may-break', downtimeBudgetSeconds: hour, methods: ['cold'] });
  const plan = planOf([byName], { deadlineSeconds: now - 500 });
  const codes = plan.stays[0]!.because.map(({ code }) => code);
  expect(codes).toContain('deadline-passed');
  expect(codes).not.toContain('ttl-lead-too-short');
});
