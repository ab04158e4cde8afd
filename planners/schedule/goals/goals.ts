import type { Choosing } from '../../choose/choosing.ts';
import { hostKey } from '../../choose/room.ts';
import { burst } from './burst.ts';
import { followTheSun } from './follow-the-sun.ts';
import { parted } from './parted.ts';
import { place } from './place.ts';
import { rebalance } from './rebalance.ts';
import { besideUnderWay } from './beside-under-way.ts';
import { nothing, type Requested, type WantedMove } from './requested.ts';

/** What the runbook's goal asks for, of workloads that no other run moves. */
export function requested(choosing: Choosing): Requested {
  return besideUnderWay(choosing, askedFor(choosing));
}

function askedFor(choosing: Choosing): Requested {
  const { topology, runbook } = choosing.fleet;
  const { goal } = runbook;
  const movesOf = (site: string, host: string | null, targets: readonly string[]): readonly WantedMove[] =>
    topology.workloads
      .filter((workload) => workload.site === site && (host === null || workload.host === host))
      .map(({ name }) => ({ workload: name, targets, hosts: null }));
  switch (goal.kind) {
    case 'evacuate':
      return {
        ...nothing,
        moves: movesOf(
          goal.from,
          null,
          goal.to.filter((site) => site !== goal.from),
        ),
      };
    case 'drain-host':
      return {
        ...nothing,
        closed: new Set([hostKey(goal.site, goal.host)]),
        moves: movesOf(goal.site, goal.host, goal.to),
      };
    case 'move':
      return {
        ...nothing,
        ...parted(choosing, goal.workloads, goal.to),
      };
    case 'follow-the-sun':
      return followTheSun(choosing, goal);
    case 'burst':
      return burst(choosing, goal);
    case 'rebalance':
      return rebalance(choosing, goal);
    case 'place':
      return place(choosing, goal);
  }
}
