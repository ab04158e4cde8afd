import type { Runbook } from '../../topology/resolve/runbook.ts';
import type { Topology } from '../../topology/resolve/topology.ts';
import type { MoveUnderWay } from '../choose/under-way.ts';

interface Asked {
  readonly topology: Topology;
  readonly runbook: Runbook;
  readonly underWay?: readonly MoveUnderWay[];
}

/** Whether the plan needs to know when it starts. */
export function dependsOnStart(input: Asked): boolean {
  const { deadlineSeconds, goal } = input.runbook;
  return deadlineSeconds !== null || goal.kind === 'follow-the-sun' || hasCalendar(input);
}

/** Whether what is possible changes with the time at which the plan starts. */
export function hasCalendar({ topology: { sites, links, workloads }, runbook, underWay }: Asked): boolean {
  return (
    (underWay ?? []).length > 0 ||
    runbook.freezes.length > 0 ||
    links.some(({ caps }) => caps.length > 0) ||
    workloads.some(({ windows }) => windows.length > 0) ||
    sites.some(
      ({ agent, dns }) => agent?.expiresSeconds != null || dns.some(({ key }) => key?.expiresSeconds != null),
    )
  );
}
