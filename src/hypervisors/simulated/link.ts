import type { Clock } from '../../../topology/world.ts';
import { noLongerNeeded } from '../../world/deadline.ts';

/**
 * A WAN link as a fluid: flows share its goodput by max-min fairness under their own caps; a cut link carries nothing
 * and says nothing, as a real one does.
 */
export class SimulatedLink {
  readonly name: string;
  readonly between: readonly [string, string];
  readonly rttSeconds: number;
  #goodputBytesPerSecond: number;
  readonly #clock: Clock;
  readonly #flows = new Set<Flow>();
  #isCut = false;
  #timer = new AbortController();
  #settledAtSeconds = 0;

  constructor(
    clock: Clock,
    link: {
      readonly name: string;
      readonly between: readonly [string, string];
      readonly rttSeconds: number;
      readonly goodputBytesPerSecond: number;
    },
  ) {
    this.#clock = clock;
    this.name = link.name;
    this.between = link.between;
    this.rttSeconds = link.rttSeconds;
    this.#goodputBytesPerSecond = link.goodputBytesPerSecond;
  }

  get isCut(): boolean {
    return this.#isCut;
  }

  get goodputBytesPerSecond(): number {
    return this.#goodputBytesPerSecond;
  }

  cut(): void {
    this.#change(() => (this.#isCut = true));
  }

  heal(): void {
    this.#change(() => (this.#isCut = false));
  }

  setGoodput(bytesPerSecond: number): void {
    this.#change(() => (this.#goodputBytesPerSecond = bytesPerSecond));
  }

  open(bytes: number, capBytesPerSecond: number | null): Flow {
    const flow = new Flow(bytes, capBytesPerSecond, (change) => this.#change(change));
    this.#change(() => this.#flows.add(flow));
    return flow;
  }

  /** Bytes of a flow that have arrived by now. */
  arrivedBytes(flow: Flow): number {
    const sinceSeconds = this.#clock.monotonicSeconds() - this.#settledAtSeconds;
    return Math.min(
      flow.bytes,
      flow.arrivedBytes + (this.#flows.has(flow) ? sinceSeconds * flow.bytesPerSecond : 0),
    );
  }

  #change(change: () => void): void {
    this.#settle();
    change();
    this.#share();
    this.#arm();
  }

  #settle(): void {
    const nowSeconds = this.#clock.monotonicSeconds();
    for (const flow of this.#flows) flow.arrivedBytes = this.arrivedBytes(flow);
    this.#settledAtSeconds = nowSeconds;
  }

  /** Max-min fairness: the flow with the smallest cap first; what it leaves is shared by the others. */
  #share(): void {
    for (const flow of this.#flows) {
      if (!flow.isClosed && flow.bytes - flow.arrivedBytes < wholeByte) flow.complete();
      if (flow.isClosed) this.#flows.delete(flow);
    }
    let left = this.#isCut ? 0 : this.#goodputBytesPerSecond;
    let waiting = this.#flows.size;
    for (const flow of [...this.#flows].toSorted((a, b) => a.cap - b.cap)) {
      flow.bytesPerSecond = Math.min(flow.cap, left / waiting);
      left -= flow.bytesPerSecond;
      waiting--;
    }
  }

  #arm(): void {
    this.#timer.abort(noLongerNeeded);
    this.#timer = new AbortController();
    let seconds = Number.POSITIVE_INFINITY;
    for (const flow of this.#flows) {
      seconds = Math.min(seconds, (flow.bytes - flow.arrivedBytes) / flow.bytesPerSecond);
    }
    if (!Number.isFinite(seconds)) return;
    this.#clock.sleep(seconds, this.#timer.signal).then(
      () => this.#change(() => undefined),
      () => undefined, // something else changed first
    );
  }
}

/** Less than a byte is rounding. */
const wholeByte = 0.5;

export class Flow {
  readonly bytes: number;
  readonly done: Promise<void>;
  arrivedBytes = 0;
  bytesPerSecond = 0;
  isClosed = false;
  #capBytesPerSecond: number | null;
  readonly #change: (change: () => void) => void;
  #resolve: () => void = () => undefined;
  #reject: (reason: Error) => void = () => undefined;

  constructor(bytes: number, capBytesPerSecond: number | null, change: (change: () => void) => void) {
    this.bytes = bytes;
    this.#capBytesPerSecond = capBytesPerSecond;
    this.#change = change;
    this.done = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.done.catch(() => undefined); // also heard by whoever awaits it
    if (bytes < wholeByte) this.complete();
  }

  get cap(): number {
    return this.#capBytesPerSecond ?? Number.POSITIVE_INFINITY;
  }

  setCap(capBytesPerSecond: number | null): void {
    this.#change(() => (this.#capBytesPerSecond = capBytesPerSecond));
  }

  /** Its connection is gone: nothing more arrives. */
  reset(reason: Error): void {
    this.#change(() => {
      this.isClosed = true;
      this.#reject(reason);
    });
  }

  complete(): void {
    this.isClosed = true;
    this.arrivedBytes = this.bytes;
    this.#resolve();
  }
}
