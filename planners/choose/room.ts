import assert from 'node:assert/strict';
import type { Host, Workload } from '../../topology/resolve/topology.ts';
import type { Fleet } from './fleet.ts';

export const hostKey = (site: string, host: string): string => `${site}/${host}`;

/** Disks that lie on the host's own storage and are copied with the guest. */
export function localDiskBytes({ disks }: Workload): number {
  return disks.reduce((sum, { storage, sizeBytes }) => (storage === null ? sum + sizeBytes : sum), 0);
}

export interface HostRoom {
  readonly key: string;
  readonly host: Host;
  readonly freeMemoryBytes: number;
  readonly freeStorageBytes: number;
}

/**
 * Who is to be where when the plan is done: room on each host beside those that stay and those already placed; one that
 * another run moves has room at both ends. What a leaving workload frees is not counted here: it is there only when
 * the move is over.
 */
export class Room {
  readonly #hosts = new Map<string, { -readonly [K in keyof HostRoom]: HostRoom[K] }>();
  /** By site, the one with the most memory left first. */
  readonly #bySite = new Map<string, HostRoom[]>();
  readonly #where = new Map<string, Set<string>>();

  constructor({ topology, underWay }: Pick<Fleet, 'topology' | 'underWay'>) {
    const { sites, workloads } = topology;
    for (const site of sites) {
      const rooms = site.hosts.map((host) => ({
        key: hostKey(site.name, host.name),
        host,
        freeMemoryBytes: host.memoryBytes,
        freeStorageBytes: host.storageBytes,
      }));
      for (const room of rooms) this.#hosts.set(room.key, room);
      this.#bySite.set(site.name, rooms);
    }
    for (const workload of workloads)
      this.#take(workload, hostKey(workload.site, workload.host), workload.name);
    for (const { workload, place } of underWay.held(topology))
      this.#take(workload, hostKey(place.site, place.host), workload.name);
    for (const rooms of this.#bySite.values()) rooms.sort(mostFreeFirst);
  }

  /** Hosts of the site, the one with the most memory left first. */
  hostsAt(site: string): readonly HostRoom[] {
    return this.#bySite.get(site) ?? [];
  }

  at(key: string): HostRoom {
    const room = this.#hosts.get(key);
    assert(room !== undefined, `no host ${key}`);
    return room;
  }

  isAt(workload: string, key: string): boolean {
    return this.#where.get(workload)?.has(key) ?? false;
  }

  /** Hosts of the site on which any of the workloads is or will be. */
  hostsOf(workloads: readonly string[], site: string): ReadonlySet<string> {
    const keys = workloads.flatMap((workload) => [...(this.#where.get(workload) ?? [])]);
    return new Set(keys.filter((key) => key.startsWith(`${site}/`)));
  }

  /** `name`: of the copy, where it is not the workload itself. */
  place(
    workload: Workload,
    { site, host }: { readonly site: string; readonly host: string },
    name = workload.name,
  ): void {
    const key = hostKey(site, host);
    this.#take(workload, key, name);
    const rooms = this.#bySite.get(site)!;
    let index = rooms.findIndex((room) => room.key === key);
    for (; index + 1 < rooms.length && mostFreeFirst(rooms[index]!, rooms[index + 1]!) > 0; index++)
      [rooms[index], rooms[index + 1]] = [rooms[index + 1]!, rooms[index]!];
  }

  #take(workload: Workload, key: string, name: string): void {
    const room = this.#hosts.get(key);
    assert(room !== undefined, `no host ${key}`);
    room.freeMemoryBytes -= workload.memoryBytes;
    room.freeStorageBytes -= localDiskBytes(workload);
    const where = this.#where.get(name) ?? new Set();
    this.#where.set(name, where.add(key));
  }
}

function mostFreeFirst(a: HostRoom, b: HostRoom): number {
  return b.freeMemoryBytes - a.freeMemoryBytes || (a.key < b.key ? -1 : 1);
}
