import { pathText } from '../../load/problems.ts';
import type { Inventory } from '../inventory.ts';

/** A DNS name moves with one workload, and some server we may update knows its zone. */
export function checkDnsNames({ raw, isWhole, report }: Inventory): void {
  const zones = raw.sites.flatMap(({ dns }) => dns.flatMap((server) => server.zones));
  const first = new Map<string, string>();
  for (const [index, workload] of raw.workloads.entries())
    for (const [at, { name }] of workload.names.entries()) {
      const path = ['workloads', index, 'names', at, 'name'];
      const lower = name.toLowerCase();
      const before = first.get(lower);
      if (before === undefined) first.set(lower, pathText(path));
      else report(path, `'${name}' is already at ${before}`, 'a name moves with one workload; keep it there');
      if (isWhole && zones.length > 0 && !zones.some((zone) => isInZone(lower, zone.toLowerCase())))
        report(
          path,
          `no name server has a zone for '${name}'`,
          'add its zone to zones of a dns server of a site',
        );
    }
}

const isInZone = (name: string, zone: string): boolean => name === zone || name.endsWith(`.${zone}`);
