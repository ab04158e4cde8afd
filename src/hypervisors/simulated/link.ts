import type { Clock } from '../../../topology/world.ts';
import { noLongerNeeded } from '../../world/deadline.ts';

/** A WAN link; a cut one carries nothing and says nothing, as a real one does. */
export class SimulatedLink {
  readonly name: string;
  readonly between: readonly [string, string];
  readonly rttSeconds: number;
  /** What its router queues before it drops, and what a sender's socket holds at most. */
  readonly bufferSeconds: number;
  readonly sendBufferBytes: number;
  #goodputBytesPerSecond: number;
  readonly #wan: Wan;
  #isCut = false;

  constructor(
    wan: Wan,
    link: {
      readonly name: string;
      readonly between: readonly [string, string];
      readonly rttSeconds: number;
      readonly bufferSeconds: number;
      readonly sendBufferBytes: number;
      readonly goodputBytesPerSecond: number;
    },
  ) {
    this.#wan = wan;
    this.bufferSeconds = link.bufferSeconds;
    this.sendBufferBytes = link.sendBufferBytes;
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
    this.#wan.change(() => (this.#isCut = true));
  }

  heal(): void {
    this.#wan.change(() => (this.#isCut = false));
  }

  setGoodput(bytesPerSecond: number): void {
    this.#wan.change(() => (this.#goodputBytesPerSecond = bytesPerSecond));
  }
}

/** The links that a stream crosses, one after the other. */
export class Way {
  readonly links: readonly SimulatedLink[];
  readonly #wan: Wan;

  constructor(wan: Wan, links: readonly SimulatedLink[]) {
    this.#wan = wan;
    this.links = links;
  }

  get isCut(): boolean {
    return this.links.some(({ isCut }) => isCut);
  }

  get rttSeconds(): number {
    return this.links.reduce((sum, { rttSeconds }) => sum + rttSeconds, 0);
  }

  get goodputBytesPerSecond(): number {
    return Math.min(...this.links.map(({ goodputBytesPerSecond }) => goodputBytesPerSecond));
  }

  /**
   * From a write into the sender's socket until the bytes have arrived. A capped sender's socket is empty. Without a cap it
   * holds twice what is in flight while the router's buffer is full (tcp_sndbuf_expand), at most its limit; of that half
   * a round trip's bytes have arrived and are only not acknowledged yet.
   */
  deliverySeconds(capBytesPerSecond: number | null): number {
    const rate = this.goodputBytesPerSecond;
    if (capBytesPerSecond !== null && capBytesPerSecond < rate) return this.rttSeconds / 2;
    const bufferSeconds = Math.min(...this.links.map((link) => link.bufferSeconds));
    const heldSeconds = Math.min(
      socketPerFlight * (this.rttSeconds + bufferSeconds),
      (this.links[0]?.sendBufferBytes ?? 0) / rate,
    );
    return Math.max(heldSeconds - this.rttSeconds / 2, this.rttSeconds / 2);
  }

  open(bytes: number, capBytesPerSecond: number | null): Flow {
    return this.#wan.open(this.links, { bytes, capBytesPerSecond });
  }

  /** Bytes of a flow that have arrived by now. */
  arrivedBytes(flow: Flow): number {
    return this.#wan.arrivedBytes(flow);
  }
}

/** All that flows, as a fluid: flows share the links they cross by max-min fairness under their own caps. */
export class Wan {
  readonly #clock: Clock;
  readonly #flows = new Set<Flow>();
  #timer = new AbortController();
  #settledAtSeconds = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  open(
    links: readonly SimulatedLink[],
    { bytes, capBytesPerSecond }: { readonly bytes: number; readonly capBytesPerSecond: number | null },
  ): Flow {
    const flow = new Flow(bytes, { links, capBytesPerSecond, change: (change) => this.change(change) });
    this.change(() => this.#flows.add(flow));
    return flow;
  }

  arrivedBytes(flow: Flow): number {
    const sinceSeconds = this.#clock.monotonicSeconds() - this.#settledAtSeconds;
    return Math.min(
      flow.bytes,
      flow.arrivedBytes + (this.#flows.has(flow) ? sinceSeconds * flow.bytesPerSecond : 0),
    );
  }

  change(change: () => void): void {
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

  #share(): void {
    for (const flow of this.#flows) {
      if (!flow.isClosed && flow.bytes - flow.arrivedBytes < wholeByte) flow.complete();
      if (flow.isClosed) this.#flows.delete(flow);
    }
    share(this.#flows);
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
      () => this.change(() => undefined),
      () => undefined, // something else changed first
    );
  }
}

/**
 * Max-min fairness by filling up (Bertsekas and Gallager 1992, 6.5.2): whoever is held back first, by its cap or by its
 * share of the fullest link that it crosses, keeps that; what it leaves is for the others.
 */
function share(flows: ReadonlySet<Flow>): void {
  const open = new Set(flows);
  const left = new Map<SimulatedLink, number>();
  for (const link of [...open].flatMap(({ links }) => links))
    left.set(link, link.isCut ? 0 : link.goodputBytesPerSecond);
  while (open.size > 0) {
    const shares = sharesOf(open, left);
    const limit = (flow: Flow): number =>
      Math.min(flow.cap, ...flow.links.map((link) => shares.get(link) ?? 0));
    let level = Number.POSITIVE_INFINITY;
    for (const flow of open) level = Math.min(level, limit(flow));
    for (const flow of [...open].filter((each) => limit(each) === level)) {
      flow.bytesPerSecond = level;
      open.delete(flow);
      for (const link of flow.links) left.set(link, Math.max(0, (left.get(link) ?? 0) - level));
    }
  }
}

/** What each link could give to each flow that still grows. */
function sharesOf(
  open: ReadonlySet<Flow>,
  left: ReadonlyMap<SimulatedLink, number>,
): ReadonlyMap<SimulatedLink, number> {
  const counts = new Map<SimulatedLink, number>();
  for (const { links } of open) for (const link of links) counts.set(link, (counts.get(link) ?? 0) + 1);
  return new Map([...counts].map(([link, count]) => [link, (left.get(link) ?? 0) / count]));
}

const socketPerFlight = 2;

/** Less than a byte is rounding. */
const wholeByte = 0.5;

export class Flow {
  readonly bytes: number;
  readonly links: readonly SimulatedLink[];
  readonly done: Promise<void>;
  arrivedBytes = 0;
  bytesPerSecond = 0;
  isClosed = false;
  #capBytesPerSecond: number | null;
  readonly #change: (change: () => void) => void;
  #resolve: () => void = () => undefined;
  #reject: (reason: Error) => void = () => undefined;

  constructor(
    bytes: number,
    {
      links,
      capBytesPerSecond,
      change,
    }: {
      readonly links: readonly SimulatedLink[];
      readonly capBytesPerSecond: number | null;
      readonly change: (change: () => void) => void;
    },
  ) {
    this.bytes = bytes;
    this.links = links;
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
