import type { Goal } from '../../../topology/resolve/runbook.ts';
import type { Choosing } from '../../choose/choosing.ts';
import { workloadOf } from '../../choose/fleet.ts';
import type { Placement } from '../../plan/plan.ts';
import { reason, type Reason } from '../../plan/reasons.ts';
import { copiesOf } from './copies.ts';
import { costOf } from './place.ts';
import { nothing, type Requested } from './requested.ts';

type Burst = Extract<Goal, { kind: 'burst' }>;

/**
 * As many clones at the provider as bring the load down to its maximum: with n members at load l, ⌈n·l ÷ maximum⌉ − n
 * more, shared out evenly. They go back one at a time, the last first, each when the load is below the minimum and what
 * is left would still be below the maximum: with k clones there, below maximum · (n + k − 1) ÷ (n + k).
 */
export function burst(choosing: Choosing, goal: Burst): Requested {
  const { workloads, to, load, loadMax, clonesMax } = goal;
  const members = workloads.map((name) => workloadOf(choosing.fleet, name));
  const cloneable = members.filter(({ clone }) => clone !== null);
  const needed = Math.max(0, Math.ceil((members.length * load) / loadMax - 1e-9) - members.length);
  if (needed === 0)
    return {
      ...nothing,
      stays: members.map(({ name }) => ({
        workload: name,
        because: [reason('load-below-max', { loadRatio: load, limitRatio: loadMax })],
      })),
    };
  const clones = Math.min(needed, cloneable.length * clonesMax);
  const placements = copiesOf(choosing, {
    workloads: cloneable.map(({ name }) => name),
    sites: [to],
    suffix: 'burst',
    areToShare: true,
    count: ({ name }) =>
      shareOf(
        clones,
        cloneable.length,
        cloneable.findIndex((each) => each.name === name),
      ),
  });
  return {
    ...nothing,
    stays: members
      .filter(({ clone }) => clone === null)
      .map(({ name }) => ({ workload: name, because: [reason('no-clone')] })),
    placements: withReturns(placements, members.length, goal),
    outcomeOf: () => [
      ...outcomeOf(placements, { members: members.length, needed }, goal),
      ...costOf(choosing, placements),
    ],
  };
}

/** An even share of the clones for the workload at that place. */
function shareOf(clones: number, members: number, index: number): number {
  return Math.floor(clones / members) + (index < clones % members ? 1 : 0);
}

function withReturns(
  placements: readonly Placement[],
  members: number,
  { loadMax, loadMin }: Burst,
): readonly Placement[] {
  let there = members;
  return placements.map((placement) => {
    if (placement.decision.chosen === null) return placement;
    there += 1;
    return { ...placement, takeBackRatio: Math.min(loadMin, (loadMax * (there - 1)) / there) };
  });
}

function outcomeOf(
  placements: readonly Placement[],
  { members, needed }: { readonly members: number; readonly needed: number },
  { load, loadMax, loadMin, to }: Burst,
): readonly Reason[] {
  const clones = placements.filter(({ decision }) => decision.chosen !== null).length;
  const short = clones < needed ? [reason('burst-short', { clones, needed, limitRatio: loadMax })] : [];
  if (clones === 0) return short;
  const afterRatio = (members * load) / (members + clones);
  const returns = Math.min(loadMin, (loadMax * members) / (members + 1));
  return [
    reason('burst-clones', { clones, members, site: to, loadRatio: load, afterRatio, limitRatio: loadMax }),
    ...short,
    reason('burst-return', { limitRatio: returns, afterRatio: (returns * (members + 1)) / members }),
  ];
}
