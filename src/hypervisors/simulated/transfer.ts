import assert from 'node:assert/strict';
import type { TransferSettings } from '../../../planners/plan/plan.ts';
import type { TransferOrder, TransferProgress } from '../../site/site.ts';
import { dirtiedBytes } from './dirty.ts';
import type { Flow, SimulatedLink, Way } from './link.ts';
import type { Copy, CopyTransfer } from './copy.ts';
import type { SimulatedWorld } from './world.ts';

/**
 * One migration stream, from a source copy to a target copy: passes over the memory until the rest fits the downtime
 * limit, then stop-and-copy; or post-copy when told; or disks only (cold). It is the hypervisors' own doing: it goes
 * on while every agent and worker is dead, and stops when it is cancelled, reset, or loses its target.
 */
export class SimulatedTransfer implements CopyTransfer {
  readonly uri: string;
  readonly order: TransferOrder;
  readonly source: Copy;
  readonly target: Copy;
  progress: TransferProgress;
  settings: TransferSettings;
  readonly #world: SimulatedWorld;
  readonly #way: Way;
  readonly #startedAtSeconds: number;
  readonly #broken = new AbortController();
  #flow: Flow | null = null;
  #passThrottleRatio = 0;
  /** Left out of the pass: QEMU cuts it short once the rest fits the limit, and looks every slice of sending. */
  #keptBytes = 0;
  #sentBytes = 0;
  #wantsPostCopy = false;

  constructor(world: SimulatedWorld, way: Way, ends: Ends) {
    this.#world = world;
    this.#way = way;
    this.#startedAtSeconds = world.clock.monotonicSeconds();
    this.source = ends.source;
    this.target = ends.target;
    this.order = ends.order;
    this.uri = ends.order.uri;
    this.settings = ends.order.settings;
    this.progress = { ...nothingYet, totalBytes: this.#memoryBytes() + this.#diskBytes() };
  }

  get isOver(): boolean {
    return isOver(this.progress.status);
  }

  /** As it is now: the bytes under way included. */
  now(): TransferProgress {
    if (this.isOver) return this.progress;
    const arrivedBytes = this.#flow === null ? 0 : this.#way.arrivedBytes(this.#flow);
    const flowRest = this.#flow === null ? 0 : this.#flow.bytes - arrivedBytes;
    return {
      ...this.progress,
      elapsedSeconds: this.#elapsedSeconds(),
      transferredBytes: this.#sentBytes + arrivedBytes,
      remainingBytes: this.#flow === null ? this.progress.remainingBytes : flowRest + this.#keptBytes,
      bytesPerSecond: this.#flow?.bytesPerSecond ?? this.progress.bytesPerSecond,
    };
  }

  adjust(change: Partial<TransferSettings>): void {
    this.settings = { ...this.settings, ...change };
    if (this.progress.status === 'active') this.#flow?.setCap(this.#capNow());
    if (change.mode === 'post-copy' && this.order.content === 'guest') {
      this.#wantsPostCopy = true;
      if (this.progress.status === 'active') this.#flow?.reset(new PostCopyWanted());
    }
  }

  /** The stream's connections are gone, on both ends, at once. */
  break(status: 'failed' | 'cancelled', error: string): void {
    if (this.isOver) return;
    const reason = new StreamBroken(error);
    const wasPostCopy = this.progress.status === 'post-copy';
    this.#end(status, error);
    this.#broken.abort(reason);
    this.#flow?.reset(reason);
    this.#world.setFrozen(this.source, false);
    if (wasPostCopy) this.#lose();
    else if (this.source.state === 'paused') this.#world.setState(this.source, 'running');
    else this.#world.changed(this.source);
    if (this.target.state === 'incoming' || this.target.state === 'loaded')
      this.#world.setState(this.target, 'failed');
  }

  /** In post-copy each side has pages the other lacks: a broken stream loses the guest. */
  #lose(): void {
    this.#world.setState(this.source, 'failed');
    if (this.target.state === 'running') this.#world.setState(this.target, 'failed');
  }

  get rttSeconds(): number {
    return this.#way.rttSeconds;
  }

  crosses(link: SimulatedLink): boolean {
    return this.#way.links.includes(link);
  }

  /** What a silent link does to the guest: nothing in pre-copy, all to a target short of pages, and a dead disk mirror in the end to the source. */
  feelCut(isCut: boolean): void {
    if (this.isOver) return;
    if (this.progress.status === 'post-copy') this.#world.setFrozen(this.target, isCut);
    else if (!isCut) this.#world.setFrozen(this.source, false);
    else if (this.order.content === 'guest' && this.#diskBytes() > 0) void this.#freezeLater();
  }

  async #freezeLater(): Promise<void> {
    await this.#world.clock.sleep(mirrorFreezesAfterSeconds);
    if (!this.isOver && this.#way.isCut) this.#world.setFrozen(this.source, true);
  }

  async run(): Promise<void> {
    try {
      await this.#sleep(setupSeconds + 2 * this.#way.rttSeconds);
      this.#update({ status: 'active', setupSeconds: this.#elapsedSeconds(), passes: 1 });
      await (this.order.content === 'disks' ? this.#runDisks() : this.#runGuest());
    } catch (error) {
      if (!(error instanceof StreamBroken)) throw error;
    }
  }

  async #runGuest(): Promise<void> {
    await this.#sendDisks();
    let restBytes = this.source.definition.residentBytes;
    for (let pass = 1; ; pass++) {
      this.#update({ passes: pass });
      const sent = await this.#send(restBytes - this.#keptBytes);
      await this.#sleep(Math.max(0, passSecondsMin - sent.seconds));
      const dirtied = dirtiedBytes(this.#curve(), Math.max(sent.seconds, passSecondsMin));
      const rate = sent.seconds > 0 ? sent.bytes / sent.seconds : this.#way.goodputBytesPerSecond;
      this.#throttle(pass, dirtied, sent.bytes);
      restBytes = restBytes - sent.bytes + dirtied * this.#cleanShare();
      this.#update({
        remainingBytes: restBytes,
        dirtyBytesPerSecond: dirtied / Math.max(sent.seconds, passSecondsMin),
      });
      if (this.#wantsPostCopy) {
        await this.#postCopy(restBytes);
        return;
      }
      if (restBytes <= rate * this.settings.downtimeLimitSeconds) {
        await this.#stopAndCopy(restBytes);
        return;
      }
      this.#keptBytes = rate * Math.max(0, this.settings.downtimeLimitSeconds - passSecondsMin);
    }
  }

  /** Pages that still wait to be sent are dirty already. */
  #cleanShare(): number {
    const { workingSetBytes } = this.source.definition.dirty;
    return workingSetBytes > 0 ? Math.max(0, 1 - this.#keptBytes / workingSetBytes) : 0;
  }

  /**
   * The guest stops here. What is left goes at line rate, behind what the socket still holds; the target loads its devices
   * and says so, which the source needs to hear before it has sent everything.
   */
  async #stopAndCopy(restBytes: number): Promise<void> {
    const deliverySeconds = this.#way.deliverySeconds(this.#capNow());
    const stoppedAt = this.#stop('switchover');
    this.#keptBytes = 0;
    await this.#send(restBytes);
    await this.#sleep(deliverySeconds + deviceSeconds + this.#way.rttSeconds / 2);
    this.#complete(stoppedAt);
  }

  /** The guest stops here and can go on there; the pages that are missing follow. */
  async #postCopy(restBytes: number): Promise<void> {
    const deliverySeconds = this.#way.deliverySeconds(this.#capNow());
    const stoppedAt = this.#stop('post-copy');
    this.#keptBytes = 0;
    await this.#sleep(deliverySeconds + deviceSeconds);
    this.#world.setState(this.target, 'loaded');
    this.#update({ downtimeSeconds: this.#world.clock.monotonicSeconds() - stoppedAt });
    await this.#send(restBytes);
    this.#update({ postcopyRequests: Math.ceil(restBytes / pageBytes / 10) });
    this.#world.setFrozen(this.target, false);
    this.#complete(stoppedAt);
  }

  /** A first pass over the disks, then over what was written; the last one when the guest is off. */
  async #runDisks(): Promise<void> {
    let restBytes = this.#diskBytes();
    for (let pass = 1; ; pass++) {
      this.#update({ passes: pass });
      const wasOff = this.source.state === 'stopped';
      const sent = await this.#send(restBytes);
      if (wasOff) {
        this.#completeDisks();
        return;
      }
      await this.#sleep(Math.max(0, diskPassSecondsMin - sent.seconds));
      const seconds = Math.max(sent.seconds, diskPassSecondsMin);
      restBytes = this.#writtenBytes(seconds);
      this.#update({ remainingBytes: restBytes, dirtyBytesPerSecond: restBytes / seconds });
    }
  }

  /** At most all that is used of each disk. */
  #writtenBytes(seconds: number): number {
    return this.#disks().reduce((sum, { writeBytesPerSecond, usedBytes }) => {
      const curve = { bytesPerSecond: writeBytesPerSecond, workingSetBytes: usedBytes };
      return sum + dirtiedBytes(curve, seconds);
    }, 0);
  }

  async #sendDisks(): Promise<void> {
    const bytes = this.#diskBytes();
    if (bytes > 0) await this.#send(bytes);
  }

  #completeDisks(): void {
    this.#end('completed', null);
    this.#world.setState(this.source, 'sent');
    this.#world.setState(this.target, 'loaded');
  }

  #complete(stoppedAt: number): void {
    this.#end('completed', null);
    this.#update({
      downtimeSeconds: this.progress.downtimeSeconds ?? this.#world.clock.monotonicSeconds() - stoppedAt,
    });
    this.target.executedSeconds = Math.max(
      this.target.executedSeconds,
      this.#world.executedSeconds(this.source),
    );
    this.#world.setState(this.source, 'sent');
    if (this.target.state === 'incoming') this.#world.setState(this.target, 'loaded');
    else this.#world.changed(this.target);
  }

  #stop(status: 'switchover' | 'post-copy'): number {
    const nowSeconds = this.#world.clock.nowSeconds();
    this.source.stoppedAtSeconds = nowSeconds;
    this.target.executedSeconds = this.#world.executedSeconds(this.source);
    this.target.bootSeconds = this.source.bootSeconds;
    this.#update({ status, stoppedAtSeconds: nowSeconds });
    this.#world.setState(this.source, 'paused');
    return this.#world.clock.monotonicSeconds();
  }

  /** Sends so many bytes, or until post-copy is wanted; answers what it sent, in how long. */
  async #send(bytes: number): Promise<{ readonly bytes: number; readonly seconds: number }> {
    this.#broken.signal.throwIfAborted();
    const startedAt = this.#world.clock.monotonicSeconds();
    const flow = this.#way.open(bytes, this.#capNow());
    this.#flow = flow;
    try {
      await flow.done;
    } catch (error) {
      if (!(error instanceof PostCopyWanted)) throw error;
    }
    this.#flow = null;
    this.#sentBytes += flow.arrivedBytes;
    const seconds = this.#world.clock.monotonicSeconds() - startedAt;
    const remainingBytes = bytes - flow.arrivedBytes + this.#keptBytes;
    this.progress = {
      ...this.progress,
      transferredBytes: this.#sentBytes,
      remainingBytes,
      bytesPerSecond: seconds > 0 ? flow.arrivedBytes / seconds : this.progress.bytesPerSecond,
    };
    return { bytes: flow.arrivedBytes, seconds };
  }

  /** The rate cap is lifted for the last copy. */
  #capNow(): number | null {
    return this.progress.status === 'active' ? this.settings.maxBandwidthBytesPerSecond : null;
  }

  /** QEMU's auto-converge: after two passes that dirtied more than half of what they sent, 20 %, then 10 % more a pass. */
  #throttle(pass: number, dirtied: number, sent: number): void {
    if (!this.settings.autoConverge || pass < 2 || dirtied < sent / 2) return;
    this.#passThrottleRatio =
      this.#passThrottleRatio === 0 ? 0.2 : Math.min(0.99, this.#passThrottleRatio + 0.1);
    this.#update({ throttleRatio: this.#passThrottleRatio });
  }

  #curve(): { readonly bytesPerSecond: number; readonly workingSetBytes: number } {
    const { bytesPerSecond, workingSetBytes } = this.source.definition.dirty;
    return { bytesPerSecond: bytesPerSecond * (1 - this.#passThrottleRatio), workingSetBytes };
  }

  #memoryBytes(): number {
    return this.order.content === 'guest' ? this.source.definition.residentBytes : 0;
  }

  #diskBytes(): number {
    return this.#disks().reduce(
      (sum, { usedBytes, seeded }) => sum + Math.max(0, usedBytes - (seeded[this.target.site] ?? 0)),
      0,
    );
  }

  #disks(): ReturnType<SimulatedWorld['disksToCopy']> {
    return this.#world.disksToCopy(this.source.definition, this.target.site, this.target.host);
  }

  #update(change: Partial<TransferProgress>): void {
    const wasStatus = this.progress.status;
    this.progress = { ...this.progress, ...change, elapsedSeconds: this.#elapsedSeconds() };
    if (this.progress.status === wasStatus) return;
    this.#world.changed(this.source);
    this.#world.changed(this.target);
  }

  #end(status: 'completed' | 'failed' | 'cancelled', error: string | null): void {
    assert(!this.isOver, 'a transfer ends once');
    this.progress = { ...this.now(), status, error };
    if (status === 'completed') this.progress = { ...this.progress, remainingBytes: 0 };
  }

  async #sleep(seconds: number): Promise<void> {
    this.#broken.signal.throwIfAborted();
    await this.#world.clock.sleep(seconds, this.#broken.signal);
  }

  #elapsedSeconds(): number {
    return this.#world.clock.monotonicSeconds() - this.#startedAtSeconds;
  }
}

export interface Ends {
  readonly source: Copy;
  readonly target: Copy;
  readonly order: TransferOrder;
}

class StreamBroken extends Error {}
class PostCopyWanted extends Error {}

export const isOver = (status: TransferProgress['status']): boolean =>
  status === 'completed' || status === 'failed' || status === 'cancelled';

/** Of the order of what QEMU 7.2 was seen to take: capabilities; stop (6 ms) and devices; one turn of the pass loop. */
const setupSeconds = 0.05;
const deviceSeconds = 0.055;
const passSecondsMin = 0.05;
const diskPassSecondsMin = 1;
const pageBytes = 4096;
/** Seen under libvirt: two keepalives of 2 s unanswered three times, then its main loop waits for the dead mirror. */
const mirrorFreezesAfterSeconds = 8;

const nothingYet: TransferProgress = {
  status: 'setup',
  elapsedSeconds: 0,
  transferredBytes: 0,
  remainingBytes: 0,
  totalBytes: 0,
  bytesPerSecond: 0,
  dirtyBytesPerSecond: 0,
  passes: 0,
  throttleRatio: 0,
  downtimeSeconds: null,
  setupSeconds: null,
  normalPages: 0,
  zeroPages: 0,
  postcopyRequests: 0,
  stoppedAtSeconds: null,
  resumedAtSeconds: null,
  error: null,
};
