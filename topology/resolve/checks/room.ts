import type { Inventory } from '../inventory.ts';
import { formatBytes } from '../../units.ts';

/** Every host holds what runs on it: memory in full, its own disks as far as they are used. */
export function checkRoom({ raw, hostsOf, sites, isWhole, report }: Inventory): void {
  if (!isWhole) return;
  const use = new Map<string, { memory: number; storage: number }>();
  for (const { site, host, memory, disks } of raw.workloads) {
    const key = `${site}/${host}`;
    const sum = use.get(key) ?? { memory: 0, storage: 0 };
    sum.memory += memory;
    for (const disk of disks) if (disk.storage === undefined) sum.storage += disk.used ?? disk.size;
    use.set(key, sum);
  }
  for (const site of sites.keys())
    for (const { raw: host, path } of hostsOf(site).values()) {
      const sum = use.get(`${site}/${host.name}`) ?? { memory: 0, storage: 0 };
      for (const kind of ['memory', 'storage'] as const)
        if (sum[kind] > host[kind])
          report(
            [...path, kind],
            `its workloads take ${formatBytes(sum[kind])} of ${kind}, it has ${formatBytes(host[kind])}`,
            `mend the ${kind} of the host or of its workloads`,
          );
    }
}
