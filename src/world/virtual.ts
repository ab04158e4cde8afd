import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import type { Clock } from '../../topology/world.ts';
import { type Sleeper, SleeperQueue } from './sleepers.ts';

/**
 * A discrete-event clock: time stands still while any task has something to do, and jumps to the next sleeper when all
 * are idle. Thousands of seconds pass in milliseconds, and the same program with the same seed takes the same course.
 * It only works for programs whose every wait is a sleep on this clock or a promise that such a program settles: a
 * socket or a file would still be busy while time jumps.
 */
export class VirtualClock implements Clock {
  readonly #epochSeconds: number;
  readonly #sleepers = new SleeperQueue();
  #elapsedSeconds = 0;
  #sequence = 0;

  constructor({ epochSeconds }: { readonly epochSeconds: number }) {
    this.#epochSeconds = epochSeconds;
  }

  nowSeconds(): number {
    return this.#epochSeconds + this.#elapsedSeconds;
  }

  monotonicSeconds(): number {
    return this.#elapsedSeconds;
  }

  async sleep(seconds: number, signal?: AbortSignal): Promise<void> {
    assert(seconds >= 0, `cannot sleep ${seconds} s`);
    signal?.throwIfAborted();
    const dueSeconds = this.#elapsedSeconds + seconds;
    await new Promise<void>((resolve, reject) => {
      const aborted = (): void => {
        sleeper.cancelled = true;
        reject(signal?.reason as Error);
      };
      const wake = (): void => {
        signal?.removeEventListener('abort', aborted);
        resolve();
      };
      const sleeper: Sleeper = { dueSeconds, sequence: this.#sequence++, cancelled: false, wake };
      signal?.addEventListener('abort', aborted, { once: true });
      this.#sleepers.push(sleeper);
    });
  }

  /** Runs `main` to its end and lets time pass for it and for every task it started; those end or are left sleeping. */
  async run<T>(main: () => Promise<T>): Promise<T> {
    const state: { ended: boolean } = { ended: false };
    const result = main().finally(() => (state.ended = true));
    result.catch(() => undefined); // the caller gets the rejection from `await result` below
    let wokenAtOnce = 0;
    for (;;) {
      await turn(); // runs every promise reaction that is due: afterwards all tasks are idle
      if (state.ended) return await result;
      const next = this.#sleepers.pop();
      assert(next !== undefined, 'virtual time stands still: every task waits and none of them sleeps');
      wokenAtOnce = next.dueSeconds > this.#elapsedSeconds ? 0 : wokenAtOnce + 1;
      assert(wokenAtOnce < wokenAtOnceMax, `virtual time does not get past ${this.#elapsedSeconds} s`);
      this.#elapsedSeconds = next.dueSeconds;
      next.wake();
    }
  }
}

/** More sleepers than this that are due at the same instant are a task that sleeps for nothing in a loop. */
const wokenAtOnceMax = 100_000;
