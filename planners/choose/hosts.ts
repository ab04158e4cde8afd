import type { Host, Method, Site, Workload } from '../../topology/resolve/topology.ts';
import { hostCounts, reason, type Reason } from '../plan/reasons.ts';
import { hostOf, type Fleet } from './fleet.ts';
import { hostKey, type Room } from './room.ts';
import { hostRules, roomRules, type HostAttempt } from './rules/host.ts';
import { isLive, refusals, type MethodAttempt } from './rules/rule.ts';

interface Fitting {
  readonly hosts: readonly Host[];
  readonly against: readonly Reason[];
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
    { workload, target, method, hosts: only, isCopy = false }: MethodAttempt & { readonly isCopy?: boolean },
  ): { readonly host: string | null; readonly because: readonly Reason[] } {
    const source = { site: workload.site, host: hostOf(fleet, workload) };
    const { hosts, against } = this.#fit(fleet, { workload, target, method, source: source.host });
    const found: Reason[] = [];
    let best: Host | null = null;
    let bestFree = -1;
    for (const host of hosts) {
      const key = hostKey(target.name, host.name);
      const free = room.freeMemoryBytes(key);
      const isHome = !isCopy && key === hostKey(workload.site, workload.host);
      if (free <= bestFree || isHome || only?.has(key) === false) continue;
      const attempt = { fleet, room, workload, method, source, target: { site: target, host } };
      const refused = refusals(roomRules, attempt);
      if (refused.length === 0) {
        best = host;
        bestFree = free;
      } else found.push(...refused);
    }
    if (best !== null) return { host: best.name, because: [] };
    const counts = hostCounts([...against, ...found]);
    return { host: null, because: [reason('no-host-fits', { site: target.name, counts })] };
  }

  #fit(fleet: Fleet, asked: Asked): Fitting {
    const key = kindOf(asked);
    const known = this.#fitting.get(key);
    if (known !== undefined) return known;
    const against: Reason[] = [];
    const hosts = asked.target.hosts.filter((host) => {
      const attempt: Omit<HostAttempt, 'room'> = {
        fleet,
        workload: asked.workload,
        method: asked.method,
        source: { site: asked.workload.site, host: asked.source },
        target: { site: asked.target, host },
      };
      const refused = [
        ...(this.#closed.has(hostKey(asked.target.name, host.name)) ? [reason('host-being-drained')] : []),
        ...refusals(hostRules, attempt),
      ];
      against.push(...refused);
      return refused.length === 0;
    });
    const fitting = { hosts, against };
    this.#fitting.set(key, fitting);
    return fitting;
  }
}

interface Asked {
  readonly workload: Workload;
  readonly target: Site;
  readonly method: Method;
  readonly source: Host;
}

/** All that hostRules look at, so that workloads of one kind share the answer. */
function kindOf({ workload, target, method, source }: Asked): string {
  return JSON.stringify([
    target.name,
    isLive(method) ? 'live' : method,
    source.hypervisor,
    source.cpuArchitecture,
    workload.vcpus,
    workload.cpuModel,
    workload.machineType,
    workload.devices,
    workload.vtpm,
    workload.disks.map(({ storage }) => storage),
  ]);
}
