import assert from 'node:assert/strict';
import type { Topology, Workload } from '../../topology/resolve/topology.ts';

export const hostKey = (site: string, host: string): string => `${site}/${host}`;

/** Disks that lie on the host's own storage and are copied with the guest. */
export function localDiskBytes({ disks }: Workload): number {
  return disks.reduce((sum, { storage, sizeBytes }) => (storage === null ? sum + sizeBytes : sum), 0);
}

/**
 * Who is to be where when the plan is done: room on each host beside those that stay and those already placed. What a
 * leaving workload frees is not counted here: it is there only when the move is over.
 */
export class Room {
  readonly #memory = new Map<string, number>();
  readonly #storage = new Map<string, number>();
  readonly #where = new Map<string, Set<string>>();
  readonly #sizes = new Map<string, Workload>();

  constructor({ sites, workloads }: Topology) {
    for (const site of sites) {
      for (const { name, memoryBytes, storageBytes } of site.hosts) {
        this.#memory.set(hostKey(site.name, name), memoryBytes);
        this.#storage.set(hostKey(site.name, name), storageBytes);
      }
    }
    for (const workload of workloads) {
      this.#sizes.set(workload.name, workload);
      this.place(workload.name, hostKey(workload.site, workload.host));
    }
  }

  freeMemoryBytes(key: string): number {
    const free = this.#memory.get(key);
    assert(free !== undefined, `no host ${key}`);
    return free;
  }

  freeStorageBytes(key: string): number {
    const free = this.#storage.get(key);
    assert(free !== undefined, `no host ${key}`);
    return free;
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
  place(workload: string, key: string, name = workload): void {
    this.#change(workload, key, -1);
    const where = this.#where.get(name) ?? new Set();
    this.#where.set(name, where.add(key));
  }

  #change(workload: string, key: string, sign: 1 | -1): void {
    const size = this.#sizes.get(workload);
    assert(size !== undefined, `no workload ${workload}`);
    this.#memory.set(key, this.freeMemoryBytes(key) + sign * size.memoryBytes);
    this.#storage.set(key, this.freeStorageBytes(key) + sign * localDiskBytes(size));
  }
}
