import type { Host, Method, Site, Workload } from '../../topology/resolve/topology.ts';
import { hostCounts, reason, type Reason } from '../plan/reasons.ts';
import { hostOf, type Fleet } from './fleet.ts';
import { hostKey, type Room } from './room.ts';
import { hostRules, roomRules, type HostAttempt } from './rules/host.ts';
import { isLive, refusals } from './rules/rule.ts';

/** Hosts that can take a guest of one kind at all, and what was against the others. */
export interface Fitting {
  readonly keys: ReadonlySet<string>;
  readonly against: readonly Reason[];
}

export interface HostWanted {
  readonly workload: Workload;
  readonly target: Site;
  readonly method: Method;
  /** Keys of the only hosts that will do; null: any. */
  readonly hosts: ReadonlySet<string> | null;
  /** A new copy may run beside the workload itself. */
  readonly isCopy?: boolean;
}

/**
 * Finds a host: first those that can take a guest of this kind at all, looked up once for each kind, then those with
 * room beside whoever is there or planned to be. The one with the most memory left wins, which spreads the load.
 */
export class Hosts {
  readonly #fitting = new Map<string, Fitting>();
  readonly #closed: ReadonlySet<string>;

  /** `closed`: hosts that take nothing, such as the one to be emptied. */
  constructor(closed: ReadonlySet<string>) {
    this.#closed = closed;
  }

  find(
    { fleet, room }: { readonly fleet: Fleet; readonly room: Room },
    wanted: HostWanted,
  ): { readonly host: string | null; readonly because: readonly Reason[] } {
    const { workload, target, method, hosts: only, isCopy = false } = wanted;
    const fitting = this.fitting(fleet, wanted);
    const home = isCopy ? '' : hostKey(workload.site, workload.host);
    const source = { site: workload.site, host: hostOf(fleet, workload) };
    const found: Reason[] = [];
    for (const { key, host } of room.hostsAt(target.name)) {
      if (key === home || only?.has(key) === false || !fitting.keys.has(key)) continue;
      const attempt = { fleet, room, workload, method, source, target: { site: target, host } };
      const refused = refusals(roomRules, attempt);
      if (refused.length === 0) return { host: host.name, because: [] };
      found.push(...refused);
    }
    return { host: null, because: [noHost(target, [...fitting.against, ...found])] };
  }

  fitting(fleet: Fleet, wanted: HostWanted): Fitting {
    const key = kindOf(fleet, wanted);
    const known = this.#fitting.get(key);
    if (known !== undefined) return known;
    const found = this.#fit(fleet, wanted);
    this.#fitting.set(key, found);
    return found;
  }

  #fit(fleet: Fleet, { workload, method, target }: HostWanted): Fitting {
    const source = { site: workload.site, host: hostOf(fleet, workload) };
    const against: Reason[] = [];
    const keys = new Set<string>();
    for (const host of target.hosts) {
      const key = hostKey(target.name, host.name);
      const attempt: Omit<HostAttempt, 'room'> = {
        fleet,
        workload,
        method,
        source,
        target: { site: target, host },
      };
      const refused = this.#closed.has(key)
        ? [reason('host-being-drained'), ...refusals(hostRules, attempt)]
        : refusals(hostRules, attempt);
      if (refused.length === 0) keys.add(key);
      against.push(...refused);
    }
    return { keys, against };
  }
}

export function noHost({ name }: Site, against: readonly Reason[]): Reason {
  return reason('no-host-fits', { site: name, counts: hostCounts(against) });
}

/** All that hostRules look at, so that workloads of one kind share the answer. */
function kindOf(fleet: Fleet, { workload, target, method }: HostWanted): string {
  const { hypervisor, cpuArchitecture }: Host = hostOf(fleet, workload);
  return [
    target.name,
    isLive(method) ? 'live' : method,
    hypervisor,
    cpuArchitecture,
    workload.vcpus,
    workload.cpuModel,
    workload.machineType,
    workload.devices.join(),
    workload.vtpm,
    workload.disks.map(({ storage }) => storage ?? '').join(),
  ].join('|');
}
