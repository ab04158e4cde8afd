import type { Goal } from '../../../topology/resolve/runbook.ts';
import type { Choosing } from '../../choose/choosing.ts';
import { workloadOf } from '../../choose/fleet.ts';
import { reason } from '../../plan/reasons.ts';
import { placementsOf } from './place.ts';
import { nothing, type Requested } from './requested.ts';

type Burst = Extract<Goal, { kind: 'burst' }>;

/**
 * As many clones at the provider as bring the load down to its maximum: with n members at load l, ⌈n·l ÷ maximum⌉ − n
 * more, shared out evenly. They are taken back when what is left would still be below the maximum: at load l′ with k
 * clones, once (n + k)·l′ ÷ n falls under it, and at the latest below the minimum.
 */
export function burst(
  choosing: Choosing,
  { workloads, to, load, loadMax, loadMin, clonesMax }: Burst,
): Requested {
  const members = workloads.map((name) => workloadOf(choosing.fleet, name));
  const cloneable = members.filter(({ clone }) => clone !== null);
  const stays = members
    .filter(({ clone }) => clone === null)
    .map(({ name }) => ({ workload: name, because: [reason('no-clone')] }));
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
  const takeBackRatio = Math.max(loadMin, (loadMax * members.length) / (members.length + clones));
  return {
    ...nothing,
    stays,
    placements: placementsOf(choosing, {
      workloads: cloneable.map(({ name }) => name),
      sites: [to],
      suffix: 'burst',
      count: ({ name }) =>
        shareOf(
          clones,
          cloneable.length,
          cloneable.findIndex((each) => each.name === name),
        ),
    }).map((placement) => ({ ...placement, takeBackRatio })),
  };
}

/** An even share of the clones for the workload at that place. */
function shareOf(clones: number, members: number, index: number): number {
  return Math.floor(clones / members) + (index < clones % members ? 1 : 0);
}
