import { expect, test } from 'vitest';
import { shippedModel } from '../../../planners/estimate/shipped-model.ts';
import { makePlan } from '../../../planners/plan/make-plan.ts';
import { sentenceOf } from '../../../planners/plan/reasons.ts';
import { createRandom } from '../../../src/world/random.ts';
import type { Workload } from '../../../topology/resolve/topology.ts';
import { aRunbook, aTopology, aWorkload } from '../../support/fleets.ts';

const changesOf = (
  workloads: readonly Workload[],
  { share, deadlineSeconds }: { readonly share: number; readonly deadlineSeconds: number | null },
): readonly string[] =>
  makePlan({
    topology: aTopology({ workloads }),
    runbook: aRunbook({ deadlineSeconds, limits: { linkShareMax: share } }),
    model: shippedModel,
    nowSeconds: 0,
    random: createRandom(1),
  }).changes.map(sentenceOf);

test('where the share of the links is 0 the change proposed says so, and what may stop is not called movable', () => {
  const mayStop = aWorkload({ name: 'b', last: 11, sessions: 'may-break', downtimeBudgetSeconds: 3600 });
  for (const deadlineSeconds of [null, 7200]) {
    const changes = changesOf([aWorkload(), mayStop], { share: 0, deadlineSeconds });
    expect(changes).toHaveLength(2);
    for (const change of changes)
      expect(change).toContain(
        'limits.linkShareMax of the runbook is 0 %, so moves may use nothing of link wan; raise it',
      );
  }
});

test('a change to the share of the links says what it is now', () => {
  expect(changesOf([aWorkload()], { share: 0.02, deadlineSeconds: 600 })).toContain(
    'with the links wholly for the moves, limits.linkShareMax 100 % (now 2 %) and nothing kept for production, everything is done in time',
  );
});
