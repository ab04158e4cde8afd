import type { Workload } from '../../topology/resolve/topology.ts';
import { choose, type Choice } from '../choose/choose.ts';
import type { Choosing } from '../choose/choosing.ts';
import { siteOf, workloadOf } from '../choose/fleet.ts';
import { hostKey } from '../choose/room.ts';
import type { Requested } from '../schedule/goals.ts';

/**
 * A choice for every workload of the goal, the hardest to place first: whoever comes later sees the room and the links
 * that earlier ones take.
 */
export function select(choosing: Choosing, { moves }: Requested): readonly Choice[] {
  const { fleet, room } = choosing;
  return moves
    .map(({ workload, targets }) => ({ workload: workloadOf(fleet, workload), targets }))
    .sort((a, b) => hardestFirst(a.workload, b.workload))
    .map(({ workload, targets }) => {
      const choice = choose(
        choosing,
        workload,
        targets.map((site) => siteOf(fleet, site)),
      );
      if (choice.candidate !== null) {
        const { site, host, path, estimate } = choice.candidate;
        room.place(workload.name, hostKey(site, host));
        choosing.load.add(path, estimate.wireBytes.p50);
      }
      return choice;
    });
}

function hardestFirst(a: Workload, b: Workload): number {
  return b.priority - a.priority || b.memoryBytes - a.memoryBytes || (a.name < b.name ? -1 : 1);
}
