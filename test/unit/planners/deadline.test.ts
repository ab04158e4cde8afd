import { expect, test } from 'vitest';
import { shippedModel } from '../../../planners/estimate/shipped-model.ts';
import { makePlan } from '../../../planners/plan/make-plan.ts';
import type { Plan } from '../../../planners/plan/plan.ts';
import { createRandom } from '../../../src/world/random.ts';
import type { Runbook } from '../../../topology/resolve/runbook.ts';
import type { Workload } from '../../../topology/resolve/topology.ts';
import { aRunbook, aTopology, aWorkload } from '../../support/fleets.ts';

const planOf = (workloads: readonly Workload[], changes: Partial<Omit<Runbook, 'limits'>>): Plan =>
  makePlan({
    topology: aTopology({ workloads }),
    runbook: aRunbook({ startSeconds: 0, ...changes }),
    model: shippedModel,
    nowSeconds: 0,
    random: createRandom(1),
  });
/** Nobody named moves before the first few minutes are over. */
const closed = (...workloads: readonly string[]) => [
  { name: 'closed', fromSeconds: 0, toSeconds: 300, workloads },
];
/** Of one whose writing nobody has measured, the time at P90 is twice that at P50. */
const unmeasured = aWorkload({
  name: 'late',
  last: 11,
  dirty: [],
  memoryBytes: 2 ** 36,
  residentBytes: 2 ** 35,
});
const early = aWorkload({ name: 'early' });

/** At which it is planned to be done, alone, and is not nearly as sure to be as it has to. */
function deadlineFor(plan: Plan): number {
  const { p50, p90 } = plan.moves[0]!.endSeconds;
  return Math.round(p50 + 0.88 * (p90 - p50));
}

const saidOfTime = (deadlineSeconds: number) => [
  { code: 'no-room-in-time', values: { deadlineSeconds, neededSeconds: expect.any(Number) as number } },
];

test('where the last move is too unsure for the deadline, those before it still go and it says why it stays', () => {
  const workloads = [early, unmeasured];
  const freezes = closed('late');
  const plain = planOf([unmeasured], { freezes, deadlineSeconds: 1e6 });
  const deadlineSeconds = deadlineFor(plain);
  const { moves, stays, verdict } = planOf(workloads, { freezes, deadlineSeconds });
  expect(moves.map(({ workload, endSeconds }) => [workload, endSeconds.p90 <= deadlineSeconds])).toEqual([
    ['early', true],
  ]);
  expect(stays.map(({ workload, because }) => [workload, because])).toEqual([
    ['late', saidOfTime(deadlineSeconds)],
  ]);
  expect(verdict).toBe('none-found');
});

test('where nothing is sure enough the plan is empty, and names everybody with the time needed and the deadline', () => {
  const workloads = [unmeasured, aWorkload({ name: 'later', dependsOn: ['late'] })];
  const freezes = closed('late', 'later');
  const plain = planOf([unmeasured], { freezes, deadlineSeconds: 1e6 });
  const deadlineSeconds = deadlineFor(plain);
  const { moves, stays, latestSafeStartBecause } = planOf(workloads, { freezes, deadlineSeconds });
  expect(moves).toEqual([]);
  expect(stays.map(({ workload, because }) => [workload, because])).toEqual([
    ['late', saidOfTime(deadlineSeconds)],
    ['later', saidOfTime(deadlineSeconds)],
  ]);
  expect(latestSafeStartBecause?.code).toBe('no-safe-start-open');
});
