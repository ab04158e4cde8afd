import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import type { Clock } from '../../topology/world.ts';

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
    for (;;) {
      await turn(); // runs every promise reaction that is due: afterwards all tasks are idle
      if (state.ended) return await result;
      const next = this.#sleepers.pop();
      assert(next !== undefined, 'virtual time stands still: every task waits and none of them sleeps');
      this.#elapsedSeconds = next.dueSeconds;
      next.wake();
    }
  }
}

interface Sleeper {
  readonly dueSeconds: number;
  readonly sequence: number;
  cancelled: boolean;
  readonly wake: () => void;
}

const isBefore = (a: Sleeper, b: Sleeper): boolean =>
  a.dueSeconds < b.dueSeconds || (a.dueSeconds === b.dueSeconds && a.sequence < b.sequence);

/** Binary heap by due time; who fell asleep first wakes first. Cancelled sleepers are dropped when they come up. */
class SleeperQueue {
  readonly #heap: Sleeper[] = [];

  push(sleeper: Sleeper): void {
    const heap = this.#heap;
    let index = heap.push(sleeper) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = heap[parent];
      if (above === undefined || !isBefore(sleeper, above)) break;
      heap[index] = above;
      index = parent;
    }
    heap[index] = sleeper;
  }

  pop(): Sleeper | undefined {
    for (;;) {
      const first = this.#take();
      if (first === undefined || !first.cancelled) return first;
    }
  }

  #take(): Sleeper | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    let index = 0;
    for (;;) {
      const left = heap[2 * index + 1];
      const right = heap[2 * index + 2];
      if (left === undefined) break;
      const smaller = right !== undefined && isBefore(right, left) ? right : left;
      if (isBefore(last, smaller)) break;
      heap[index] = smaller;
      index = smaller === left ? 2 * index + 1 : 2 * index + 2;
    }
    heap[index] = last;
    return first;
  }
}
