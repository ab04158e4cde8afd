/** Who waits for the next change of a workload; a change wakes all of them. */
export class Changes {
  readonly #waiting = new Map<string, Set<() => void>>();

  announce(workload: string): void {
    const waiting = this.#waiting.get(workload);
    this.#waiting.delete(workload);
    for (const wake of waiting ?? []) wake();
  }

  /** Resolves at the next change after this call; `forget` when it is no longer waited for. */
  next(workload: string): { readonly changed: Promise<void>; readonly forget: () => void } {
    let wake = (): void => undefined;
    const changed = new Promise<void>((resolve) => (wake = resolve));
    const waiting = this.#waiting.get(workload) ?? new Set();
    this.#waiting.set(workload, waiting.add(wake));
    return {
      changed,
      forget: () => {
        waiting.delete(wake);
        if (waiting.size === 0 && this.#waiting.get(workload) === waiting) this.#waiting.delete(workload);
      },
    };
  }
}
