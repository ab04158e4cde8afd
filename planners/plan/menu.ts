import type { Link, Workload } from '../../topology/resolve/topology.ts';
import { stepsOf, windowsOf, type Calendar } from '../choose/calendar.ts';
import type { Accepted, Way } from '../choose/candidate.ts';
import type { Choice } from '../choose/choose.ts';
import type { Choosing } from '../choose/choosing.ts';
import { hostOf, missingMax, policiesOf, type Fleet } from '../choose/fleet.ts';
import { usableBitsPerSecond, wireRatio, type Path } from '../choose/paths.ts';
import type { Question } from '../choose/predict.ts';
import { estimateRefusals } from '../choose/price.ts';
import { hostKey, localDiskBytes } from '../choose/room.ts';
import { rateFloorOf } from '../choose/rules/path.ts';
import { isBetter, isSure, tuned } from '../choose/tuned.ts';
import { lessTaken, takenAt, type Taken } from '../choose/under-way.ts';
import type { Estimate, Quantiles } from '../estimate/estimate.ts';
import type { Cuts } from '../schedule/bound.ts';
import { largeFleet, parallelEfficiency } from '../schedule/limits.ts';
import type { Job, JobOption, Placed, Problem, Resource, Store, Use, Window } from '../schedule/problem.ts';
import type { LimitAndCap, TransferSettings } from './plan.ts';

/**
 * From choices to a scheduling problem: each chosen way becomes a menu of paths and rates, each with its own estimate;
 * links, hosts, sites and policies become resources and stores.
 */
export interface Menu {
  readonly problem: Problem;
  readonly cuts: Cuts;
  readonly entryOf: (placed: Placed) => MenuEntry;
  /** Whether any line of it is. */
  readonly isTuned: boolean;
}

/** One line of a menu: a way at one rate; shared by all workloads of a kind. */
export interface MenuEntry {
  readonly way: Way;
  readonly settings: TransferSettings;
  /** What was asked of the estimator: under a cap that allows for the others' disturbance. */
  readonly question: Question;
  readonly estimate: Estimate & { readonly totalSeconds: Quantiles };
  readonly reservations: readonly { readonly link: string; readonly bytesPerSecond: number }[];
  readonly uses: readonly Use[];
  /** What was changed, and what it would be without that; null: nothing was tuned. */
  readonly tuned: {
    readonly change: LimitAndCap;
    readonly before: Pick<MenuEntry, 'settings' | 'question'>;
  } | null;
  /** One of so many that share a link of the path; one that its own window holds back disturbs nobody. */
  readonly sharers: number;
}

/** An option with the line that it stands for. */
interface MenuOption extends JobOption {
  readonly entry: MenuEntry;
}

export type Moving = Choice & { readonly candidate: Accepted };

export function menuOf(choosing: Choosing, moving: readonly Moving[], calendar: Calendar): Menu {
  const { fleet } = choosing;
  const names = new Set(moving.map(({ workload }) => workload.name));
  const rates = new Rates(choosing, moving.length);
  let isTuned = false;
  const jobs = moving.map((choice): Job => {
    const { workload, candidate, ways } = choice;
    const chosen = ways.find(({ settings }) => settings === candidate.settings)!;
    const source = hostKey(workload.site, workload.host);
    const target = hostKey(candidate.site, candidate.host);
    const storageBytes = localDiskBytes(workload);
    const takes = [
      { store: memoryKey(target), amount: workload.memoryBytes },
      { store: storageKey(target), amount: storageBytes },
    ];
    const options = ways
      .flatMap((way) => rates.of(workload, way, chosen))
      .map((entry, index): MenuOption => {
        const { p50, p90 } = entry.estimate.totalSeconds;
        if (entry.tuned !== null) isTuned = true;
        return { id: String(index), seconds: p50, surelySeconds: p90, uses: entry.uses, takes, entry };
      });
    return {
      name: workload.name,
      options,
      needs: workload.dependsOn.filter((other) => names.has(other)),
      priority: workload.priority,
      windows: openTo(fleet, choice, calendar),
      uses: placesOf(fleet, workload, candidate),
      returns: [
        { store: memoryKey(source), amount: workload.memoryBytes },
        { store: storageKey(source), amount: storageBytes },
      ],
    };
  });
  return {
    problem: { jobs, resources: resourcesOf(fleet, calendar), stores: storesOf(fleet) },
    cuts: fleet.topology.sites.map(({ name }) =>
      fleet.topology.links.filter(({ between }) => between.includes(name)).map((link) => linkKey(link.name)),
    ),
    entryOf: ({ option }) => (option as MenuOption).entry,
    isTuned,
  };
}

/** The same menu for another start of these of its moves: only windows, and what there is over time, change. */
export function menuFrom(
  { fleet }: Choosing,
  { menu, moving }: { readonly menu: Menu; readonly moving: readonly Moving[] },
  calendar: Calendar,
): Menu {
  const byName = new Map(menu.problem.jobs.map((job) => [job.name, job]));
  const jobs = moving.map(
    (choice): Job => ({ ...byName.get(choice.workload.name)!, windows: openTo(fleet, choice, calendar) }),
  );
  return { ...menu, problem: { ...menu.problem, jobs, resources: resourcesOf(fleet, calendar) } };
}

function openTo(fleet: Fleet, { workload, candidate }: Moving, calendar: Calendar): Job['windows'] {
  return notBefore(
    windowsOf(fleet, { workload, way: candidate }, calendar),
    Math.max(0, ...workload.dependsOn.map((other) => fleet.underWay.endSeconds(other, calendar))),
  );
}

/** Windows from an instant on: what it depends on is under way until then. */
function notBefore(windows: Job['windows'], fromSeconds: number): Job['windows'] {
  if (fromSeconds === 0) return windows;
  const open = windows.length === 0 ? [{ fromSeconds: 0, toSeconds: Number.POSITIVE_INFINITY }] : windows;
  const later = open
    .map((window) => ({ ...window, fromSeconds: Math.max(window.fromSeconds, fromSeconds) }))
    .filter((window) => window.fromSeconds < window.toSeconds);
  return later.length === 0 ? [never] : later;
}

const isPlainest = ({ settings }: Way, chosen: Way): boolean =>
  settings.multifdChannels <= chosen.settings.multifdChannels;

const linkKey = (name: string): string => `link ${name}`;
const linkMovesKey = (name: string): string => `moves over link ${name}`;
const hostMovesKey = (name: string): string => `moves of host ${name}`;
const siteMovesKey = (name: string): string => `moves of site ${name}`;
const quorumKey = (name: string): string => `quorum ${name}`;
const memoryKey = (name: string): string => `memory of ${name}`;
const storageKey = (name: string): string => `storage of ${name}`;
const runKey = 'moves of the run';

/** A path is divided by these: alone, or as one of so many. Large fleets get by with fewer. */
const divisions = [1, 2, 3, 4, 6, 8] as const;
const divisionsOfLarge = [1, 2, 4, 8] as const;
/** A way round is taken whole or by half: smaller parts fit on the direct one. */
const detourDivisions = 2;

/** The rates at which a way still meets every limit; a move alone takes no more than it can use. */
class Rates {
  readonly #choosing: Choosing;
  readonly #divisions: readonly number[];
  readonly #isOnly: boolean;
  readonly #known = new Map<Way, readonly MenuEntry[]>();
  readonly #tuned = new Map<Way, LimitAndCap | null>();

  constructor(choosing: Choosing, moves: number) {
    this.#choosing = choosing;
    this.#isOnly = moves === 1;
    this.#divisions = moves > largeFleet ? divisionsOfLarge : divisions;
  }

  /** Shared by parts where it is the plainest; more streams are for a path of one's own. */
  of(workload: Workload, way: Way, chosen: Way): readonly MenuEntry[] {
    const known = this.#known.get(way);
    if (known !== undefined) return known;
    const isDetour = way.path.links.length > chosen.path.links.length;
    const rates = this.#rates(workload, way, {
      shares: isPlainest(way, chosen),
      change: this.#changeOf(workload, isDetour ? chosen : way),
    });
    this.#known.set(way, rates);
    return rates;
  }

  /** What tunes it, looked for once; a way round is tuned like the direct one, where that is better there too. */
  #changeOf(workload: Workload, way: Way): LimitAndCap | null {
    const known = this.#tuned.get(way);
    if (known !== undefined) return known;
    const change = tuned(this.#choosing, workload, { way, isOnly: this.#isOnly });
    this.#tuned.set(way, change);
    return change;
  }

  #rates(
    workload: Workload,
    way: Way,
    { shares, change }: { readonly shares: boolean; readonly change: LimitAndCap | null },
  ): readonly MenuEntry[] {
    const { predictor, fleet } = this.#choosing;
    const { path, method, site, settings } = way;
    const ratio = wireRatio(path);
    const question = { workload, target: site, method, path };
    const usable = path.rateBitsPerSecond / 8;
    const asked = { ...question, settings };
    const idle = this.#sendingNothing(way, asked);
    if (idle !== null) return [idle];
    const most = predictor.fillsPath(asked) ? usable : predictor.goodputBytesPerSecond(asked) * ratio;
    const floor = rateFloorOf(fleet, method, hostOf(fleet, workload).hypervisor) / 8;
    /** Rates fall: where it does not do, it is not tried at smaller ones. */
    let tries = change;
    return this.#wires(path, { most, shares }).flatMap(({ wire, sharers }): readonly MenuEntry[] => {
      if (wire < most && wire < floor) return [];
      const cap = predictor.capFor(wire / ratio, settings);
      const reached = predictor.capFor((wire / ratio) * efficiencyOf(sharers), settings);
      const shared = { ...question, settings: { ...settings, maxBandwidthBytesPerSecond: reached } };
      const line = {
        reservations: path.links.map(({ name }) => ({ link: name, bytesPerSecond: wire })),
        uses: usesOf(path, wire),
        sharers,
      };
      const capped = { ...settings, maxBandwidthBytesPerSecond: cap };
      const before = { settings: capped, question: shared };
      const asTuned = tries === null ? null : this.#asTuned(shared, tries);
      if (tries !== null && asTuned !== null) {
        const settings = { ...capped, ...tries };
        return [{ ...line, ...asTuned, way, settings, tuned: { change: tries, before } }];
      }
      tries = null;
      const estimate = predictor.quick(shared);
      const refused = wire < most && estimateRefusals(this.#choosing, shared, estimate).length > 0;
      if (!isTimed(estimate) || refused) return [];
      return [{ ...line, ...before, way, estimate, tuned: null }];
    });
  }

  /** One that has nothing to send, such as a cold move whose seed holds all of its disks, keeps nothing of the links. */
  #sendingNothing(way: Way, question: Question): MenuEntry | null {
    const estimate = this.#choosing.predictor.quick(question);
    if (way.path.links.length === 0 || estimate.wireBytes.p90 > 0 || !isTimed(estimate)) return null;
    const { settings } = question;
    return { way, settings, question, estimate, reservations: [], uses: [], tuned: null, sharers: 1 };
  }

  /**
   * Where the tuned settings do better at this rate too. That they do at the full rate is known, and pause and time grow
   * alike at smaller ones; only certainty may be lost, so where there is enough the untuned move is not asked about.
   */
  #asTuned(untuned: Question, change: LimitAndCap): Pick<MenuEntry, 'question' | 'estimate'> | null {
    const { settings } = untuned;
    const { predictor } = this.#choosing;
    const rate = settings.maxBandwidthBytesPerSecond ?? Number.POSITIVE_INFINITY;
    if ((change.maxBandwidthBytesPerSecond ?? 0) > rate) return null;
    const question = { ...untuned, settings: { ...settings, ...change } };
    const estimate = predictor.quick(question);
    if (!isTimed(estimate) || estimateRefusals(this.#choosing, question, estimate).length > 0) return null;
    return isSure(estimate) || isBetter(estimate, predictor.quick(untuned), this.#isOnly)
      ? { question, estimate }
      : null;
  }

  /** Alone, as one of so many, and what is left beside as many as fit of those that cannot fill the path. */
  #wires(
    path: Path,
    { most, shares }: { readonly most: number; readonly shares: boolean },
  ): readonly { readonly wire: number; readonly sharers: number }[] {
    const { linkShareMax } = this.#choosing.fleet.runbook.limits;
    const usable = path.rateBitsPerSecond / 8;
    const isDetour = path.links.length > 1;
    const parts = this.#divisions.slice(0, shares ? (isDetour ? detourDivisions : undefined) : 1);
    // A rest may be as small as half the smallest part; on a way round it is seldom free on both links at once.
    const least = usable / parts.at(-1)! / (shares && !isDetour ? 2 : 1);
    const rest = usable % most;
    const beside = Math.min(...path.links.map((link) => this.#freeNow(link)));
    const rates = [
      ...parts.map((each) => Math.min(most, usable / each)),
      ...[rest, beside].filter((rate) => rate > least && rate < most),
    ];
    const widest = Math.max(usable, ...path.links.map((link) => usableBitsPerSecond(link, linkShareMax) / 8));
    return [...new Set(rates)].map((wire) => ({
      wire,
      sharers: wire === most && most < usable ? 1 : Math.max(1, Math.floor(widest / wire + 1e-9)),
    }));
  }

  /** Beside what other runs send when the plan starts; 0: they send nothing. */
  #freeNow(link: Link): number {
    const { fleet, calendar } = this.#choosing;
    const taken = takenAt(fleet.underWay.onLink(link.name, calendar), 0);
    return taken === 0 ? 0 : usableBitsPerSecond(link, fleet.runbook.limits.linkShareMax) / 8 - taken;
  }
}

/** A window into which nothing fits. */
const never: Window = { fromSeconds: 0, toSeconds: 0 };

function efficiencyOf(sharers: number): number {
  return parallelEfficiency[Math.min(sharers, parallelEfficiency.length) - 1]!;
}

function isTimed(estimate: Estimate): estimate is MenuEntry['estimate'] {
  return estimate.totalSeconds !== null;
}

function usesOf({ links }: Path, wire: number): readonly Use[] {
  return links.flatMap(({ name, movesMax }) => [
    { resource: linkKey(name), amount: wire },
    ...(movesMax === null ? [] : [{ resource: linkMovesKey(name), amount: 1 }]),
  ]);
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

/** What there is for this plan, less what other runs take; a runbook's own limit on moves is its run's alone. */
function resourcesOf({ topology, runbook, underWay }: Fleet, calendar: Calendar): readonly Resource[] {
  const there = (name: string, amount: number, taken: readonly Taken[] = []): Resource => ({
    name,
    steps: lessTaken([{ atSeconds: 0, amount }], taken),
  });
  const { sites, links, policies } = topology;
  return [
    there(runKey, runbook.limits.movesMax),
    ...links.map((link) => ({
      name: linkKey(link.name),
      steps: lessTaken(
        stepsOf(link, runbook.limits.linkShareMax, calendar),
        underWay.onLink(link.name, calendar),
      ),
    })),
    ...links.flatMap(({ name, movesMax }) =>
      movesMax === null ? [] : [there(linkMovesKey(name), movesMax, underWay.movesOver(name, calendar))],
    ),
    ...sites.flatMap(({ name, movesMax }) =>
      movesMax === null
        ? []
        : [there(siteMovesKey(name), movesMax, underWay.movesAt({ site: name }, calendar))],
    ),
    ...sites.flatMap((site) =>
      site.hosts.map(({ name, movesMax }) =>
        there(
          hostMovesKey(hostKey(site.name, name)),
          movesMax,
          underWay.movesAt({ site: site.name, host: name }, calendar),
        ),
      ),
    ),
    ...policies.quorums.map(({ name, workloads }) =>
      there(quorumKey(name), missingMax(workloads), underWay.disturbed(workloads, calendar)),
    ),
  ];
}

/** What is free on each host at the start. */
function storesOf({ topology, underWay }: Fleet): readonly Store[] {
  const { sites, workloads } = topology;
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
  const take = (workload: Workload, { site, host }: Pick<Workload, 'site' | 'host'>): void => {
    const key = hostKey(site, host);
    add(memory, key, -workload.memoryBytes);
    add(storage, key, -localDiskBytes(workload));
  };
  for (const workload of workloads) take(workload, workload);
  for (const { workload, place } of underWay.held(topology)) take(workload, place);
  return [
    ...[...memory].map(([key, amount]) => ({ name: memoryKey(key), amount })),
    ...[...storage].map(([key, amount]) => ({ name: storageKey(key), amount })),
  ];
}
