import type { Limits, Runbook } from '../../topology/resolve/runbook.ts';
import type { Disk, Host, Link, Network, Site, Topology, Workload } from '../../topology/resolve/topology.ts';

/** Builders of resolved values: say what matters to the test, the rest is ordinary. */
const gibibyte = 2 ** 30;

export function aHost(change: Partial<Host> = {}): Host {
  return {
    name: 'h1',
    hypervisor: 'simulated',
    cpuArchitecture: 'x86_64',
    cpuModel: 'Skylake-Server',
    cpuModels: ['Skylake-Server', 'x86-64-v2'],
    cores: 64,
    memoryBytes: 512 * gibibyte,
    storageBytes: 8192 * gibibyte,
    storages: [],
    machineTypes: ['pc-q35-7.2'],
    movesMax: 4,
    devices: [],
    power: null,
    ...change,
  };
}

export function aNetwork(change: Partial<Network> = {}): Network {
  return {
    name: 'lan',
    subnet: '10.1.0.0/16',
    defaultGateway: '10.1.0.1',
    vlan: null,
    mtuBytes: 1500,
    dhcpPools: [],
    portSecurity: false,
    gatewayInline: true,
    ...change,
  };
}

export function aSite(change: Partial<Site> = {}): Site {
  return {
    name: 'paris',
    location: null,
    residency: 'FR',
    zones: [],
    networks: [aNetwork()],
    hosts: [aHost()],
    agent: null,
    dns: [],
    dhcp: [],
    balancers: [],
    costPerHostHour: 0,
    powerWattsMax: null,
    movesMax: null,
    ...change,
  };
}

export function aLink(change: Partial<Link> = {}): Link {
  return {
    name: 'wan',
    between: ['paris', 'lyon'],
    rateBitsPerSecond: 1e9,
    reservedRatio: 0.2,
    rttSeconds: 0.02,
    jitterSeconds: 0,
    loss: 0,
    bufferSeconds: 0.05,
    mtuBytes: 1500,
    congestionControl: 'cubic',
    sendBufferBytes: 16 * 2 ** 20,
    pricePerByte: 0,
    caps: [],
    stretched: [],
    stretchable: false,
    encrypted: true,
    outagesPerHour: 0,
    outageSeconds: 0,
    movesMax: null,
    ...change,
  };
}

export function aDisk(change: Partial<Disk> = {}): Disk {
  return {
    name: 'root',
    sizeBytes: 20 * gibibyte,
    usedBytes: 8 * gibibyte,
    storage: null,
    writeBytesPerSecond: 0,
    readBytesPerSecond: 0,
    seeded: {},
    ...change,
  };
}

/** A guest of 8 GiB without a disk, which answers sessions that must be kept and may stop for a second. */
export function aWorkload(change: Partial<Workload> = {}): Workload {
  return {
    name: 'app',
    site: 'paris',
    host: 'h1',
    vcpus: 2,
    memoryBytes: 8 * gibibyte,
    residentBytes: 6 * gibibyte,
    disks: [],
    dirty: [
      { seconds: 1, bytesPerSecond: 4 * 2 ** 20 },
      { seconds: 10, bytesPerSecond: 2 * 2 ** 20 },
    ],
    addresses: [
      {
        network: 'lan',
        address: '10.1.0.10',
        mac: '52:54:00:00:00:10',
        origin: 'static',
        newAddresses: { lyon: { network: 'lan', address: '10.2.0.10' } },
      },
    ],
    names: [{ name: 'app.example.org', ttlSeconds: 300 }],
    sessions: 'keep',
    downtimeBudgetSeconds: 2,
    dependsOn: [],
    peers: [],
    egressIdentity: 'new',
    egressPrefixes: [],
    addressTies: { vrrp: false, multicast: false, inPayload: false, allowLists: [] },
    traffic: { openSessions: 20, sessionSeconds: 600, bytesPerSecond: 100_000 },
    cpuRatio: 0.2,
    ports: [443],
    cpuModel: 'x86-64-v2',
    machineType: 'pc-q35-7.2',
    devices: [],
    vtpm: false,
    snapshots: 0,
    localMedia: [],
    labels: {},
    methods: ['stretched-live', 'routed-live', 'redirect', 'cold'],
    clone: null,
    shutdownSeconds: 20,
    bootSeconds: 40,
    priority: 0,
    windows: [],
    changeControlled: false,
    ...change,
  };
}

export function aTopology(change: Partial<Topology> = {}): Topology {
  return {
    format: 'longhaul-topology/1',
    name: 'two sites',
    currency: 'EUR',
    sites: [
      aSite(),
      aSite({
        name: 'lyon',
        networks: [aNetwork({ subnet: '10.2.0.0/16', defaultGateway: '10.2.0.1' })],
      }),
    ],
    links: [aLink()],
    workloads: [aWorkload()],
    policies: {
      antiAffinity: [],
      quorums: [],
      residency: [],
      zones: [],
      licences: [],
      hypervisors: [],
    },
    ...change,
  };
}

export function aRunbook({
  limits,
  ...change
}: Partial<Omit<Runbook, 'limits'>> & { limits?: Partial<Limits> } = {}): Runbook {
  return {
    format: 'longhaul-runbook/1',
    name: 'leave paris',
    goal: { kind: 'evacuate', from: 'paris', to: ['lyon'] },
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
      ...limits,
    },
    weights: { preset: 'keep-sessions', changed: {} },
    approvals: [],
    changeTicket: null,
    freezes: [],
    ...change,
  };
}
