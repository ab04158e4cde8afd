import { expect, test } from 'vitest';
import { evacuationOf, fleetOf } from '../../../../bench/planner/fleets.ts';
import { Predictor } from '../../../../planners/choose/predict.ts';
import { shippedModel } from '../../../../planners/estimate/shipped-model.ts';
import { draft } from '../../../../planners/plan/draft.ts';
import { makePlan } from '../../../../planners/plan/make-plan.ts';
import type { Plan } from '../../../../planners/plan/plan.ts';
import { sentenceOf } from '../../../../planners/plan/reasons.ts';
import type { Placed } from '../../../../planners/schedule/problem.ts';
import { createRandom } from '../../../../src/world/random.ts';
import type { Workload } from '../../../../topology/resolve/topology.ts';
import type { WeightsChoice } from '../../../../topology/resolve/runbook.ts';
import { aRunbook, aTopology, aWorkload } from '../../../support/fleets.ts';

/** Downtime counts, time hardly. */
const gentle: WeightsChoice = { preset: 'keep-sessions', changed: {} };

function planned(workloads: readonly Workload[], weights = gentle): Plan {
  return makePlan({
    topology: aTopology({ workloads }),
    runbook: aRunbook({ weights }),
    model: shippedModel,
    nowSeconds: 0,
    random: createRandom(1),
  });
}

const settingsOf = ({ moves }: Plan) => moves.map(({ decision }) => decision.chosen.settings);
const tunedIn = ({ moves }: Plan) =>
  moves.map(({ decision }) => decision.because.find(({ code }) => code.startsWith('tuned')));

test('a live move gets the downtime limit that cuts its pause, and says what that brings', () => {
  const plan = planned([aWorkload(), aWorkload({ name: 'other', last: 11 })]);
  for (const settings of settingsOf(plan)) expect(settings?.downtimeLimitSeconds).toBeLessThan(0.3);
  for (const [index, reason] of tunedIn(plan).entries()) {
    const { estimate, settings } = plan.moves[index]!.decision.chosen;
    expect(reason?.values).toEqual({
      downtimeLimitSeconds: settings?.downtimeLimitSeconds,
      untunedLimitSeconds: 0.3,
      pauseSeconds: estimate?.pauseSeconds?.p50,
      untunedPauseSeconds: expect.any(Number) as number,
    });
    expect(reason?.values['pauseSeconds']).toBeLessThan(Number(reason?.values['untunedPauseSeconds']));
    expect(sentenceOf(reason!)).toMatch(
      /^tuned: a downtime limit of [^ ]+ ms, not 300 ms, brings the pause from .* to /,
    );
  }
});

test('where only time counts nothing is tuned: a smaller limit makes the move a little longer', () => {
  const plan = planned([aWorkload()], { preset: 'keep-sessions', changed: { downtimeSecond: 0 } });
  expect(tunedIn(plan)).toEqual([undefined]);
  expect(settingsOf(plan)[0]?.downtimeLimitSeconds).toBe(0.3);
});

test('a move that nobody waits for is capped where its pause is worth the time', () => {
  const payload = (100e6 * 1448) / 1538;
  const cap = (plan: Plan) => settingsOf(plan)[0]?.maxBandwidthBytesPerSecond ?? Infinity;
  const patient: WeightsChoice = { preset: 'keep-sessions', changed: { moveSecond: 0.001 } };
  expect(cap(planned([aWorkload()], patient))).toBeLessThan(payload * 0.95);
  const hurried = planned([aWorkload()], { preset: 'keep-sessions', changed: { moveSecond: 0.1 } });
  expect(cap(hurried)).toBe(Math.floor(payload));
  expect(settingsOf(hurried)[0]?.downtimeLimitSeconds).toBeLessThan(0.3);
  expect(tunedIn(planned([aWorkload()], patient)).map((why) => sentenceOf(why!))).toEqual([
    expect.stringMatching(
      /^tuned: a downtime limit of [^ ]+ ms and a cap of .*, not 300 ms and .*, bring the pause from .* to /,
    ),
  ]);
});

test('a deadline that only the untuned plan meets is met, by the same moves untuned and not by making time dearer', () => {
  const workloads = [aWorkload(), aWorkload({ name: 'other', last: 11 })];
  const doneBy = (changes: WeightsChoice['changed'], deadlineSeconds: number | null = null) =>
    makePlan({
      topology: aTopology({ workloads }),
      runbook: aRunbook({ weights: { ...gentle, changed: changes }, deadlineSeconds, startSeconds: 0 }),
      model: shippedModel,
      nowSeconds: 0,
      random: createRandom(1),
    });
  const tuned = doneBy({});
  const plain = doneBy({ downtimeSecond: 0 });
  const middleSeconds = (tuned.makespan.p90Seconds + plain.makespan.p90Seconds) / 2;
  expect(plain.makespan.p90Seconds).toBeLessThan(tuned.makespan.p90Seconds);
  const pressed = doneBy({}, middleSeconds);
  expect(tunedIn(tuned)).not.toContain(undefined);
  expect(tunedIn(pressed)).toEqual([undefined, undefined]);
  expect([pressed.verdict, pressed.hasteRatio]).toEqual(['feasible', 1]);
  expect(pressed.makespan.p90Seconds).toBeLessThanOrEqual(middleSeconds);
});

test('a move that would be left out is taken back in untuned, without a deadline, where its window is just long enough', () => {
  const frozenFrom = (fromSeconds: number) =>
    makePlan({
      topology: aTopology(),
      runbook: aRunbook({
        weights: gentle,
        startSeconds: 0,
        freezes: [{ name: 'for good', workloads: [], fromSeconds, toSeconds: Number.POSITIVE_INFINITY }],
      }),
      model: shippedModel,
      nowSeconds: 0,
      random: createRandom(1),
    });
  let [tooShort, longEnough] = [20, 60];
  while (longEnough - tooShort > 0.001) {
    const middle = (tooShort + longEnough) / 2;
    if (frozenFrom(middle).moves.length === 0) tooShort = middle;
    else longEnough = middle;
  }
  const [pressed, ample] = [frozenFrom(longEnough), frozenFrom(60)];
  expect(tunedIn(ample)).not.toContain(undefined);
  expect(tunedIn(pressed)).toEqual([undefined]);
  expect([pressed.verdict, pressed.hasteRatio]).toEqual(['feasible', 1]);
  expect(pressed.moves[0]!.ladder.map(({ action }) => action)).not.toContain('untune');
});

test('no line of a menu is less sure by more than a thousandth for being tuned, or hardly longer, and every pause is smaller', () => {
  const topology = fleetOf(1, { workloads: 60, sites: 3 });
  const input = { topology, runbook: evacuationOf(topology), model: shippedModel };
  const { menu } = draft(
    { ...input, calendar: { startSeconds: null }, random: createRandom(1) },
    { haste: 1 },
  );
  const predictor = new Predictor(shippedModel);
  const lines = menu.problem.jobs
    .flatMap(({ options }) => options.map((option) => menu.entryOf({ option } as Placed)))
    .flatMap(({ tuned, estimate }) =>
      tuned === null ? [] : [{ estimate, plain: predictor.quick(tuned.before.question) }],
    );
  expect(lines.length).toBeGreaterThan(20);
  for (const { estimate, plain } of lines) {
    expect(estimate.verdict).toBe('completes');
    expect(estimate.completesProbability).toBeGreaterThanOrEqual(plain.completesProbability - 0.001);
    expect(estimate.totalSeconds.p90).toBeLessThanOrEqual(plain.totalSeconds!.p90 * 1.01);
    expect(estimate.pauseSeconds!.p50).toBeLessThan(plain.pauseSeconds!.p50);
  }
});

test('what was tuned is the first thing that a run takes back', () => {
  const plan = planned([aWorkload()]);
  const [first, second] = plan.moves[0]!.ladder;
  const payload = Math.floor((100e6 * 1448) / 1538);
  expect(first?.change).toEqual({ downtimeLimitSeconds: 0.3, maxBandwidthBytesPerSecond: payload });
  expect([first?.action, second?.action]).toEqual(['untune', 'throttle']);
  const [plain] = planned([aWorkload()], { preset: 'keep-sessions', changed: { downtimeSecond: 0 } }).moves;
  expect(plain?.ladder[0]?.action).toBe('throttle');
});
