import { hostKey } from '../choose/room.ts';
import type { Fleet } from '../choose/fleet.ts';

/** Who is to move under a goal, and where to. */
export interface Requested {
  readonly moves: readonly { readonly workload: string; readonly targets: readonly string[] }[];
  /** Hosts that are to take nothing. */
  readonly closed: ReadonlySet<string>;
}

export function requested({ topology, runbook: { goal } }: Fleet): Requested {
  const at = (site: string, host?: string): readonly string[] =>
    topology.workloads
      .filter((workload) => workload.site === site && (host === undefined || workload.host === host))
      .map(({ name }) => name);
  const open = { closed: new Set<string>() };
  switch (goal.kind) {
    case 'evacuate':
      return { ...open, moves: at(goal.from).map((workload) => ({ workload, targets: goal.to })) };
    case 'drain-host':
      return {
        closed: new Set([hostKey(goal.site, goal.host)]),
        moves: at(goal.site, goal.host).map((workload) => ({ workload, targets: goal.to })),
      };
    case 'move':
      return { ...open, moves: goal.workloads.map((workload) => ({ workload, targets: [goal.to] })) };
    case 'follow-the-sun':
    case 'burst':
    case 'rebalance':
    case 'place':
      return { ...open, moves: [] };
  }
}
