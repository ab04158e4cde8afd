import type { Clock } from '../../topology/world.ts';

/** A clock that a test moves by hand, for programs that also wait for files or children. */
export class HandClock implements Clock {
  #seconds: number;
  #sleepers: { readonly dueSeconds: number; readonly wake: () => void }[] = [];

  constructor(epochSeconds: number) {
    this.#seconds = epochSeconds;
  }

  nowSeconds(): number {
    return this.#seconds;
  }

  monotonicSeconds(): number {
    return this.#seconds;
  }

  async sleep(seconds: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    await new Promise<void>((wake, reject) => {
      this.#sleepers.push({ dueSeconds: this.#seconds + seconds, wake });
      signal?.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    });
  }

  /** Wakes whoever is due by then. */
  advance(seconds: number): void {
    this.#seconds += seconds;
    const due = this.#sleepers.filter(({ dueSeconds }) => dueSeconds <= this.#seconds);
    this.#sleepers = this.#sleepers.filter((sleeper) => !due.includes(sleeper));
    for (const { wake } of due) wake();
  }
}
