import type { Goal, Runbook } from '../../topology/resolve/runbook.ts';
import type {
  Disk,
  Host,
  Link,
  Network,
  Policies,
  Site,
  Topology,
  Workload,
  WorkloadAddress,
} from '../../topology/resolve/topology.ts';

/** Resolved values for tests: everything has a plain default, a test names only what it is about. */
const gibibyte = 2 ** 30;

export function networkOf(name: string, changes: Partial<Network> = {}): Network {
  return {
    name,
    subnet: '10.1.0.0/24',
    defaultGateway: '10.1.0.1',
    vlan: null,
    mtuBytes: 1500,
    dhcpPools: [],
    portSecurity: false,
    gatewayInline: true,
    ...changes,
  };
}

export function hostOf(name: string, changes: Partial<Host> = {}): Host {
  const cpuModel = changes.cpuModel ?? 'qemu64';
  return {
    name,
    hypervisor: 'simulated',
    cpuArchitecture: 'x86_64',
    cpuModel,
    cpuModels: [cpuModel],
    cores: 32,
    memoryBytes: 256 * gibibyte,
    storageBytes: 4096 * gibibyte,
    storages: [],
    machineTypes: ['pc-q35-7.2'],
    movesMax: 2,
    devices: [],
    power: null,
    ...changes,
  };
}

export function siteOf(name: string, changes: Partial<Site> = {}): Site {
  return {
    name,
    location: null,
    residency: null,
    zones: [],
    networks: [],
    hosts: [hostOf(`${name}-1`)],
    agent: null,
    dns: [],
    dhcp: [],
    balancers: [],
    costPerHostHour: 0,
    powerWattsMax: null,
    movesMax: null,
    ...changes,
  };
}

export function linkOf(name: string, between: readonly [string, string], changes: Partial<Link> = {}): Link {
  return {
    name,
    between,
    rateBitsPerSecond: 1e9,
    reservedRatio: 0,
    rttSeconds: 0.01,
    jitterSeconds: 0,
    loss: 0,
    bufferSeconds: 0.05,
    mtuBytes: 1500,
    congestionControl: 'cubic',
    sendBufferBytes: 4 * 2 ** 20,
    pricePerByte: 0,
    caps: [],
    stretched: [],
    stretchable: false,
    encrypted: false,
    outagesPerHour: 0,
    outageSeconds: 0,
    movesMax: null,
    ...changes,
  };
}

export function diskOf(name: string, changes: Partial<Disk> = {}): Disk {
  return {
    name,
    sizeBytes: 20 * gibibyte,
    usedBytes: 8 * gibibyte,
    storage: null,
    writeBytesPerSecond: 0,
    readBytesPerSecond: 0,
    seeded: {},
    ...changes,
  };
}

export function addressOf(address: string, changes: Partial<WorkloadAddress> = {}): WorkloadAddress {
  return { network: 'lan', address, mac: null, origin: 'static', newAddresses: {}, ...changes };
}

export function workloadOf(name: string, changes: Partial<Workload> = {}): Workload {
  const site = changes.site ?? 'paris';
  return {
    name,
    site,
    host: `${site}-1`,
    vcpus: 2,
    memoryBytes: 4 * gibibyte,
    residentBytes: null,
    disks: [],
    dirty: [],
    addresses: [],
    names: [],
    sessions: 'keep',
    downtimeBudgetSeconds: 1,
    dependsOn: [],
    peers: [],
    egressIdentity: 'new',
    egressPrefixes: [],
    addressTies: { vrrp: false, multicast: false, inPayload: false, allowLists: [] },
    traffic: { openSessions: 0, sessionSeconds: null, bytesPerSecond: 0 },
    cpuRatio: 0.5,
    ports: [],
    cpuModel: 'qemu64',
    machineType: 'pc-q35-7.2',
    devices: [],
    vtpm: false,
    snapshots: 0,
    localMedia: [],
    labels: {},
    methods: ['stretched-live', 'routed-live', 'redirect', 'cold'],
    clone: null,
    shutdownSeconds: 30,
    bootSeconds: 60,
    priority: 0,
    windows: [],
    changeControlled: false,
    ...changes,
  };
}

const noPolicies: Policies = {
  antiAffinity: [],
  quorums: [],
  residency: [],
  zones: [],
  licences: [],
  hypervisors: [],
};

export function topologyOf(changes: Partial<Topology> = {}): Topology {
  return {
    format: 'longhaul-topology/1',
    name: 'test',
    currency: 'EUR',
    sites: [],
    links: [],
    workloads: [],
    policies: noPolicies,
    ...changes,
  };
}

export function runbookOf(goal: Goal, changes: Partial<Runbook> = {}): Runbook {
  return {
    format: 'longhaul-runbook/1',
    name: 'test',
    goal,
    startSeconds: null,
    deadlineSeconds: null,
    confidence: 0.9,
    limits: {
      downtimeSecondsMax: null,
      movesMax: 8,
      linkShareMax: 1,
      costMax: null,
      postCopyRiskMax: 0.001,
      drainSecondsMax: 3600,
    },
    weights: { preset: 'keep-sessions', changed: {} },
    approvals: [],
    changeTicket: null,
    freezes: [],
    ...changes,
  };
}
