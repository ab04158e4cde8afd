import { createRandom } from '../src/world/random.ts';
import { fibreRttSeconds, greatCircleMetres } from '../topology/geography.ts';
import { topologyFormat } from '../topology/schema/topology.ts';

/**
 * Topologies of any size, the same bytes for the same seed: what a company with several data centres might have.
 * Applications of web servers behind a balancer, services, a database pair and a batch machine, each at one site.
 */
export interface Size {
  readonly workloads: number;
  readonly sites: number;
  readonly seed: number;
}

const cities = [
  { name: 'paris', residency: 'FR', latitude: 48.8566, longitude: 2.3522 },
  { name: 'frankfurt', residency: 'DE', latitude: 50.1109, longitude: 8.6821 },
  { name: 'amsterdam', residency: 'NL', latitude: 52.3676, longitude: 4.9041 },
  { name: 'zurich', residency: 'CH', latitude: 47.3769, longitude: 8.5417 },
  { name: 'madrid', residency: 'ES', latitude: 40.4168, longitude: -3.7038 },
  { name: 'milan', residency: 'IT', latitude: 45.4642, longitude: 9.19 },
  { name: 'vienna', residency: 'AT', latitude: 48.2082, longitude: 16.3738 },
  { name: 'warsaw', residency: 'PL', latitude: 52.2297, longitude: 21.0122 },
  { name: 'stockholm', residency: 'SE', latitude: 59.3293, longitude: 18.0686 },
  { name: 'dublin', residency: 'IE', latitude: 53.3498, longitude: -6.2603 },
  { name: 'lisbon', residency: 'PT', latitude: 38.7223, longitude: -9.1393 },
  { name: 'helsinki', residency: 'FI', latitude: 60.1699, longitude: 24.9384 },
  { name: 'athens', residency: 'GR', latitude: 37.9838, longitude: 23.7275 },
  { name: 'bucharest', residency: 'RO', latitude: 44.4268, longitude: 26.1025 },
  { name: 'oslo', residency: 'NO', latitude: 59.9139, longitude: 10.7522 },
  { name: 'prague', residency: 'CZ', latitude: 50.0755, longitude: 14.4378 },
  { name: 'brussels', residency: 'BE', latitude: 50.8503, longitude: 4.3517 },
  { name: 'copenhagen', residency: 'DK', latitude: 55.6761, longitude: 12.5683 },
  { name: 'budapest', residency: 'HU', latitude: 47.4979, longitude: 19.0402 },
  { name: 'marseille', residency: 'FR', latitude: 43.2965, longitude: 5.3698 },
] as const;

type City = (typeof cities)[number];

const locationOf = ({ latitude, longitude }: City) => ({
  latitudeDegrees: latitude,
  longitudeDegrees: longitude,
});

type Role = 'web' | 'service' | 'database' | 'batch';

/** One application; dependencies go to the left. */
const applicationRoles: readonly Role[] = [
  'database',
  'database',
  'service',
  'service',
  'service',
  'web',
  'web',
  'web',
  'web',
  'batch',
];

/** Memory in GiB, its dirty rates, disk in GiB and what its users bear, per role: from a small to a large one. */
const shapes = {
  web: { memory: [4, 8], dirty: [4, 16], disk: [3, 6], cores: [2, 4], downtime: '0 s', sessions: 'drain' },
  service: {
    memory: [8, 24],
    dirty: [6, 30],
    disk: [5, 15],
    cores: [2, 8],
    downtime: '2 s',
    sessions: 'keep',
  },
  database: {
    memory: [16, 64],
    dirty: [8, 40],
    disk: [30, 160],
    cores: [4, 16],
    downtime: '2 s',
    sessions: 'keep',
  },
  batch: {
    memory: [16, 64],
    dirty: [100, 600],
    disk: [10, 60],
    cores: [8, 16],
    downtime: '2 h',
    sessions: 'may-break',
  },
} as const;

const hostMemory = 512;
const hostCores = 64;
/** Filled so far, hosts leave room for a neighbour site's workloads. */
const hostFill = 0.45;

export function generateTopology({ workloads: count, sites: siteCount, seed }: Size): string {
  const random = createRandom(seed);
  const cast = cities.slice(0, siteCount);
  const workloads = Array.from({ length: count }, (_, index) => planWorkload(index, { siteCount, random }));
  placeOnHosts(workloads);
  return render({
    format: topologyFormat,
    name: `generated-${count}`,
    currency: 'EUR',
    sites: cast.map((city, index) => siteEntry(city, index, workloads)),
    links: linkEntries(cast, random),
    workloads: workloads.map((workload) => workloadEntry(workload, cast)),
    policies: policyEntries(workloads),
  });
}

interface Planned {
  readonly name: string;
  readonly application: string;
  readonly role: Role;
  readonly site: number;
  host: number;
  /** Of all workloads, and of its site: the second numbers its address. */
  readonly index: number;
  readonly siteIndex: number;
  readonly memory: number;
  readonly cores: number;
  readonly dirty: number;
  readonly disk: number;
  readonly use: number;
}

function planWorkload(
  index: number,
  { siteCount, random }: { readonly siteCount: number; readonly random: { next(): number } },
): Planned {
  const application = Math.floor(index / applicationRoles.length);
  const role = applicationRoles[index % applicationRoles.length] ?? 'service';
  const shape = shapes[role];
  const between = ([least, most]: readonly [number, number]): number =>
    least + random.next() * (most - least);
  const number = applicationRoles
    .slice(0, (index % applicationRoles.length) + 1)
    .filter((other) => other === role);
  return {
    name: `app${String(application).padStart(4, '0')}-${role}-${number.length}`,
    application: `app${String(application).padStart(4, '0')}`,
    role,
    site: application % siteCount,
    host: 0,
    index,
    siteIndex:
      Math.floor(application / siteCount) * applicationRoles.length + (index % applicationRoles.length),
    memory: 2 * Math.round(between(shape.memory) / 2),
    cores: 2 * Math.round(between(shape.cores) / 2),
    dirty: Math.round(between(shape.dirty)),
    disk: Math.round(between(shape.disk)),
    use: Math.round(10 + random.next() * 60),
  };
}

/** One host after the other, to their fill; the two of a database pair are never neighbours. */
function placeOnHosts(workloads: readonly Planned[]): void {
  const hosts = new Map<number, { memory: number; applications: Set<string> }[]>();
  for (const workload of workloads) {
    const list = hosts.get(workload.site) ?? [];
    hosts.set(workload.site, list);
    const isApart = workload.role === 'database';
    const fits = list.findIndex(
      ({ memory, applications }) =>
        memory + workload.memory <= hostMemory * hostFill &&
        !(isApart && applications.has(workload.application)),
    );
    workload.host = fits >= 0 ? fits : list.length;
    const host = list[workload.host] ?? { memory: 0, applications: new Set() };
    list[workload.host] = host;
    host.memory += workload.memory;
    if (isApart) host.applications.add(workload.application);
  }
}

function siteEntry(city: City, index: number, workloads: readonly Planned[]) {
  const { name, residency, latitude, longitude } = city;
  const hostCount =
    1 + Math.max(0, ...workloads.filter(({ site }) => site === index).map(({ host }) => host));
  return {
    name,
    location: { latitude, longitude },
    residency,
    networks: [
      {
        name: 'lan',
        subnet: `10.${index + 1}.0.0/16`,
        defaultGateway: `10.${index + 1}.0.1`,
        dhcpPools: [`10.${index + 1}.255.0-10.${index + 1}.255.254`],
        gatewayInline: true,
      },
    ],
    hosts: Array.from({ length: hostCount }, (_, host) => ({
      name: `${name}-${host + 1}`,
      hypervisor: 'simulated',
      cpuModel: 'Icelake-Server',
      cores: hostCores,
      memory: `${hostMemory} GiB`,
      storage: '16 TiB',
      movesMax: 4,
      power: { idle: '140 W', busy: '540 W' },
    })),
    balancers: [{ name: 'edge', driver: 'simulated', url: `tcp://10.${index + 1}.0.5:9999`, pools: ['web'] }],
    costPerHostHour: '1.20 EUR/h',
  };
}

/** Every site to its three nearest: real routes are half as long again as the great circle. */
function linkEntries(cast: readonly City[], random: { next(): number }) {
  const pairs = cast.flatMap((city) =>
    cast
      .filter((other) => other.name !== city.name)
      .map((other) => ({
        ends: [city.name, other.name].sort(),
        metres: greatCircleMetres(locationOf(city), locationOf(other)),
      }))
      .sort((a, b) => a.metres - b.metres)
      .slice(0, 3),
  );
  const links = new Map(pairs.map((pair) => [pair.ends.join('-'), pair]));
  return [...links.entries()]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, { ends, metres }]) => ({
      name,
      between: ends,
      rate: `${[2.5, 5, 10][Math.floor(random.next() * 3)] ?? 10} Gbit/s`,
      reserved: '30 %',
      rtt: `${(fibreRttSeconds(metres) * 1500 + 0.4).toFixed(1)} ms`,
      jitter: '300 us',
      buffer: '50 ms',
      sendBuffer: '32 MiB',
      price: '0.004 EUR/GB',
      encrypted: true,
      outages: { every: '60 d', last: '10 min' },
    }));
}

function workloadEntry(workload: Planned, cast: readonly City[]) {
  const { name, application, role, site, host, memory, cores, dirty, disk, use } = workload;
  const shape = shapes[role];
  const city = cast[site]?.name ?? '';
  return {
    name,
    site: city,
    host: `${city}-${host + 1}`,
    vcpus: cores,
    memory: `${memory} GiB`,
    resident: `${Math.max(1, Math.round(memory * 0.7))} GiB`,
    disks: [
      {
        name: 'root',
        size: `${disk * 2} GiB`,
        used: `${disk} GiB`,
        write: `${Math.round(dirty * 20)} KiB/s`,
      },
    ],
    dirty: [
      { interval: '1 s', rate: `${dirty} MiB/s` },
      { interval: '10 s', rate: `${Math.round(dirty * 4) / 10} MiB/s` },
    ],
    addresses: [addressEntry(workload, cast)],
    names: [{ name: `${name}.example.org`, ttl: '5 min' }],
    sessions: shape.sessions,
    downtimeBudget: shape.downtime,
    dependsOn: role === 'database' || role === 'batch' ? [] : [`${application}-database-1`],
    traffic: { openSessions: role === 'batch' ? 0 : use, sessionLife: '10 min', rate: `${use * 8} KiB/s` },
    cpuUse: `${use} %`,
    labels: { app: application, role },
    ...(role === 'web'
      ? { clone: { template: `${application}-web`, time: '90 s', size: '1 GiB', pool: 'web' } }
      : {}),
  };
}

/** Old addresses in the lower half of the site's /16; at another site its place in the upper half is kept for it. */
function addressEntry({ site, siteIndex, index }: Planned, cast: readonly City[]) {
  const hostBits = (offset: number): string => `${offset >> 8}.${offset & 255}`;
  const hex = (value: number): string => (value & 255).toString(16).padStart(2, '0');
  const home = cast[site];
  const metres = (city: City): number =>
    home === undefined ? 0 : greatCircleMetres(locationOf(home), locationOf(city));
  const nearby = cast
    .map((city, at) => ({ city, at }))
    .filter(({ at }) => at !== site)
    .sort((a, b) => metres(a.city) - metres(b.city))
    .slice(0, 3);
  return {
    network: 'lan',
    address: `10.${site + 1}.${hostBits(256 + siteIndex)}`,
    mac: `52:54:00:${hex(index >> 16)}:${hex(index >> 8)}:${hex(index)}`,
    newAddresses: Object.fromEntries(
      nearby.map(({ city, at }) => [
        city.name,
        { network: 'lan', address: `10.${at + 1}.${hostBits(0x4000 + index)}` },
      ]),
    ),
  };
}

function policyEntries(workloads: readonly Planned[]) {
  const applications = [...new Set(workloads.map(({ application }) => application))];
  const pairs = applications
    .map((application) =>
      workloads.filter((one) => one.application === application && one.role === 'database'),
    )
    .filter(({ length }) => length > 1);
  return {
    antiAffinity: pairs.map((pair) => ({
      name: `${pair[0]?.application ?? ''}-databases`,
      workloads: pair.map(({ name }) => name),
    })),
  };
}

/** JSON with one entry a line: small, and a difference shows which one. */
function render(topology: Readonly<Record<string, unknown>>): string {
  const parts = Object.entries(topology).map(([key, value]) => {
    if (!Array.isArray(value)) return `"${key}": ${JSON.stringify(value)}`;
    return `"${key}": [\n${value.map((entry) => `  ${JSON.stringify(entry)}`).join(',\n')}\n]`;
  });
  return `{\n${parts.join(',\n')}\n}\n`;
}
