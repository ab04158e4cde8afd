import { formatBytes } from '../../units.ts';
import type { RawWorkload } from '../../schema/workloads.ts';
import type { Entry, Inventory } from '../inventory.ts';
import { refer } from '../inventory.ts';

/** A workload's own figures agree with each other, with its host, and with what it refers to. */
export function checkWorkloads(inventory: Inventory): void {
  for (const [index, raw] of inventory.raw.workloads.entries()) {
    const workload = { raw, path: ['workloads', index] };
    checkHost(workload, inventory);
    checkMemory(workload, inventory);
    checkDisks(workload, inventory);
    checkClone(workload, inventory);
    checkOthers(workload, inventory);
  }
}

function checkHost({ raw, path }: Entry<RawWorkload>, inventory: Inventory): void {
  const { report } = inventory;
  const site = refer(inventory, inventory.sites, { name: raw.site, path: [...path, 'site'], kind: 'site' });
  if (site === null) return;
  const hosts = inventory.hostsOf(raw.site);
  const host = refer(inventory, hosts, {
    name: raw.host,
    path: [...path, 'host'],
    kind: 'host',
    of: raw.site,
  })?.raw;
  if (host === undefined) return;
  const models = [host.cpuModel, ...host.cpuModels];
  if (raw.cpuModel !== undefined && !models.includes(raw.cpuModel))
    report(
      [...path, 'cpuModel'],
      `its host ${host.name} cannot present '${raw.cpuModel}'`,
      offers('cpuModels', models),
    );
  if (
    raw.machineType !== undefined &&
    host.machineTypes.length > 0 &&
    !host.machineTypes.includes(raw.machineType)
  )
    report(
      [...path, 'machineType'],
      `its host ${host.name} does not run '${raw.machineType}'`,
      offers('machineTypes', host.machineTypes),
    );
  for (const [index, device] of raw.devices.entries())
    if (!host.devices.includes(device))
      report(
        [...path, 'devices', index],
        `its host ${host.name} has no '${device}'`,
        offers('devices', host.devices),
      );
}

const offers = (key: string, values: readonly string[]): string =>
  values.length === 0
    ? `add it to ${key} of the host`
    : `it lists ${values.join(', ')}; or add it to ${key} of the host`;

/** Page sampling reports whole MiB/s (facts of calc-dirty-rate), so a curve may overshoot by one. */
const dirtyRounding = 2 ** 20;

function checkMemory({ raw, path }: Entry<RawWorkload>, { report }: Inventory): void {
  if (raw.resident !== undefined && raw.resident > raw.memory)
    report(
      [...path, 'resident'],
      `${formatBytes(raw.resident)} is more than its memory of ${formatBytes(raw.memory)}`,
      'write the part of it that the host holds',
    );
  for (const [index, { interval, rate }] of raw.dirty.entries())
    if (Math.max(0, rate - dirtyRounding) * interval > raw.memory)
      report(
        [...path, 'dirty', index, 'rate'],
        `in this interval ${formatBytes(rate * interval)} would be dirtied, of ${formatBytes(raw.memory)}`,
        'count each page once an interval, as calc-dirty-rate does',
      );
}

function checkDisks({ raw, path }: Entry<RawWorkload>, inventory: Inventory): void {
  const { report } = inventory;
  const mounted = inventory.hostsOf(raw.site).get(raw.host)?.raw.storages;
  for (const [index, disk] of raw.disks.entries()) {
    const here = [...path, 'disks', index];
    if (disk.used !== undefined && disk.used > disk.size)
      report(
        [...here, 'used'],
        `is more than its size of ${formatBytes(disk.size)}`,
        'write what is allocated of it',
      );
    if (disk.storage !== undefined && mounted !== undefined && !mounted.includes(disk.storage))
      report(
        [...here, 'storage'],
        `its host ${raw.host} has not mounted '${disk.storage}'`,
        offers('storages', mounted),
      );
    for (const [site, held] of Object.entries(disk.seeded)) {
      refer(inventory, inventory.sites, { name: site, path: [...here, 'seeded', site], kind: 'site' });
      if (held > disk.size)
        report(
          [...here, 'seeded', site],
          `is more than its size of ${formatBytes(disk.size)}`,
          'write what is there',
        );
    }
  }
}

function checkClone(
  { raw, path }: Entry<RawWorkload>,
  { raw: topology, lostNames, report }: Inventory,
): void {
  const pool = raw.clone?.pool;
  if (pool === undefined || lostNames.size > 0) return;
  const pools = topology.sites.flatMap(({ balancers }) => balancers.flatMap((balancer) => balancer.pools));
  if (!pools.includes(pool))
    report(
      [...path, 'clone', 'pool'],
      `no balancer has a pool '${pool}'`,
      'add it to pools of a balancer of a site',
    );
}

function checkOthers({ raw, path }: Entry<RawWorkload>, inventory: Inventory): void {
  const others = [
    ...raw.dependsOn.map((name, index) => ({ name, path: [...path, 'dependsOn', index] })),
    ...raw.peers.map(({ workload: name }, index) => ({ name, path: [...path, 'peers', index, 'workload'] })),
  ];
  for (const other of others) {
    if (other.name === raw.name) inventory.report(other.path, 'is the workload itself', 'name another one');
    else refer(inventory, inventory.workloads, { ...other, kind: 'workload' });
  }
  if (raw.egressPrefixes.length > 0 && raw.egressIdentity === 'new')
    inventory.report(
      [...path, 'egressPrefixes'],
      "has no effect while egressIdentity is 'new'",
      "write 'egressIdentity: old', or leave the prefixes out",
    );
}
