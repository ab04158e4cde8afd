import type { RawWorkload } from '../schema/workloads.ts';
import { weeklyWindows } from '../schema/times.ts';
import type { Inventory } from './inventory.ts';
import { compareText, sortedByName, sortedWords } from './order.ts';
import type { AddressTies, Disk, Method, Workload, WorkloadAddress } from './topology.ts';

const methodOrder: readonly Method[] = ['stretched-live', 'routed-live', 'redirect', 'cold'];

export function resolveWorkload(raw: RawWorkload, inventory: Inventory): Workload {
  const host = inventory.hostsOf(raw.site).get(raw.host)?.raw;
  return {
    name: raw.name,
    site: raw.site,
    host: raw.host,
    vcpus: raw.vcpus,
    memoryBytes: raw.memory,
    residentBytes: raw.resident ?? null,
    disks: sortedByName(raw.disks.map(resolveDisk)),
    dirty: raw.dirty
      .map(({ interval, rate }) => ({ seconds: interval, bytesPerSecond: rate }))
      .sort((a, b) => a.seconds - b.seconds || a.bytesPerSecond - b.bytesPerSecond),
    addresses: [...raw.addresses.map(resolveAddress)].sort((a, b) => compareText(a.address, b.address)),
    names: sortedByName(raw.names.map(({ name, ttl }) => ({ name, ttlSeconds: ttl }))),
    sessions: raw.sessions,
    downtimeBudgetSeconds: raw.downtimeBudget,
    dependsOn: sortedWords(raw.dependsOn),
    peers: raw.peers
      .map(({ workload, traffic, rttMax }) => ({
        workload,
        bytesPerSecond: traffic,
        rttMaxSeconds: rttMax ?? null,
      }))
      .sort((a, b) => compareText(a.workload, b.workload)),
    egressIdentity: raw.egressIdentity,
    egressPrefixes: sortedWords(raw.egressPrefixes),
    addressTies: resolveTies(raw.addressTies),
    traffic: {
      openSessions: raw.traffic.openSessions,
      sessionSeconds: raw.traffic.sessionLife ?? null,
      bytesPerSecond: raw.traffic.rate,
    },
    cpuRatio: raw.cpuUse,
    ports: [...new Set(raw.ports)].sort((a, b) => a - b),
    cpuModel: raw.cpuModel ?? host?.cpuModel ?? '',
    machineType: raw.machineType ?? null,
    devices: sortedWords(raw.devices),
    vtpm: raw.vtpm,
    snapshots: raw.snapshots,
    localMedia: sortedWords(raw.localMedia),
    labels: sortedKeys(raw.labels),
    methods: methodOrder.filter((method) => raw.methods.includes(method)),
    clone:
      raw.clone === undefined
        ? null
        : {
            template: raw.clone.template,
            seconds: raw.clone.time,
            bytes: raw.clone.size,
            pool: raw.clone.pool ?? null,
          },
    shutdownSeconds: raw.shutdown,
    bootSeconds: raw.boot,
    priority: raw.priority,
    windows: weeklyWindows(raw.windows),
    changeControlled: raw.changeControlled,
  };
}

function resolveDisk(raw: RawWorkload['disks'][number]): Disk {
  return {
    name: raw.name,
    sizeBytes: raw.size,
    usedBytes: raw.used ?? raw.size,
    storage: raw.storage ?? null,
    writeBytesPerSecond: raw.write,
    readBytesPerSecond: raw.read,
    seeded: sortedKeys(raw.seeded),
  };
}

function resolveAddress(raw: RawWorkload['addresses'][number]): WorkloadAddress {
  return {
    network: raw.network,
    address: raw.address,
    mac: raw.mac?.toLowerCase() ?? null,
    origin: raw.origin,
    newAddresses: sortedKeys(raw.newAddresses),
  };
}

function resolveTies({ vrrp, multicast, inPayload, allowLists }: RawWorkload['addressTies']): AddressTies {
  return {
    vrrp,
    multicast,
    inPayload,
    allowLists: allowLists
      .map(({ partner, prefixes }) => ({ partner, prefixes: sortedWords(prefixes) }))
      .sort((a, b) => compareText(a.partner, b.partner)),
  };
}

function sortedKeys<T>(record: Readonly<Record<string, T>>): Readonly<Record<string, T>> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => compareText(a, b)));
}
