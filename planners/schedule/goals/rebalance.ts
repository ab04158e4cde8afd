import type { Goal } from '../../../topology/resolve/runbook.ts';
import type { Host, Workload } from '../../../topology/resolve/topology.ts';
import type { Choosing } from '../../choose/choosing.ts';
import { choose } from '../../choose/choose.ts';
import { siteOf } from '../../choose/fleet.ts';
import { Hosts } from '../../choose/hosts.ts';
import { hostKey, Room } from '../../choose/room.ts';
import type { PlannedMove } from '../../plan/plan.ts';
import { reason, type Reason } from '../../plan/reasons.ts';
import { nothing, type Requested, type WantedMove } from './requested.ts';

type Rebalance = Extract<Goal, { kind: 'rebalance' }>;

/** Hosts further apart than this are levelled: below it moves cost more than they give. */
const spreadMax = 0.15;
/** A host is filled so far when others are to be switched off: room for peaks, and for one host to fail. */
const filledMax = 0.8;

/**
 * `level`: as few moves as bring the hosts' loads within reach of each other, the biggest step first. `power-off`: the
 * emptiest hosts are cleared as long as all they hold fits on the others. Either asks of each step whether the guest
 * has a way to that very host, so that no host is begun that cannot be finished.
 */
export function rebalance(choosing: Choosing, { sites, aim }: Rebalance): Requested {
  const { topology, underWay } = choosing.fleet;
  const loads = sites.flatMap((site) =>
    siteOf(choosing.fleet, site).hosts.map((host) => new HostLoad(site, host)),
  );
  const byKey = new Map(loads.map((load) => [load.key, load]));
  for (const workload of topology.workloads) {
    const target = underWay.of(workload.name)?.target;
    if (target === undefined) byKey.get(hostKey(workload.site, workload.host))?.add(workload);
    else byKey.get(hostKey(target.site, target.host))?.hold(workload);
  }
  const trial: Choosing = {
    ...choosing,
    room: new Room(choosing.fleet),
    hosts: new Hosts(new Set()),
    templates: new Map(),
    detours: new Map(),
  };
  return aim === 'level' ? level(trial, loads) : powerOff(trial, loads);
}

/** Whether any method and mode brings the guest to that host. */
function canGo(choosing: Choosing, workload: Workload, { site, key }: HostLoad): boolean {
  const sites = [siteOf(choosing.fleet, site)];
  return choose(choosing, workload, { sites, hosts: new Set([key]) }).candidate !== null;
}

function settle({ room }: Choosing, { workload, from, to }: Step): void {
  from.remove(workload);
  to.add(workload);
  room.place(workload, { site: to.site, host: to.host.name });
}

class HostLoad {
  readonly site: string;
  readonly host: Host;
  readonly key: string;
  readonly guests = new Set<Workload>();
  #memoryBytes = 0;
  #cores = 0;
  #holds = false;

  constructor(site: string, host: Host) {
    this.site = site;
    this.host = host;
    this.key = hostKey(site, host.name);
  }

  add(workload: Workload): void {
    this.guests.add(workload);
    this.#load(workload);
  }

  /** One that another run brings: it is load, and moves no further. */
  hold(workload: Workload): void {
    this.#holds = true;
    this.#load(workload);
  }

  /** It stays on for these, whatever else leaves it. */
  get holds(): boolean {
    return this.#holds;
  }

  get isOn(): boolean {
    return this.#holds || this.guests.size > 0;
  }

  #load({ memoryBytes, vcpus, cpuRatio }: Workload): void {
    this.#memoryBytes += memoryBytes;
    this.#cores += vcpus * cpuRatio;
  }

  remove(workload: Workload): void {
    this.guests.delete(workload);
    this.#memoryBytes -= workload.memoryBytes;
    this.#cores -= workload.vcpus * workload.cpuRatio;
  }

  /** Of what is scarcer: memory or processor. */
  ratio(): number {
    return this.ratioWith(null, 1);
  }

  ratioWith(workload: Workload | null, sign: 1 | -1): number {
    const memory = this.#memoryBytes + (workload === null ? 0 : sign * workload.memoryBytes);
    const cores = this.#cores + (workload === null ? 0 : sign * workload.vcpus * workload.cpuRatio);
    return Math.max(memory / this.host.memoryBytes, cores / this.host.cores);
  }
}

interface Step {
  readonly workload: Workload;
  readonly from: HostLoad;
  readonly to: HostLoad;
}

function level(choosing: Choosing, loads: readonly HostLoad[]): Requested {
  const moves = new Map<string, WantedMove>();
  const total = loads.reduce((sum, { guests }) => sum + guests.size, 0);
  const before = spreadOf(loads);
  while (moves.size < total) {
    const step = nextStep(choosing, loads, moves);
    if (step === null) break;
    settle(choosing, step);
    moves.set(step.workload.name, wanted(step));
  }
  return { ...nothing, moves: [...moves.values()], outcomeOf: () => [levelled(before, spreadOf(loads))] };
}

/** From the fullest host to the emptiest that a guest of it may go to, as long as they are too far apart. */
function nextStep(
  choosing: Choosing,
  loads: readonly HostLoad[],
  moved: ReadonlyMap<string, WantedMove>,
): Step | null {
  const from = most(loads, (load) => load.ratio());
  if (from === undefined) return null;
  const targets = loads
    .filter((load) => from.ratio() - load.ratio() > spreadMax)
    .sort((a, b) => a.ratio() - b.ratio() || (a.key < b.key ? -1 : 1));
  for (const to of targets) {
    const step = bestStep(choosing, { from, to }, moved);
    if (step !== null) return step;
  }
  return null;
}

interface Spread {
  readonly most: number;
  readonly least: number;
}

function levelled(before: Spread, after: Spread): Reason {
  if (before.most - before.least <= spreadMax) return reason('load-is-level', { limitRatio: spreadMax });
  if (before.most === after.most && before.least === after.least)
    return reason('load-stays-uneven', { mostRatio: before.most, leastRatio: before.least });
  return reason('load-levelled', {
    beforeRatio: before.most,
    afterRatio: after.most,
    leastRatio: before.least,
    leastAfterRatio: after.least,
  });
}

function spreadOf(loads: readonly HostLoad[]): Spread {
  const ratios = loads.map((load) => load.ratio());
  return { most: Math.max(0, ...ratios), least: Math.min(1, ...ratios) };
}

/** The guest after whose move the worse of the two is best; each moves once, and only if that is better than now. */
function bestStep(
  choosing: Choosing,
  { from, to }: Pick<Step, 'from' | 'to'>,
  moved: ReadonlyMap<string, WantedMove>,
): Step | null {
  const peakWith = (workload: Workload): number =>
    Math.max(from.ratioWith(workload, -1), to.ratioWith(workload, 1));
  const found = [...from.guests]
    .filter(({ name }) => !moved.has(name))
    .map((workload) => ({ workload, peak: peakWith(workload) }))
    .filter(({ peak }) => peak < from.ratio() - 1e-9)
    .sort((a, b) => a.peak - b.peak || byName(a.workload, b.workload))
    .find(({ workload }) => canGo(choosing, workload, to));
  return found === undefined ? null : { workload: found.workload, from, to };
}

function powerOff(choosing: Choosing, loads: readonly HostLoad[]): Requested {
  const steps: Step[] = [];
  const off: HostLoad[] = [];
  const received = new Set<HostLoad>();
  for (const load of loads.toSorted((a, b) => a.ratio() - b.ratio() || (a.key < b.key ? -1 : 1))) {
    if (load.guests.size === 0 || load.holds || received.has(load)) continue;
    const others = loads.filter((other) => other !== load && !off.includes(other) && other.isOn);
    const clearing = clear(choosing, load, others);
    if (clearing === null) continue;
    for (const step of clearing) {
      settle(choosing, step);
      received.add(step.to);
    }
    steps.push(...clearing);
    off.push(load);
  }
  return {
    ...nothing,
    moves: steps.map(wanted),
    closed: new Set(off.map(({ key }) => key)),
    outcomeOf: (moves) => [freed(choosing, off, { steps, moves })],
  };
}

/** Hosts that are really empty when these moves are made: a guest that could not be scheduled keeps its host on. */
function freed(
  { fleet }: Choosing,
  off: readonly HostLoad[],
  { steps, moves }: { readonly steps: readonly Step[]; readonly moves: readonly PlannedMove[] },
): Reason {
  const moved = new Set(moves.map(({ workload }) => workload));
  const left = new Set(steps.filter(({ workload }) => !moved.has(workload.name)).map(({ from }) => from));
  const empty = off.filter((load) => !left.has(load));
  if (empty.length === 0) return reason('no-host-freed');
  return reason('hosts-freed', {
    hosts: empty
      .map(({ key }) => key)
      .sort()
      .join(', '),
    watts: empty.reduce((sum, { host }) => sum + (host.power?.idleWatts ?? 0), 0),
    money: empty.reduce((sum, { site }) => sum + siteOf(fleet, site).costPerHostHour, 0),
    currency: fleet.topology.currency,
  });
}

/** Hosts that each guest is tried on: more would be asked for every guest of every host that cannot be cleared. */
const hostsTriedMax = 4;

/** Where each guest of a host would go, biggest first, within its site if possible; null: not all of them fit. */
function clear(choosing: Choosing, load: HostLoad, others: readonly HostLoad[]): readonly Step[] | null {
  const steps: Step[] = [];
  const undo = (): null => {
    for (const { workload, to } of steps) to.remove(workload);
    return null;
  };
  const preference = (other: HostLoad): number => (other.site === load.site ? 1 : 0) + other.ratio();
  for (const workload of [...load.guests].sort((a, b) => b.memoryBytes - a.memoryBytes || byName(a, b))) {
    const to = others
      .filter((other) => other.ratioWith(workload, 1) <= filledMax)
      .sort((a, b) => preference(b) - preference(a) || (a.key < b.key ? -1 : 1))
      .slice(0, hostsTriedMax)
      .find((other) => canGo(choosing, workload, other));
    if (to === undefined) return undo();
    to.add(workload);
    steps.push({ workload, from: load, to });
  }
  undo();
  return steps;
}

function wanted({ workload, to }: Step): WantedMove {
  return { workload: workload.name, targets: [to.site], hosts: new Set([to.key]) };
}

/** The first of those with the highest value. */
function most(loads: readonly HostLoad[], value: (load: HostLoad) => number): HostLoad | undefined {
  let best: HostLoad | undefined;
  for (const load of loads) if (best === undefined || value(load) > value(best)) best = load;
  return best;
}

const byName = (a: Workload, b: Workload): number => (a.name < b.name ? -1 : 1);
