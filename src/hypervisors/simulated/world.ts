import type { Topology, Workload } from '../../../topology/resolve/topology.ts';
import type { Clock } from '../../../topology/world.ts';
import type { GuestState } from '../../site/site.ts';
import type { GuestChange } from '../hypervisor.ts';
import { dirtyCurveOf } from './dirty.ts';
import { SimulatedLink } from './link.ts';
import { blankCopy, type Copy, type Definition, type SimulatedDisk } from './copy.ts';

/**
 * The simulated world: sites with hosts, links between them, and every copy of every workload. It is the ground
 * truth that drivers observe and that no driver can bend: at each change it looks whether two copies of one identity
 * execute, and writes down a violation if so. Nothing in it hears of runs, claims or journals.
 */
export class SimulatedWorld {
  readonly clock: Clock;
  readonly topology: Topology;
  readonly links: readonly SimulatedLink[];
  /** Moments in which two copies of one identity executed; must stay empty. */
  readonly violations: string[] = [];
  readonly #copies = new Map<string, Copy>();
  readonly #listeners = new Set<(site: string, change: GuestChange) => void>();

  constructor(clock: Clock, topology: Topology) {
    this.clock = clock;
    this.topology = topology;
    this.links = topology.links.map(
      (link) =>
        new SimulatedLink(clock, {
          name: link.name,
          between: link.between,
          rttSeconds: link.rttSeconds,
          goodputBytesPerSecond: (link.rateBitsPerSecond * (1 - link.reservedRatio) * goodputRatio) / 8,
        }),
    );
    for (const workload of topology.workloads) this.#place(workload);
  }

  copy(site: string, workload: string): Copy | null {
    return this.#copies.get(keyOf(site, workload)) ?? null;
  }

  copiesAt(site: string): readonly Copy[] {
    return [...this.#copies.values()].filter((copy) => copy.site === site);
  }

  copiesOf(workload: string): readonly Copy[] {
    return [...this.#copies.values()].filter((copy) => copy.workload === workload);
  }

  add(copy: Copy): void {
    this.#copies.set(keyOf(copy.site, copy.workload), copy);
    this.changed(copy);
  }

  remove(copy: Copy): void {
    copy.state = 'absent';
    this.#copies.delete(keyOf(copy.site, copy.workload));
    this.changed(copy);
  }

  setState(copy: Copy, state: GuestState['state']): void {
    this.#count(copy);
    copy.state = state;
    this.changed(copy);
  }

  /** A frozen guest is said to run, and executes nothing: caught in a dead connection, or short of pages. */
  setFrozen(copy: Copy, isFrozen: boolean): void {
    this.#count(copy);
    copy.isFrozen = isFrozen;
  }

  /** How long the guest has executed since its boot, over all its copies: its own counter. */
  executedSeconds(copy: Copy): number {
    this.#count(copy);
    return copy.executedSeconds;
  }

  /** Executes, and has booted. */
  answers(copy: Copy): boolean {
    return copy.state === 'running' && !copy.isFrozen && this.executedSeconds(copy) >= copy.bootSeconds;
  }

  #count(copy: Copy): void {
    const nowSeconds = this.clock.monotonicSeconds();
    if (copy.state === 'running' && !copy.isFrozen)
      copy.executedSeconds += nowSeconds - copy.countedAtSeconds;
    copy.countedAtSeconds = nowSeconds;
  }

  /** Tells the agents; and looks for a second executing copy. */
  changed(copy: Copy): void {
    const executing = this.executing(copy.identity);
    if (executing.length > 1) {
      const where = executing.map(({ site, host }) => `${site}/${host}`).join(' and ');
      this.violations.push(`${this.clock.monotonicSeconds()} s: '${copy.identity}' executes at ${where}`);
    }
    const change: GuestChange = {
      workload: copy.workload,
      state: copy.state,
      status: copy.transfer?.progress.status ?? null,
      atSeconds: this.clock.nowSeconds(),
    };
    for (const listener of this.#listeners) listener(copy.site, change);
  }

  executing(identity: string): readonly Copy[] {
    return [...this.#copies.values()].filter(
      (copy) => copy.identity === identity && copy.state === 'running',
    );
  }

  onChange(listener: (site: string, change: GuestChange) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** The disks that have to be copied to run the guest on that host. */
  disksToCopy({ disks }: Definition, site: string, host: string): readonly SimulatedDisk[] {
    const storages =
      this.topology.sites.find(({ name }) => name === site)?.hosts.find(({ name }) => name === host)
        ?.storages ?? [];
    return disks.filter(({ storage }) => storage === null || !storages.includes(storage));
  }

  linkBetween(one: string, other: string): SimulatedLink | null {
    return (
      this.links.find(({ between }) => between.includes(one) && between.includes(other) && one !== other) ??
      null
    );
  }

  cut(link: SimulatedLink): void {
    link.cut();
    this.#feel(link, true);
  }

  heal(link: SimulatedLink): void {
    link.heal();
    this.#feel(link, false);
  }

  #feel({ between }: SimulatedLink, isCut: boolean): void {
    for (const { transfer, site, workload } of this.#copies.values()) {
      const isHere = transfer?.source.site === site && transfer.source.workload === workload;
      if (isHere && between.includes(site) && between.includes(transfer.target.site)) transfer.feelCut(isCut);
    }
  }

  #place(workload: Workload): void {
    this.#copies.set(keyOf(workload.site, workload.name), {
      ...blankCopy(workload.name, workload.site, workload.host),
      definition: definitionOf(workload),
      state: 'running',
      countedAtSeconds: this.clock.monotonicSeconds(),
    });
  }
}

/** Useful share of a link's rate at an MTU of 1500: (MTU − 52) ÷ (MTU + 38). */
const goodputRatio = 1448 / 1538;

const keyOf = (site: string, workload: string): string => `${site}/${workload}`;

function definitionOf(workload: Workload): Definition {
  return {
    memoryBytes: workload.memoryBytes,
    residentBytes: workload.residentBytes ?? workload.memoryBytes,
    machineType: workload.machineType ?? 'simulated',
    dirty: dirtyCurveOf(workload),
    disks: workload.disks,
    shutdownSeconds: workload.shutdownSeconds,
    bootSeconds: workload.bootSeconds,
    cloneSeconds: workload.clone?.seconds ?? 0,
    addresses: workload.addresses.map(({ network, address }) => ({ network, address })),
  };
}
