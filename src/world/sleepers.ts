/** One task's wait on a clock that keeps its own time. */
export interface Sleeper {
  readonly dueSeconds: number;
  readonly sequence: number;
  cancelled: boolean;
  readonly wake: () => void;
}

const isBefore = (a: Sleeper, b: Sleeper): boolean =>
  a.dueSeconds < b.dueSeconds || (a.dueSeconds === b.dueSeconds && a.sequence < b.sequence);

/** Binary heap by due time; who fell asleep first wakes first. Cancelled sleepers are dropped when they come up. */
export class SleeperQueue {
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

  /** Who wakes next; it stays in the queue. */
  peek(): Sleeper | undefined {
    while (this.#heap[0]?.cancelled === true) this.#take();
    return this.#heap[0];
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
