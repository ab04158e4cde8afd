/**
 * One after the other per key: a call that was let in before a newer claim came has ended before the newer one acts.
 * Waiting ends with the caller's signal; a task that has begun runs to its own end.
 */
export class Lanes {
  readonly #tails = new Map<string, Promise<void>>();

  async run<T>(keys: readonly string[], signal: AbortSignal, task: () => Promise<T>): Promise<T> {
    const [key, ...rest] = keys;
    if (key === undefined) return await task();
    const before = this.#tails.get(key) ?? Promise.resolve();
    const ended = before.then(async () => {
      signal.throwIfAborted();
      return await this.run(rest, signal, task);
    });
    const tail = ended.then(
      () => undefined,
      () => undefined, // the caller gets it
    );
    this.#tails.set(key, tail);
    void tail.then(() => {
      if (this.#tails.get(key) === tail) this.#tails.delete(key);
    });
    await untilTurn(before, signal);
    return await ended;
  }
}

async function untilTurn(before: Promise<void>, signal: AbortSignal): Promise<void> {
  const stop = new AbortController();
  const aborted = new Promise<never>((_, reject) => {
    if (signal.aborted) reject(signal.reason as Error);
    signal.addEventListener('abort', () => reject(signal.reason as Error), { signal: stop.signal });
  });
  try {
    await Promise.race([before, aborted]);
  } finally {
    stop.abort();
  }
}
