import type { Limits, Runbook } from '../../topology/resolve/runbook.ts';
import type { Topology, Workload } from '../../topology/resolve/topology.ts';
import {
  addressOf,
  hostOf,
  linkOf,
  networkOf,
  runbookOf,
  siteOf,
  topologyOf,
  workloadOf,
} from './topology.ts';

/** A small world that a plan can be made for: Paris and Lyon, 20 ms apart, 800 Mbit/s for moves. */
const gibibyte = 2 ** 30;

/** A guest of 8 GiB without a disk of its own, whose sessions must be kept and which may stop for two seconds. */
export function aWorkload(changes: Partial<Workload> & { last?: number } = {}): Workload {
  const { last = 10, ...rest } = changes;
  return workloadOf(rest.name ?? 'app', {
    host: 'h1',
    memoryBytes: 8 * gibibyte,
    residentBytes: 6 * gibibyte,
    dirty: [
      { seconds: 1, bytesPerSecond: 4 * 2 ** 20 },
      { seconds: 10, bytesPerSecond: 2 * 2 ** 20 },
    ],
    addresses: [
      addressOf(`10.1.0.${last}`, {
        mac: `52:54:00:00:00:${String(last).padStart(2, '0')}`,
        newAddresses: { lyon: { network: 'lan', address: `10.2.0.${last}` } },
      }),
    ],
    names: [{ name: `${rest.name ?? 'app'}.example.org`, ttlSeconds: 300 }],
    downtimeBudgetSeconds: 2,
    traffic: { openSessions: 20, sessionSeconds: 600, bytesPerSecond: 100_000 },
    ...rest,
  });
}

const hosts = (count: number) =>
  Array.from({ length: count }, (_, index) => hostOf(`h${index + 1}`, { memoryBytes: 512 * gibibyte }));

export function aTopology(changes: Partial<Topology> = {}): Topology {
  return topologyOf({
    sites: [
      siteOf('lyon', {
        hosts: hosts(2),
        networks: [networkOf('lan', { subnet: '10.2.0.0/16', defaultGateway: '10.2.0.1' })],
      }),
      siteOf('paris', { hosts: hosts(2), networks: [networkOf('lan', { subnet: '10.1.0.0/16' })] }),
    ],
    links: [
      linkOf('wan', ['paris', 'lyon'], { reservedRatio: 0.2, rttSeconds: 0.02, sendBufferBytes: 2 ** 24 }),
    ],
    workloads: [aWorkload()],
    ...changes,
  });
}

export function aRunbook({
  limits,
  ...changes
}: Partial<Omit<Runbook, 'limits'>> & { limits?: Partial<Limits> } = {}): Runbook {
  const plain = runbookOf({ kind: 'evacuate', from: 'paris', to: ['lyon'] }, { name: 'leave paris' });
  return { ...plain, ...changes, limits: { ...plain.limits, ...limits } };
}
