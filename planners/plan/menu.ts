import type { Workload } from '../../topology/resolve/topology.ts';
import { stepsOf, windowsOf, type Calendar } from '../choose/calendar.ts';
import type { Accepted } from '../choose/candidate.ts';
import type { Choice } from '../choose/choose.ts';
import type { Choosing } from '../choose/choosing.ts';
import { policiesOf, type Fleet } from '../choose/fleet.ts';
import { wireRatio } from '../choose/paths.ts';
import { estimateRefusals } from '../choose/price.ts';
import { hostKey, localDiskBytes } from '../choose/room.ts';
import type { Estimate, Quantiles } from '../estimate/estimate.ts';
import type { Cuts } from '../schedule/bound.ts';
import { parallelEfficiency } from '../schedule/limits.ts';
import type { Job, JobOption, Placed, Problem, Resource, Store, Use } from '../schedule/problem.ts';
import type { TransferSettings } from './plan.ts';

/**
 * From choices to a scheduling problem: each chosen way becomes a menu of paths and rates, each with its own estimate;
 * links, hosts, sites and policies become resources and stores.
 */
export interface Menu {
  readonly problem: Problem;
  readonly cuts: Cuts;
  readonly entryOf: (placed: Placed) => MenuEntry;
}

/** One line of a workload's menu: a way at one rate. */
export interface MenuEntry {
  readonly way: Accepted;
  readonly settings: TransferSettings;
  readonly estimate: Estimate & { readonly totalSeconds: Quantiles };
  readonly reservations: readonly { readonly link: string; readonly bytesPerSecond: number }[];
  /** One of so many that share the path. */
  readonly sharers: number;
}

export type Moving = Choice & { readonly candidate: Accepted };

/** A path is divided by these: alone, or as one of so many. */
const divisions = [1, 2, 3, 4, 6, 8] as const;

export function menuOf(choosing: Choosing, moving: readonly Moving[], calendar: Calendar): Menu {
  const { fleet } = choosing;
  const names = new Set(moving.map(({ workload }) => workload.name));
  const entries = new Map<string, MenuEntry>();
  const jobs = moving.map((choice) => {
    const menu = choice.ways.flatMap((way) => ratesOf(choosing, choice.workload, way));
    const options = menu.map((entry, index): JobOption => {
      entries.set(`${choice.workload.name} ${index}`, entry);
      return optionOf(fleet, choice.workload, { entry, id: String(index) });
    });
    return jobOf(fleet, choice, { options, names, calendar });
  });
  return {
    problem: { jobs, resources: resourcesOf(fleet, calendar), stores: storesOf(fleet) },
    cuts: fleet.topology.sites.map(({ name }) =>
      fleet.topology.links.filter(({ between }) => between.includes(name)).map((link) => linkKey(link.name)),
    ),
    entryOf: ({ job, option }) => entries.get(`${job.name} ${option.id}`)!,
  };
}

const linkKey = (name: string): string => `link ${name}`;
const linkMovesKey = (name: string): string => `moves over link ${name}`;
const hostMovesKey = (name: string): string => `moves of host ${name}`;
const siteMovesKey = (name: string): string => `moves of site ${name}`;
const quorumKey = (name: string): string => `quorum ${name}`;
const memoryKey = (name: string): string => `memory of ${name}`;
const storageKey = (name: string): string => `storage of ${name}`;
const runKey = 'moves of the run';

/** The rates at which one way still meets every limit; a move alone takes no more than it can use. */
function ratesOf(choosing: Choosing, workload: Workload, way: Accepted): readonly MenuEntry[] {
  const { path, method, site, settings } = way;
  const ratio = wireRatio(path);
  const question = { workload, target: site, method, path };
  const usable = path.rateBitsPerSecond / 8;
  const asked = { ...question, settings };
  const most = choosing.predictor.fillsPath(asked)
    ? usable
    : choosing.predictor.goodputBytesPerSecond(asked) * ratio;
  return divisions.flatMap((sharers, index): readonly MenuEntry[] => {
    const wire = Math.min(most, usable / sharers);
    if (index > 0 && wire === Math.min(most, usable / divisions[index - 1]!)) return [];
    const payload = Math.floor(wire / ratio);
    const reached = Math.floor(payload * (wire < most ? efficiencyOf(sharers) : 1));
    const shared = { ...settings, maxBandwidthBytesPerSecond: reached };
    const estimate = choosing.predictor.estimate({ ...question, settings: shared });
    const refused = estimateRefusals(choosing, workload, { path, estimate, settings: shared }).length > 0;
    if (!isTimed(estimate) || (refused && sharers > 1)) return [];
    return [
      {
        way,
        settings: { ...settings, maxBandwidthBytesPerSecond: payload },
        estimate,
        reservations: path.links.map(({ name }) => ({ link: name, bytesPerSecond: wire })),
        sharers,
      },
    ];
  });
}

function efficiencyOf(sharers: number): number {
  return parallelEfficiency[Math.min(sharers, parallelEfficiency.length) - 1]!;
}

function isTimed(estimate: Estimate): estimate is MenuEntry['estimate'] {
  return estimate.totalSeconds !== null;
}

function optionOf(
  { topology }: Fleet,
  workload: Workload,
  { entry, id }: { readonly entry: MenuEntry; readonly id: string },
): JobOption {
  const { way, estimate, reservations } = entry;
  const limited = new Set(topology.links.filter(({ movesMax }) => movesMax !== null).map(({ name }) => name));
  const target = hostKey(way.site, way.host);
  return {
    id,
    seconds: estimate.totalSeconds.p50,
    surelySeconds: estimate.totalSeconds.p90,
    uses: [
      ...reservations.map(({ link, bytesPerSecond }) => ({
        resource: linkKey(link),
        amount: bytesPerSecond,
      })),
      ...reservations
        .filter(({ link }) => limited.has(link))
        .map(({ link }) => ({ resource: linkMovesKey(link), amount: 1 })),
    ],
    takes: [
      { store: memoryKey(target), amount: workload.memoryBytes },
      { store: storageKey(target), amount: localDiskBytes(workload) },
    ],
  };
}

function jobOf(
  fleet: Fleet,
  { workload, candidate }: Moving,
  {
    options,
    names,
    calendar,
  }: {
    readonly options: readonly JobOption[];
    readonly names: ReadonlySet<string>;
    readonly calendar: Calendar;
  },
): Job {
  const source = hostKey(workload.site, workload.host);
  return {
    name: workload.name,
    options,
    needs: workload.dependsOn.filter((other) => names.has(other)),
    priority: workload.priority,
    windows: windowsOf(fleet, { workload, way: candidate }, calendar),
    uses: placesOf(fleet, workload, candidate),
    returns: [
      { store: memoryKey(source), amount: workload.memoryBytes },
      { store: storageKey(source), amount: localDiskBytes(workload) },
    ],
  };
}

/** A place in the run, at both hosts, at both sites, and in each quorum it belongs to. */
function placesOf(fleet: Fleet, workload: Workload, { site, host }: Accepted): readonly Use[] {
  const hosts = new Set([hostKey(workload.site, workload.host), hostKey(site, host)]);
  const limitedSites = [...new Set([workload.site, site])].filter(
    (end) => fleet.sites.get(end)?.movesMax !== null,
  );
  const places = [
    runKey,
    ...[...hosts].map(hostMovesKey),
    ...limitedSites.map(siteMovesKey),
    ...policiesOf(fleet, workload.name).quorums.map(({ name }) => quorumKey(name)),
  ];
  return places.map((resource) => ({ resource, amount: 1 }));
}

function resourcesOf({ topology, runbook }: Fleet, calendar: Calendar): readonly Resource[] {
  const always = (name: string, amount: number): Resource => ({
    name,
    steps: [{ atSeconds: 0, amount }],
  });
  const { sites, links, policies } = topology;
  return [
    always(runKey, runbook.limits.movesMax),
    ...links.map((link) => ({
      name: linkKey(link.name),
      steps: stepsOf(link, runbook.limits.linkShareMax, calendar),
    })),
    ...links.flatMap(({ name, movesMax }) =>
      movesMax === null ? [] : [always(linkMovesKey(name), movesMax)],
    ),
    ...sites.flatMap(({ name, movesMax }) =>
      movesMax === null ? [] : [always(siteMovesKey(name), movesMax)],
    ),
    ...sites.flatMap((site) =>
      site.hosts.map(({ name, movesMax }) => always(hostMovesKey(hostKey(site.name, name)), movesMax)),
    ),
    ...policies.quorums.map(({ name, workloads }) =>
      always(quorumKey(name), Math.floor((workloads.length - 1) / 2)),
    ),
  ];
}

function storesOf({ topology: { sites, workloads } }: Fleet): readonly Store[] {
  const memory = new Map<string, number>();
  const storage = new Map<string, number>();
  const add = (sums: Map<string, number>, key: string, amount: number): void => {
    sums.set(key, (sums.get(key) ?? 0) + amount);
  };
  for (const site of sites) {
    for (const host of site.hosts) {
      add(memory, hostKey(site.name, host.name), host.memoryBytes);
      add(storage, hostKey(site.name, host.name), host.storageBytes);
    }
  }
  for (const workload of workloads) {
    add(memory, hostKey(workload.site, workload.host), -workload.memoryBytes);
    add(storage, hostKey(workload.site, workload.host), -localDiskBytes(workload));
  }
  return [
    ...[...memory].map(([key, amount]) => ({ name: memoryKey(key), amount })),
    ...[...storage].map(([key, amount]) => ({ name: storageKey(key), amount })),
  ];
}
