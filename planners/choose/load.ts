import type { Link } from '../../topology/resolve/topology.ts';
import { type Path, usableBitsPerSecond } from './paths.ts';

export interface LinkUse {
  readonly wireBytes: number;
  readonly sendingSeconds: number;
  readonly pathShare: number;
  readonly idleSeconds: number;
}

/** The smallest share that a schedule gives (planners/plan/menu.ts). */
const idleShare = 1 / 8;

/** How long the links would be busy with what has been chosen so far, when each sent at its full usable rate. */
export class Load {
  readonly #seconds = new Map<string, number>();
  readonly #shareMax: number;
  /** Spent on traffic, in the topology's currency. */
  money = 0;

  constructor(shareMax: number) {
    this.#shareMax = shareMax;
  }

  /**
   * A move that sends at `pathShare` of the path for `sendingSeconds`, and for `idleSeconds` keeps only the smallest
   * share that a schedule gives.
   */
  add({ links, rateBitsPerSecond, pricePerByte }: Path, use: LinkUse): void {
    this.money += use.wireBytes * pricePerByte;
    for (const link of links) {
      const part = rateBitsPerSecond / usableBitsPerSecond(link, this.#shareMax);
      const seconds = part * (use.sendingSeconds * use.pathShare + use.idleSeconds * idleShare);
      this.#seconds.set(link.name, this.busySeconds(link.name) + seconds);
    }
  }

  /** Of a run that goes on beside the plan. */
  addBytes(link: Link, wireBytes: number): void {
    const usable = usableBitsPerSecond(link, this.#shareMax) / 8;
    if (usable > 0) this.#seconds.set(link.name, this.busySeconds(link.name) + wireBytes / usable);
  }

  /** Of the busiest link of the path. */
  waitSeconds({ links }: Path): number {
    return Math.max(0, ...links.map(({ name }) => this.busySeconds(name)));
  }

  busySeconds(link: string): number {
    return this.#seconds.get(link) ?? 0;
  }
}
