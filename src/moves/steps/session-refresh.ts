import type { Move } from '../move.ts';
import { handSessionsOver } from './addresses.ts';

/**
 * Sessions handed over again while memory crosses, beside the watching of it: a guest that stops meanwhile is noticed at
 * once. It is waited for before the guest may run, as a late put would take the gateway back to what was.
 */
export class SessionRefresh {
  readonly #move: Move;
  readonly #signal: AbortSignal;
  readonly #closing = new AbortController();
  #underWay: Promise<void> | null = null;
  #failure: unknown = null;

  constructor(move: Move, signal: AbortSignal) {
    this.#move = move;
    this.#signal = AbortSignal.any([signal, this.#closing.signal]);
  }

  /** Nothing, while the last one is under way. */
  begin(): void {
    this.#underWay ??= handSessionsOver(this.#move, this.#signal)
      .catch((error: unknown) => {
        this.#failure = error;
      })
      .finally(() => {
        this.#underWay = null;
      });
  }

  throwIfFailed(): void {
    const failure = this.#failure;
    this.#failure = null;
    if (failure !== null) throw failure as Error;
  }

  /** One that failed is no reason to leave a guest standing that has been sent: its list is only an older one. */
  async settled(): Promise<void> {
    await this.#underWay;
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#underWay;
  }
}
