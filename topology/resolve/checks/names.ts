import type { Path, Report } from '../../load/problems.ts';
import { pathText } from '../../load/problems.ts';
import type { Inventory } from '../inventory.ts';

/** Names are unique among their kind: everything else refers to them. */
export function checkNames({ raw, report }: Inventory): void {
  checkUnique(raw.sites, ['sites'], report);
  checkUnique(raw.links, ['links'], report);
  checkUnique(raw.workloads, ['workloads'], report);
  for (const [index, site] of raw.sites.entries())
    for (const kind of ['networks', 'hosts', 'dns', 'dhcp', 'balancers'] as const)
      checkUnique(site[kind], ['sites', index, kind], report);
  for (const [index, workload] of raw.workloads.entries())
    checkUnique(workload.disks, ['workloads', index, 'disks'], report);
  for (const kind of ['antiAffinity', 'quorums', 'residency', 'zones', 'licences'] as const)
    checkUnique(raw.policies[kind], ['policies', kind], report);
  const hypervisors = raw.policies.hypervisors.map(({ hypervisor }) => ({ name: hypervisor }));
  checkUnique(hypervisors, ['policies', 'hypervisors'], (path, wrong, right) =>
    report([...path.slice(0, -1), 'hypervisor'], wrong, right),
  );
}

export function checkUnique(list: readonly { readonly name: string }[], path: Path, report: Report): void {
  const first = new Map<string, number>();
  for (const [index, { name }] of list.entries()) {
    const before = first.get(name);
    if (before === undefined) first.set(name, index);
    else
      report(
        [...path, index, 'name'],
        `'${name}' is already the name of ${pathText([...path, before])}`,
        'give each its own',
      );
  }
}
