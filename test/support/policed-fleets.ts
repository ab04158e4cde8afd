import { evacuationOf, fleetOf } from '../../bench/planner/fleets.ts';
import { createRandom } from '../../src/world/random.ts';
import type { Goal, Runbook } from '../../topology/resolve/runbook.ts';
import type { Policies, Site, Topology, Workload } from '../../topology/resolve/topology.ts';

/**
 * Fleets in which policies and room are tight: guests spread over all sites, on hosts with little to spare, in groups
 * that must be apart, keep a quorum, or never meet. Some of that may be broken at the start, as it is in real ones.
 */
export interface PolicedSize {
  readonly seed: number;
  readonly workloads: number;
  readonly sites: number;
  readonly goal: 'evacuate' | 'drain-host' | 'move' | 'rebalance';
}

const gibibyte = 2 ** 30;
const hostsPerSite = 3;

export function policedFleet({ seed, workloads, sites, goal }: PolicedSize): {
  readonly topology: Topology;
  readonly runbook: Runbook;
} {
  const random = createRandom(seed);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random.next() * from.length)]!;
  const plain = fleetOf(seed, { workloads, sites });
  const tight = plain.sites.map((site) => tightSite(site, pick));
  const placed = plain.workloads.map((workload) => placedAt(workload, pick(tight), pick));
  const topology = {
    ...plain,
    sites: tight.map((site) => withRoom(site, placed, pick)),
    workloads: placed,
    policies: policiesOf(placed, pick, plain.policies),
  };
  const runbook = evacuationOf(topology);
  return {
    topology,
    runbook: { ...runbook, goal: goalOf(goal, topology), limits: { ...runbook.limits, movesMax: 4 } },
  };
}

type Pick = <T>(from: readonly T[]) => T;

function tightSite(site: Site, pick: Pick): Site {
  const [host] = site.hosts;
  const hosts = Array.from({ length: hostsPerSite }, (_, index) => ({
    ...host!,
    name: `${site.name}-h${index}`,
    movesMax: pick([1, 2]),
  }));
  return { ...site, hosts, zones: pick([[], ['cards'], ['cards']]), movesMax: pick([null, 2]) };
}

/** What runs there already, and room for a guest or two more. */
function withRoom(site: Site, placed: readonly Workload[], pick: Pick): Site {
  return {
    ...site,
    hosts: site.hosts.map((host) => {
      const guests = placed.filter((each) => each.site === site.name && each.host === host.name);
      const used = guests.reduce((sum, { memoryBytes }) => sum + memoryBytes, 0);
      const disks = guests.length * 40 * gibibyte;
      return {
        ...host,
        memoryBytes: used + pick([8, 32, 64]) * gibibyte,
        storageBytes: disks + pick([1, 2, 4]) * 40 * gibibyte,
      };
    }),
  };
}

/** Any host of the site, with an address of its own at every other. */
function placedAt(workload: Workload, site: Site, pick: Pick): Workload {
  const number = Number(site.name.slice(-2));
  const [first] = workload.addresses;
  const rest = first!.address.split('.').slice(2).join('.');
  const others = Array.from({ length: 8 }, (_, index) => index).filter((index) => index !== number);
  const newAddresses = Object.fromEntries(
    others.map((index) => [`site-0${index}`, { network: 'lan', address: `10.${index}.${rest}` }]),
  );
  const addresses = [{ ...first!, address: `10.${number}.${rest}`, newAddresses }];
  return { ...workload, site: site.name, host: pick(site.hosts).name, addresses };
}

function policiesOf(workloads: readonly Workload[], pick: Pick, plain: Policies): Policies {
  const names = workloads.map(({ name }) => name);
  const some = (count: number): readonly string[] => [
    ...new Set(Array.from({ length: count }, () => pick(names))),
  ];
  const cards = some(2);
  return {
    ...plain,
    antiAffinity: [
      { name: 'apart', workloads: some(3), scope: 'host' },
      { name: 'far apart', workloads: some(2), scope: 'site' },
    ],
    quorums: [{ name: 'quorum', workloads: some(5) }].filter((quorum) => quorum.workloads.length > 2),
    zones: [
      {
        name: 'cards',
        zone: 'cards',
        workloads: cards,
        neverBeside: some(3).filter((name) => !cards.includes(name)),
        scope: pick(['host', 'site']),
      },
    ],
  };
}

function goalOf(kind: PolicedSize['goal'], { sites, workloads }: Topology): Goal {
  const [first, ...others] = sites.map(({ name }) => name);
  switch (kind) {
    case 'evacuate':
      return { kind, from: first!, to: others };
    case 'drain-host':
      return { kind, site: first!, host: sites[0]!.hosts[0]!.name, to: [first!, ...others] };
    case 'move':
      return { kind, workloads: workloads.map(({ name }) => name), to: others.at(-1)! };
    case 'rebalance':
      return { kind, sites: [first!, ...others], aim: 'level' };
  }
}
