import type { Goal } from '../../../topology/resolve/runbook.ts';
import type { Choosing } from '../../choose/choosing.ts';
import type { Placement } from '../../plan/plan.ts';
import { reason, type Reason } from '../../plan/reasons.ts';
import { copiesOf } from './copies.ts';
import { nothing, type Requested } from './requested.ts';

type Place = Extract<Goal, { kind: 'place' }>;

/** New copies of each workload, each started where it runs cheapest and nearest to whom it talks to: nothing moves. */
export function place(choosing: Choosing, { workloads, count, sites }: Place): Requested {
  const placements = copiesOf(choosing, {
    workloads,
    sites,
    count: () => count,
    suffix: 'new',
    areToShare: false,
  });
  return { ...nothing, placements, outcomeOf: () => costOf(choosing, placements) };
}

/** What the copies cost together. */
export function costOf({ fleet }: Choosing, placements: readonly Placement[]): readonly Reason[] {
  const placed = placements.flatMap(({ decision }) => decision.chosen?.effects ?? []);
  const money = placed.reduce((sum, { moneyPerDay }) => sum + moneyPerDay, 0);
  return placed.length === 0
    ? []
    : [reason('copies-cost', { copies: placed.length, money, currency: fleet.topology.currency })];
}
