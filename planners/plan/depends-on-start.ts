import type { Runbook } from '../../topology/resolve/runbook.ts';
import type { Topology } from '../../topology/resolve/topology.ts';

/** Whether the plan needs to know when it starts. */
export function dependsOnStart(topology: Topology, runbook: Runbook): boolean {
  return (
    runbook.deadlineSeconds !== null ||
    runbook.goal.kind === 'follow-the-sun' ||
    hasCalendar(topology, runbook)
  );
}

/** Whether what is possible changes with the time at which the plan starts. */
export function hasCalendar({ sites, links, workloads }: Topology, runbook: Runbook): boolean {
  return (
    runbook.freezes.length > 0 ||
    links.some(({ caps }) => caps.length > 0) ||
    workloads.some(({ windows }) => windows.length > 0) ||
    sites.some(
      ({ agent, dns }) => agent?.expiresSeconds != null || dns.some(({ key }) => key?.expiresSeconds != null),
    )
  );
}
