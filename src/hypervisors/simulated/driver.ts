import assert from 'node:assert/strict';
import { LonghaulError } from '../../../topology/errors.ts';
import type { TransferSettings } from '../../../planners/plan/plan.ts';
import type { Host } from '../../../topology/resolve/topology.ts';
import type { CloneSpec, GuestState, HostDescription, TargetSpec, TransferOrder } from '../../site/site.ts';
import type { GuestChange, Hypervisor } from '../hypervisor.ts';
import { dirtiedBytes } from './dirty.ts';
import { SimulatedTransfer } from './transfer.ts';
import { blankCopy, type Copy, type Definition } from './copy.ts';
import type { SimulatedWorld } from './world.ts';

/**
 * The hypervisor of one host of a simulated world. It passes the conformance suite of the real drivers and documents
 * by it what they do: every verb looks first, does nothing when it is already so, and refuses what would lose data or
 * make a second copy.
 */
export class SimulatedHypervisor implements Hypervisor {
  readonly host: string;
  readonly supportsPostCopy = true;
  readonly #site: string;
  readonly #model: Host;
  readonly #world: SimulatedWorld;
  readonly #unsubscribe: (() => void)[] = [];

  constructor(world: SimulatedWorld, { site, host }: { readonly site: string; readonly host: string }) {
    const model = world.topology.sites
      .find(({ name }) => name === site)
      ?.hosts.find(({ name }) => name === host);
    assert(model !== undefined, `no host ${host} at ${site}`);
    this.#world = world;
    this.#site = site;
    this.#model = model;
    this.host = host;
  }

  async describe(): Promise<HostDescription> {
    const { name, hypervisor, machineTypes } = this.#model;
    const memoryBytesFree = this.#memoryBytesFree();
    return { name, hypervisor, memoryBytesFree, machineTypes, supportsPostCopy: this.supportsPostCopy };
  }

  async guests(): Promise<readonly GuestState[]> {
    return this.#world.copiesOn(this.#site, this.host).map(stateOf);
  }

  async inspect(workload: string): Promise<GuestState> {
    const copy = this.#copy(workload);
    return copy === null ? this.#absent(workload) : stateOf(copy);
  }

  async define(workload: string): Promise<Definition> {
    return this.#existing(workload).definition;
  }

  async measureDirty(workload: string, intervalSeconds: number, signal: AbortSignal): Promise<number> {
    const { definition } = this.#existing(workload);
    await this.#world.clock.sleep(intervalSeconds, signal);
    return dirtiedBytes(definition.dirty, intervalSeconds) / intervalSeconds;
  }

  async prepareTarget(
    workload: string,
    { host, definition }: TargetSpec,
    signal: AbortSignal,
  ): Promise<{ readonly uri: string }> {
    const uri = `simulated://${this.#site}/${this.host}/${workload}`;
    const there = this.#copy(workload);
    if (there !== null && (there.state === 'incoming' || there.state === 'loaded')) return { uri };
    if (there !== null && there.state !== 'failed') throw this.#wrongState(there, 'preparing', 'absent');
    if (there !== null) this.#world.remove(there);
    await this.#take(startSeconds, signal);
    if (this.#copy(workload) !== null) return { uri };
    this.#requireHost(host, definition as Definition);
    this.#world.add({
      ...blankCopy(workload, this.#site, host),
      definition: definition as Definition,
      state: 'incoming',
    });
    return { uri };
  }

  async startTransfer(workload: string, order: TransferOrder): Promise<void> {
    const source = this.#existing(workload);
    if (source.transfer?.uri === order.uri && (!source.transfer.isOver || source.state === 'sent')) return;
    if (source.state !== 'running' && !(order.content === 'disks' && source.state === 'stopped'))
      throw this.#wrongState(source, 'a transfer', 'running');
    const [site = '', host = ''] = order.uri.replace('simulated://', '').split('/');
    const target = this.#world.copyOn(site, host, workload);
    const way = this.#world.wayBetween(this.#site, site, order.links);
    if (target?.state !== 'incoming' || way === null || way.isCut)
      throw new LonghaulError('LH_HYPERVISOR_FAILED', [this.#site, `nobody listens at ${order.uri}`]);
    const transfer = new SimulatedTransfer(this.#world, way, { source, target, order });
    source.transfer = transfer;
    target.transfer = transfer;
    void transfer.run();
  }

  async adjustTransfer(workload: string, change: Partial<TransferSettings>): Promise<void> {
    const { transfer } = this.#existing(workload);
    if (transfer === null || transfer.isOver)
      throw new LonghaulError('LH_HYPERVISOR_FAILED', [this.#site, `no transfer of '${workload}' is active`]);
    transfer.adjust(change);
  }

  async cancelTransfer(workload: string, signal: AbortSignal): Promise<void> {
    const copy = this.#copy(workload);
    if (copy?.transfer === null || copy === null) return;
    if (copy.transfer.progress.status === 'post-copy')
      throw new LonghaulError('LH_HYPERVISOR_FAILED', [
        this.#site,
        `'${workload}' is in post-copy: it cannot be cancelled`,
      ]);
    await this.#take(callSeconds, signal);
    copy.transfer.break('cancelled', 'cancelled by us');
    if (copy.state !== 'sent') return;
    this.#world.setState(copy, copy.transfer.order.content === 'disks' ? 'stopped' : 'running');
  }

  async resetTransfer(workload: string): Promise<void> {
    this.#copy(workload)?.transfer?.break('failed', 'connection reset');
  }

  async resume(workload: string, signal: AbortSignal): Promise<void> {
    const copy = this.#existing(workload);
    if (copy.state === 'running') return;
    if (copy.state !== 'loaded') throw this.#wrongState(copy, 'resume', 'loaded');
    // The order comes over the path, from whoever has heard that the source has sent everything.
    await this.#take(callSeconds + (copy.transfer?.rttSeconds ?? 0) / 2, signal);
    if (this.#existing(workload) !== copy || copy.state !== 'loaded')
      throw new LonghaulError('LH_HYPERVISOR_FAILED', [this.#site, `'${workload}' ended as it was to run`]);
    this.#run(copy);
  }

  async discard(workload: string, signal: AbortSignal): Promise<void> {
    const copy = this.#copy(workload);
    if (copy === null) return;
    if (copy.state === 'running' || copy.state === 'paused')
      throw this.#wrongState(copy, 'discard', 'a copy that does not run');
    await this.#take(callSeconds, signal);
    copy.transfer?.break('failed', 'the other end is gone');
    this.#world.remove(copy);
  }

  async shutdown(workload: string, signal: AbortSignal): Promise<void> {
    const copy = this.#copy(workload);
    if (copy?.state !== 'running') return;
    await this.#take(copy.definition.shutdownSeconds, signal);
    if (copy.state !== 'running') return;
    copy.stoppedAtSeconds = this.#world.clock.nowSeconds();
    this.#world.setState(copy, 'stopped');
  }

  async start(workload: string, { host, definition }: TargetSpec, signal: AbortSignal): Promise<void> {
    const there = this.#copy(workload);
    if (there?.state === 'running') return;
    if (there !== null && there.state !== 'stopped' && there.state !== 'loaded')
      throw this.#wrongState(there, 'start', 'stopped or loaded');
    const copy = there ?? this.#fromSharedDisks(workload, host, definition as Definition);
    await this.#take(startSeconds, signal);
    if (this.#copy(workload)?.state === 'running') return;
    if (there === null) this.#world.add(copy);
    this.#boot(copy);
  }

  async clone(workload: string, spec: CloneSpec, signal: AbortSignal): Promise<void> {
    if (this.#copy(workload)?.state === 'running') return;
    const known = this.#world.topology.workloads.find(({ name }) => name === workload);
    const original = this.#world.copiesOf(workload)[0]?.definition;
    if (known?.clone?.template !== spec.template || original === undefined)
      throw new LonghaulError('LH_HYPERVISOR_FAILED', [this.#site, `no template '${spec.template}'`]);
    await this.#fetchImage(known.clone.bytes, spec.image, signal);
    const bootSeconds = Math.min(original.bootSeconds, original.cloneSeconds);
    await this.#take(original.cloneSeconds - bootSeconds, signal);
    if (this.#copy(workload) !== null) return; // made by an order before, whose agent died over it
    this.#requireHost(spec.host, original);
    const copy: Copy = {
      ...blankCopy(workload, this.#site, spec.host),
      identity: `${workload}@${this.host}`,
      definition: { ...original, addresses: spec.addresses, bootSeconds },
    };
    this.#world.add(copy);
    this.#boot(copy);
  }

  /** What a clone is made from crosses the WAN first, until whoever ordered it gives up. */
  async #fetchImage(bytes: number, image: CloneSpec['image'], signal: AbortSignal): Promise<void> {
    const way = image === undefined ? null : this.#world.wayOver(image.links);
    if (way === null || image === undefined) return;
    signal.throwIfAborted();
    const flow = way.open(bytes, image.maxBandwidthBytesPerSecond);
    const giveUp = (): void => flow.reset(signal.reason as Error);
    signal.addEventListener('abort', giveUp, { once: true });
    try {
      await flow.done;
    } finally {
      signal.removeEventListener('abort', giveUp);
    }
  }

  async heartbeat(workload: string): Promise<{ readonly count: number } | null> {
    const copy = this.#existing(workload);
    const livedSeconds = Math.max(0, this.#world.executedSeconds(copy) - copy.bootSeconds);
    return { count: Math.floor(livedSeconds * heartbeatsPerSecond) };
  }

  onChange(listener: (change: GuestChange) => void): () => void {
    const unsubscribe = this.#world.onChange(({ site, host }, change) => {
      if (site === this.#site && host === this.host) listener(change);
    });
    this.#unsubscribe.push(unsubscribe);
    return unsubscribe;
  }

  async close(): Promise<void> {
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
  }

  #boot(copy: Copy): void {
    copy.executedSeconds = 0;
    copy.bootSeconds = copy.definition.bootSeconds;
    this.#run(copy);
  }

  #run(copy: Copy): void {
    copy.resumedAtSeconds = this.#world.clock.nowSeconds();
    this.#world.setState(copy, 'running');
  }

  #fromSharedDisks(workload: string, host: string, definition: Definition): Copy {
    this.#requireHost(host, definition);
    if (this.#world.disksToCopy(definition, this.#site, host).length > 0)
      throw new LonghaulError('LH_HYPERVISOR_FAILED', [
        this.#site,
        `'${workload}' would start on empty disks: they are not on storage that '${host}' shares`,
      ]);
    return { ...blankCopy(workload, this.#site, host), definition };
  }

  #requireHost(name: string, { memoryBytes }: Definition): void {
    if (name !== this.host) throw new LonghaulError('LH_HOST_UNKNOWN', [this.#site, name, this.host]);
    const free = this.#memoryBytesFree();
    if (free < memoryBytes)
      throw new LonghaulError('LH_HYPERVISOR_FAILED', [
        this.#site,
        `'${name}' has ${free} bytes of memory free; the guest needs ${memoryBytes}`,
      ]);
  }

  #memoryBytesFree(): number {
    return this.#world
      .copiesOn(this.#site, this.host)
      .filter(({ state }) => state !== 'stopped')
      .reduce((free, { definition }) => free - definition.memoryBytes, this.#model.memoryBytes);
  }

  #copy(workload: string): Copy | null {
    return this.#world.copyOn(this.#site, this.host, workload);
  }

  #existing(workload: string): Copy {
    const copy = this.#copy(workload);
    if (copy === null)
      throw new LonghaulError('LH_HYPERVISOR_FAILED', [this.#site, `there is no guest '${workload}'`]);
    return copy;
  }

  #wrongState(copy: Copy, act: string, needs: string): LonghaulError {
    return new LonghaulError('LH_GUEST_STATE', [copy.workload, copy.state, this.#site, act, needs]);
  }

  #absent(workload: string): GuestState {
    return {
      workload,
      host: this.host,
      state: 'absent',
      transfer: null,
      memoryBytes: 0,
      residentBytes: null,
      machineType: '',
    };
  }

  async #take(seconds: number, signal: AbortSignal): Promise<void> {
    await this.#world.clock.sleep(seconds, signal);
  }
}

/** A QEMU process starts in about half a second; a monitor command takes milliseconds. */
const startSeconds = 0.5;
const callSeconds = 0.005;
const heartbeatsPerSecond = 10;

function stateOf(copy: Copy): GuestState {
  const transfer = copy.transfer?.now() ?? null;
  return {
    workload: copy.workload,
    host: copy.host,
    state: copy.state,
    transfer: transfer === null ? null : { ...transfer, resumedAtSeconds: copy.resumedAtSeconds },
    memoryBytes: copy.definition.memoryBytes,
    residentBytes: copy.definition.residentBytes,
    machineType: copy.definition.machineType,
  };
}
