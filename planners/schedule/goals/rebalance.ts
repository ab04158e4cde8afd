import type { Goal } from '../../../topology/resolve/runbook.ts';
import type { Host, Workload } from '../../../topology/resolve/topology.ts';
import type { Choosing } from '../../choose/choosing.ts';
import { siteOf } from '../../choose/fleet.ts';
import { hostKey } from '../../choose/room.ts';
import { reason } from '../../plan/reasons.ts';
import { nothing, type Requested, type WantedMove } from './requested.ts';

type Rebalance = Extract<Goal, { kind: 'rebalance' }>;

/** Hosts further apart than this are levelled: below it moves cost more than they give. */
const spreadMax = 0.15;
/** A host is filled so far when others are to be switched off: room for peaks, and for one host to fail. */
const filledMax = 0.8;

/**
 * `level`: as few moves as bring the hosts' loads within reach of each other, the biggest step first. `power-off`: the
 * emptiest hosts are cleared as long as all they hold fits on the others.
 */
export function rebalance(choosing: Choosing, { sites, aim }: Rebalance): Requested {
  const loads = sites.flatMap((site) =>
    siteOf(choosing.fleet, site).hosts.map((host) => new HostLoad(site, host)),
  );
  const byKey = new Map(loads.map((load) => [load.key, load]));
  for (const workload of choosing.fleet.topology.workloads)
    byKey.get(hostKey(workload.site, workload.host))?.add(workload);
  return aim === 'level' ? level(loads) : powerOff(choosing, loads);
}

class HostLoad {
  readonly site: string;
  readonly host: Host;
  readonly key: string;
  readonly guests = new Set<Workload>();
  #memoryBytes = 0;
  #cores = 0;

  constructor(site: string, host: Host) {
    this.site = site;
    this.host = host;
    this.key = hostKey(site, host.name);
  }

  add(workload: Workload): void {
    this.guests.add(workload);
    this.#memoryBytes += workload.memoryBytes;
    this.#cores += workload.vcpus * workload.cpuRatio;
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

function level(loads: readonly HostLoad[]): Requested {
  const moves = new Map<string, WantedMove>();
  const total = loads.reduce((sum, { guests }) => sum + guests.size, 0);
  while (moves.size < total) {
    const from = most(loads, (load) => load.ratio());
    const to = most(loads, (load) => -load.ratio());
    if (from === undefined || to === undefined || from.ratio() - to.ratio() <= spreadMax) break;
    const step = bestStep(from, to, moves);
    if (step === null) break;
    from.remove(step.workload);
    to.add(step.workload);
    moves.set(step.workload.name, wanted(step));
  }
  return { ...nothing, moves: [...moves.values()] };
}

/** The guest after whose move the worse of the two is best; each moves once, and only if that is better than now. */
function bestStep(from: HostLoad, to: HostLoad, moved: ReadonlyMap<string, WantedMove>): Step | null {
  let best: Step | null = null;
  let bestPeak = from.ratio();
  for (const workload of [...from.guests].sort(byName)) {
    if (moved.has(workload.name)) continue;
    const peak = Math.max(from.ratioWith(workload, -1), to.ratioWith(workload, 1));
    if (peak < bestPeak - 1e-9) {
      best = { workload, from, to };
      bestPeak = peak;
    }
  }
  return best;
}

function powerOff({ fleet }: Choosing, loads: readonly HostLoad[]): Requested {
  const moves: WantedMove[] = [];
  const off = new Set<string>();
  const received = new Set<HostLoad>();
  for (const load of loads.toSorted((a, b) => a.ratio() - b.ratio() || (a.key < b.key ? -1 : 1))) {
    if (load.guests.size === 0 || received.has(load)) continue;
    const others = loads.filter((other) => other !== load && !off.has(other.key) && other.guests.size > 0);
    const steps = clear(load, others);
    if (steps === null) continue;
    for (const { workload, to } of steps) {
      load.remove(workload);
      to.add(workload);
      received.add(to);
    }
    moves.push(...steps.map(wanted));
    off.add(load.key);
  }
  const stays = fleet.topology.workloads
    .filter(
      ({ site, host, name }) =>
        loads.some(({ key }) => key === hostKey(site, host)) && !moves.some((move) => move.workload === name),
    )
    .map(({ name }) => ({ workload: name, because: [reason('stays-where-it-is')] }));
  return { ...nothing, moves, stays, closed: off };
}

/** Where each guest of a host would go, biggest first; null: not all of them fit. */
function clear(load: HostLoad, others: readonly HostLoad[]): readonly Step[] | null {
  const steps: Step[] = [];
  const undo = (): null => {
    for (const { workload, to } of steps) to.remove(workload);
    return null;
  };
  for (const workload of [...load.guests].sort((a, b) => b.memoryBytes - a.memoryBytes || byName(a, b))) {
    const fitting = others.filter((other) => other.ratioWith(workload, 1) <= filledMax);
    const to = most(fitting, (other) => (other.site === load.site ? 1 : 0) + other.ratio());
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
