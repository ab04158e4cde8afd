import { type Path, usableBitsPerSecond } from './paths.ts';

/** How long the links would be busy with what has been chosen so far, when each sent at its full usable rate. */
export class Load {
  readonly #seconds = new Map<string, number>();
  readonly #shareMax: number;
  /** Spent on traffic, in the topology's currency. */
  money = 0;

  constructor(shareMax: number) {
    this.#shareMax = shareMax;
  }

  add({ links, pricePerByte }: Path, wireBytes: number): void {
    this.money += wireBytes * pricePerByte;
    for (const link of links) {
      const bytesPerSecond = usableBitsPerSecond(link, this.#shareMax) / 8;
      this.#seconds.set(link.name, this.busySeconds(link.name) + wireBytes / bytesPerSecond);
    }
  }

  /** Of the busiest link of the path. */
  waitSeconds({ links }: Path): number {
    return Math.max(0, ...links.map(({ name }) => this.busySeconds(name)));
  }

  busySeconds(link: string): number {
    return this.#seconds.get(link) ?? 0;
  }
}
