import type { Runbook } from '../../topology/resolve/runbook.ts';
import type { Disk, Host, Link, Site, Topology, Workload } from '../../topology/resolve/topology.ts';
import { createRandom } from '../../src/world/random.ts';

/**
 * Fleets of any size from a seed: one site to be emptied into all the others, each with its own link to it and a ring
 * among them. Guests are of a few dozen sizes and loads, as fleets are; one in five is stateless behind a balancer, one
 * in ten may stop, the rest must keep their sessions; databases have replicas apart and quorums of three.
 */
export interface FleetSize {
  readonly workloads: number;
  readonly sites: number;
}

const gibibyte = 2 ** 30;
const mebibyte = 2 ** 20;
const guestsPerHost = 20;

export function fleetOf(seed: number, { workloads: count, sites: siteCount }: FleetSize): Topology {
  const random = createRandom(seed);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random.next() * from.length)]!;
  const names = Array.from({ length: siteCount }, (_, index) => `site-${pad(index, 2)}`);
  const sourceHosts = Math.max(2, Math.ceil(count / guestsPerHost));
  const targetHosts = Math.max(2, Math.ceil((1.5 * sourceHosts) / (siteCount - 1)));
  const sites = names.map((name, index) => siteOf(name, index, index === 0 ? sourceHosts : targetHosts));
  const workloads = Array.from({ length: count }, (_, index) =>
    workloadOf(index, { pick, random: () => random.next(), sites: names, hosts: sourceHosts }),
  );
  const databases = workloads.filter(({ labels }) => labels['tier'] === 'database').map(({ name }) => name);
  return {
    format: 'longhaul-topology/1',
    name: `fleet of ${count}`,
    currency: 'EUR',
    sites,
    links: linksOf(names, pick),
    workloads,
    policies: {
      antiAffinity: groupsOf(databases, 2).map((members, index) => ({
        name: `apart-${pad(index, 5)}`,
        workloads: members,
        scope: 'host',
      })),
      quorums: groupsOf(databases, 3).map((members, index) => ({
        name: `quorum-${pad(index, 5)}`,
        workloads: members,
      })),
      residency: [],
      zones: [],
      licences: [],
      hypervisors: [],
    },
  };
}

export function evacuationOf({ sites }: Topology): Runbook {
  const [from, ...to] = sites.map(({ name }) => name);
  return {
    format: 'longhaul-runbook/1',
    name: 'empty the first site',
    goal: { kind: 'evacuate', from: from!, to },
    startSeconds: null,
    deadlineSeconds: null,
    confidence: 0.9,
    limits: {
      downtimeSecondsMax: null,
      movesMax: 200,
      linkShareMax: 1,
      costMax: null,
      postCopyRiskMax: 0.001,
      drainSecondsMax: 3600,
    },
    weights: { preset: 'keep-sessions', changed: {} },
    approvals: [],
    changeTicket: null,
    freezes: [],
  };
}

function siteOf(name: string, index: number, hosts: number): Site {
  return {
    name,
    location: null,
    residency: 'EU',
    zones: [],
    networks: [
      {
        name: 'lan',
        subnet: `10.${index}.0.0/16`,
        defaultGateway: `10.${index}.0.1`,
        vlan: null,
        mtuBytes: 1500,
        dhcpPools: [],
        portSecurity: false,
        gatewayInline: true,
      },
    ],
    hosts: Array.from(
      { length: hosts },
      (_, host): Host => ({
        name: `${name}-h${pad(host, 4)}`,
        hypervisor: 'simulated',
        cpuArchitecture: 'x86_64',
        cpuModel: 'Icelake-Server',
        cpuModels: ['Icelake-Server', 'Cascadelake-Server'],
        cores: 64,
        memoryBytes: 768 * gibibyte,
        storageBytes: 16_384 * gibibyte,
        storages: [],
        machineTypes: ['pc-q35-7.2'],
        movesMax: 4,
        devices: [],
        power: null,
      }),
    ),
    agent: null,
    dns: [],
    dhcp: [],
    balancers: [{ name: `edge-${name}`, driver: 'simulated', url: 'tcp://127.0.0.1:1', pools: ['web'] }],
    costPerHostHour: 1,
    powerWattsMax: null,
    movesMax: null,
  };
}

function linksOf(names: readonly string[], pick: <T>(from: readonly T[]) => T): readonly Link[] {
  const [first, ...others] = names;
  const link = (name: string, between: readonly [string, string]): Link => ({
    name,
    between,
    rateBitsPerSecond: pick([1e9, 2e9, 5e9, 10e9]),
    reservedRatio: 0.2,
    rttSeconds: pick([0.004, 0.012, 0.02, 0.04]),
    jitterSeconds: 0.0005,
    loss: 0,
    bufferSeconds: 0.05,
    mtuBytes: pick([1500, 9000]),
    congestionControl: 'cubic',
    sendBufferBytes: 16 * mebibyte,
    pricePerByte: 1e-11,
    caps: [],
    stretched: [],
    stretchable: false,
    encrypted: true,
    outagesPerHour: 0.0005,
    outageSeconds: 300,
    movesMax: null,
  });
  return [
    ...others.map((name) => link(`wan-${name}`, [first!, name])),
    ...others.slice(1).map((name, index) => link(`ring-${name}`, [others[index]!, name])),
  ];
}

interface Draw {
  readonly pick: <T>(from: readonly T[]) => T;
  readonly random: () => number;
  readonly sites: readonly string[];
  readonly hosts: number;
}

function workloadOf(index: number, { pick, random, sites, hosts }: Draw): Workload {
  const draw = random();
  const tier = draw < 0.2 ? 'web' : draw < 0.3 ? 'batch' : draw < 0.45 ? 'database' : 'app';
  const memory = pick([2, 4, 8, 16, 32]) * gibibyte;
  const dirty = pick([1, 2, 4, 8, 16]) * mebibyte;
  const address = `${Math.floor(index / 200) + 10}.${(index % 200) + 2}`;
  const disk: Disk = {
    name: 'root',
    sizeBytes: 40 * gibibyte,
    usedBytes: pick([2, 4, 8]) * gibibyte,
    storage: null,
    writeBytesPerSecond: pick([0, 50_000, 200_000]),
    readBytesPerSecond: 0,
    seeded: {},
  };
  return {
    name: `${tier}-${pad(index, 5)}`,
    site: sites[0]!,
    host: `${sites[0]!}-h${pad(index % hosts, 4)}`,
    vcpus: 2,
    memoryBytes: memory,
    residentBytes: memory * pick([0.5, 0.7, 0.9]),
    disks: [disk],
    dirty: [
      { seconds: 1, bytesPerSecond: dirty },
      { seconds: 10, bytesPerSecond: dirty / 2 },
    ],
    addresses: [
      {
        network: 'lan',
        address: `10.0.${address}`,
        mac: `52:54:00:${hex(index >> 16)}:${hex((index >> 8) & 255)}:${hex(index & 255)}`,
        origin: 'static',
        newAddresses: Object.fromEntries(
          sites.slice(1).map((site, at) => [site, { network: 'lan', address: `10.${at + 1}.${address}` }]),
        ),
      },
    ],
    names: [{ name: `${tier}-${index}.fleet.example`, ttlSeconds: 300 }],
    sessions: tier === 'web' ? 'drain' : tier === 'batch' ? 'may-break' : 'keep',
    downtimeBudgetSeconds: tier === 'batch' ? 3600 : 2,
    dependsOn: [],
    peers: [],
    egressIdentity: 'new',
    egressPrefixes: [],
    addressTies: { vrrp: false, multicast: false, inPayload: false, allowLists: [] },
    traffic: { openSessions: 20, sessionSeconds: 120, bytesPerSecond: 200_000 },
    cpuRatio: 0.3,
    ports: [],
    cpuModel: 'Cascadelake-Server',
    machineType: 'pc-q35-7.2',
    devices: [],
    vtpm: false,
    snapshots: 0,
    localMedia: [],
    labels: { tier },
    methods: ['stretched-live', 'routed-live', 'redirect', 'cold'],
    clone: tier === 'web' ? { template: 'web', seconds: 60, bytes: gibibyte, pool: 'web' } : null,
    shutdownSeconds: 20,
    bootSeconds: 40,
    priority: tier === 'database' ? 1 : 0,
    windows: [],
    changeControlled: false,
  };
}

/** Consecutive names in groups; what is left over is in none. */
function groupsOf(names: readonly string[], size: number): readonly (readonly string[])[] {
  return Array.from({ length: Math.floor(names.length / size) }, (_, index) =>
    names.slice(index * size, (index + 1) * size),
  );
}

const pad = (value: number, width: number): string => String(value).padStart(width, '0');
const hex = (value: number): string => value.toString(16).padStart(2, '0');
