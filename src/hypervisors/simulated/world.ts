import assert from 'node:assert/strict';
import { lanRateBitsPerSecond } from '../../../planners/choose/limits.ts';
import type { Topology, Workload } from '../../../topology/resolve/topology.ts';
import type { Clock } from '../../../topology/world.ts';
import type { GuestState } from '../../site/site.ts';
import type { GuestChange } from '../hypervisor.ts';
import { dirtyCurveOf } from './dirty.ts';
import { SimulatedLink, Wan, Way } from './link.ts';
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
  readonly #wan: Wan;
  readonly #copies = new Set<Copy>();
  readonly #ofWorkload = new Map<string, Set<Copy>>();
  readonly #onHost = new Map<string, Set<Copy>>();
  readonly #listeners = new Set<(copy: Copy, change: GuestChange) => void>();

  constructor(clock: Clock, topology: Topology) {
    this.clock = clock;
    this.topology = topology;
    this.#wan = new Wan(clock);
    this.links = topology.links.map(
      (link) =>
        new SimulatedLink(this.#wan, {
          name: link.name,
          between: link.between,
          rttSeconds: link.rttSeconds,
          bufferSeconds: link.bufferSeconds,
          sendBufferBytes: link.sendBufferBytes,
          goodputBytesPerSecond: (link.rateBitsPerSecond * (1 - link.reservedRatio) * goodputRatio) / 8,
        }),
    );
    for (const workload of topology.workloads) this.#place(workload);
  }

  /** The one that runs there, or is at least there; while a guest moves inside a site there are two. */
  copy(site: string, workload: string): Copy | null {
    const here = this.copiesOf(workload).filter((copy) => copy.site === site);
    return here.find(({ state }) => state === 'running') ?? here[0] ?? null;
  }

  copyOn(site: string, host: string, workload: string): Copy | null {
    return this.copiesOf(workload).find((copy) => copy.site === site && copy.host === host) ?? null;
  }

  copiesAt(site: string): readonly Copy[] {
    return [...this.#copies].filter((copy) => copy.site === site);
  }

  copiesOn(site: string, host: string): readonly Copy[] {
    return [...(this.#onHost.get(`${site}/${host}`) ?? [])];
  }

  copiesOf(workload: string): readonly Copy[] {
    return [...(this.#ofWorkload.get(workload) ?? [])];
  }

  add(copy: Copy): void {
    assert(this.copyOn(copy.site, copy.host, copy.workload) === null, `${copy.host} has it already`);
    this.#hold(copy);
    this.changed(copy);
  }

  remove(copy: Copy): void {
    copy.state = 'absent';
    this.#copies.delete(copy);
    this.#ofWorkload.get(copy.workload)?.delete(copy);
    this.#onHost.get(`${copy.site}/${copy.host}`)?.delete(copy);
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
    const executing = this.executing(copy);
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
    for (const listener of this.#listeners) listener(copy, change);
  }

  /** Of the same identity. */
  executing({ workload, identity }: Pick<Copy, 'workload' | 'identity'>): readonly Copy[] {
    return this.copiesOf(workload).filter((copy) => copy.identity === identity && copy.state === 'running');
  }

  onChange(listener: (copy: Copy, change: GuestChange) => void): () => void {
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

  /**
   * What a stream goes over: the links it was ordered to, or the direct one; inside a site every one has a network of
   * the hosts' own to itself.
   */
  wayBetween(one: string, other: string, ordered: readonly string[] = []): Way | null {
    if (one === other) {
      const between = [one, one] as const;
      return new Way(this.#wan, [
        new SimulatedLink(this.#wan, { name: `inside ${one}`, between, ...insideSite }),
      ]);
    }
    if (ordered.length > 0) return this.wayOver(ordered);
    const direct = this.linkBetween(one, other);
    return direct === null ? null : new Way(this.#wan, [direct]);
  }

  wayOver(names: readonly string[]): Way | null {
    const links = names.map((name) => this.links.find((link) => link.name === name));
    return links.every((link) => link !== undefined) ? new Way(this.#wan, links) : null;
  }

  cut(link: SimulatedLink): void {
    link.cut();
    this.#feel(link, true);
  }

  heal(link: SimulatedLink): void {
    link.heal();
    this.#feel(link, false);
  }

  #feel(link: SimulatedLink, isCut: boolean): void {
    for (const copy of this.#copies)
      if (copy.transfer?.source === copy && copy.transfer.crosses(link)) copy.transfer.feelCut(isCut);
  }

  #place(workload: Workload): void {
    this.#hold({
      ...blankCopy(workload.name, workload.site, workload.host),
      definition: definitionOf(workload),
      state: 'running',
      countedAtSeconds: this.clock.monotonicSeconds(),
    });
  }

  #hold(copy: Copy): void {
    this.#copies.add(copy);
    addTo(this.#ofWorkload, copy.workload, copy);
    addTo(this.#onHost, `${copy.site}/${copy.host}`, copy);
  }
}

function addTo(groups: Map<string, Set<Copy>>, key: string, copy: Copy): void {
  const group = groups.get(key);
  if (group === undefined) groups.set(key, new Set([copy]));
  else group.add(copy);
}

/** Useful share of a link's rate at an MTU of 1500: (MTU − 52) ÷ (MTU + 38). */
const goodputRatio = 1448 / 1538;

/** As the planner has it (planners/choose/paths.ts). */
const insideSite = {
  rttSeconds: 0.0002,
  bufferSeconds: 0.01,
  sendBufferBytes: 4 * 2 ** 20,
  goodputBytesPerSecond: (lanRateBitsPerSecond * goodputRatio) / 8,
};

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
