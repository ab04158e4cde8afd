import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import type { Clock } from '../../topology/world.ts';
import { type Sleeper, SleeperQueue } from './sleepers.ts';

/**
 * A clock for simulated sites that people watch: time goes from one sleeper to the next, as in virtual time, but no
 * faster than `speed` times the real one. It stands still while somebody holds it, so what this machine takes to write
 * a journal is not charged to a simulated guest; and where it cannot keep up it falls behind instead of lying.
 */
export class PacedClock implements Clock {
  readonly #real: Clock;
  readonly #epochSeconds: number;
  readonly #sleepers = new SleeperQueue();
  readonly #closing = new AbortController();
  #elapsedSeconds = 0;
  #sequence = 0;
  #holds = 0;

  constructor(real: Clock, { epochSeconds }: { readonly epochSeconds: number }) {
    this.#real = real;
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

  /** Time stands still until `task` has ended. */
  async holdDuring<T>(task: () => Promise<T>): Promise<T> {
    this.#holds++;
    try {
      return await task();
    } finally {
      this.#holds--;
    }
  }

  /** As fast as it can, to that instant: everybody due by then has woken and is idle. */
  async advanceTo(untilSeconds: number): Promise<void> {
    for (;;) {
      await turn();
      const next = this.#sleepers.peek();
      if (next === undefined || this.#epochSeconds + next.dueSeconds > untilSeconds) break;
      this.#wake();
    }
    this.#elapsedSeconds = Math.max(this.#elapsedSeconds, untilSeconds - this.#epochSeconds);
  }

  /** From now on time passes by itself, `speed` times as fast as the real one, until `close`. */
  start(speed: number): void {
    assert(speed > 0, 'time goes forward');
    void this.#pace(speed);
  }

  close(): void {
    this.#closing.abort();
  }

  async #pace(speed: number): Promise<void> {
    let anchor = this.#anchor();
    while (!this.#closing.signal.aborted) {
      await turn(); // whoever was woken is idle again, or holds
      const next = this.#sleepers.peek();
      if (this.#holds > 0 || next === undefined) {
        await this.#real.sleep(lookSeconds);
        anchor = this.#anchor();
        continue;
      }
      const dueSeconds = anchor.realSeconds + (next.dueSeconds - anchor.elapsedSeconds) / speed;
      const waitSeconds = dueSeconds - this.#real.monotonicSeconds();
      if (waitSeconds > lookSeconds / 2) {
        await this.#real.sleep(Math.min(waitSeconds, lookSeconds)); // somebody may fall asleep for less meanwhile
        continue;
      }
      this.#wake();
      if (waitSeconds < -lagSecondsMax) anchor = this.#anchor();
    }
  }

  /** From here on simulated and real time are compared. */
  #anchor(): { readonly realSeconds: number; readonly elapsedSeconds: number } {
    return { realSeconds: this.#real.monotonicSeconds(), elapsedSeconds: this.#elapsedSeconds };
  }

  #wake(): void {
    const next = this.#sleepers.pop();
    if (next === undefined) return;
    this.#elapsedSeconds = Math.max(this.#elapsedSeconds, next.dueSeconds);
    next.wake();
  }
}

/** Longest real wait in one piece, and so the error of the pace. */
const lookSeconds = 0.002;
/** Behind by more than that, it does not hurry to catch up. */
const lagSecondsMax = 0.1;
