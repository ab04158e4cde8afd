import type { Workload } from '../../topology/resolve/topology.ts';
import { choose, stay, type Choice } from '../choose/choose.ts';
import type { Choosing } from '../choose/choosing.ts';
import { siteOf, workloadOf } from '../choose/fleet.ts';
import { hostKey } from '../choose/room.ts';
import type { Requested } from '../schedule/goals/requested.ts';

/**
 * A choice for every workload of the goal, the hardest to place first: whoever comes later sees the room and the links
 * that earlier ones take.
 */
export function select(choosing: Choosing, { moves, worthless }: Requested): readonly Choice[] {
  const { fleet, room, load } = choosing;
  return moves
    .map((wanted) => ({ ...wanted, workload: workloadOf(fleet, wanted.workload) }))
    .sort((a, b) => hardestFirst(a.workload, b.workload))
    .map(({ workload, targets, hosts }) => {
      const wanted = targets.map((site) => ({ target: siteOf(fleet, site), hosts }));
      const choice = worthwhile(choose(choosing, workload, wanted), worthless);
      if (choice.candidate !== null) {
        const { site, host, path, estimate } = choice.candidate;
        room.place(workload.name, hostKey(site, host));
        load.add(path, estimate.wireBytes.p50);
      }
      return choice;
    });
}

/** The choice, or to stay where the move would be made for nothing. */
function worthwhile(choice: Choice, worthless: Requested['worthless']): Choice {
  const because = worthless(choice);
  if (because === null) return choice;
  const { chosen, rejected } = choice.decision;
  return {
    ...choice,
    candidate: null,
    ways: [],
    decision: {
      chosen: stay,
      because: [because],
      rejected: [{ option: chosen, because: [because] }, ...rejected],
    },
  };
}

function hardestFirst(a: Workload, b: Workload): number {
  return b.priority - a.priority || b.memoryBytes - a.memoryBytes || (a.name < b.name ? -1 : 1);
}
