import assert from 'node:assert/strict';
import { LonghaulError } from '../../../../topology/errors.ts';
import type { Clock, Log } from '../../../../topology/world.ts';
import type { Dispatch, JobHandler, QueueJob } from '../dispatch.ts';
import { backoffSeconds, jobTriesMax } from '../limits.ts';
import { createEventBoard } from '../event-board.ts';

/** A queue that ends with the process. It keeps time by the clock it is given, so it also runs in virtual time. */
export function createMemoryDispatch(clock: Clock, log: Log): Dispatch {
  const queue = new MemoryQueue(clock, log);
  const board = createEventBoard();
  return {
    add: async (job) => queue.add(job),
    holds: async ({ id }) => queue.holds(id),
    work: async (handler, { concurrency }) => queue.work(handler, concurrency),
    publish: async (event) => board.publish(event),
    subscribe: async (run, listener) => {
      const unsubscribe = board.subscribe(run, listener);
      return async () => unsubscribe();
    },
    latest: async (run) => board.latest(run),
    close: () => queue.close(),
  };
}

class MemoryQueue {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #held = new Set<string>();
  readonly #waiting: { readonly job: QueueJob; readonly triesMade: number }[] = [];
  readonly #running = new Set<Promise<void>>();
  readonly #closing = new AbortController();
  #handler: JobHandler | null = null;
  #movesMax = 0;
  #moves = 0;

  constructor(clock: Clock, log: Log) {
    this.#clock = clock;
    this.#log = log;
  }

  add(job: QueueJob): void {
    if (this.#held.has(job.id)) return;
    this.#held.add(job.id);
    this.#waiting.push({ job, triesMade: 0 });
    this.#takeJobs();
  }

  holds(id: string): boolean {
    return this.#held.has(id);
  }

  work(handler: JobHandler, concurrency: number): void {
    assert(this.#handler === null, 'one handler a dispatch');
    assert(concurrency >= 1, 'a worker takes at least one move at once');
    this.#handler = handler;
    this.#movesMax = concurrency;
    this.#takeJobs();
  }

  async close(): Promise<void> {
    this.#closing.abort(new DOMException('the worker closes', 'AbortError'));
    await Promise.all(this.#running);
  }

  #takeJobs(): void {
    const handler = this.#handler;
    if (handler === null || this.#closing.signal.aborted) return;
    for (let index = 0; index < this.#waiting.length; ) {
      const next = this.#waiting[index];
      assert(next !== undefined);
      if (next.job.kind === 'move' && this.#moves >= this.#movesMax) {
        index++;
        continue;
      }
      this.#waiting.splice(index, 1);
      const run = this.#run(handler, next.job, next.triesMade).finally(() => this.#running.delete(run));
      this.#running.add(run);
    }
  }

  async #run(handler: JobHandler, job: QueueJob, triesMade: number): Promise<void> {
    const isMove = job.kind === 'move';
    if (isMove) this.#moves++;
    const lastTry = triesMade + 1 >= jobTriesMax;
    let again = false;
    try {
      await handler(job, this.#closing.signal, { lastTry });
    } catch (error) {
      again = !lastTry && error instanceof LonghaulError && error.kind === 'world';
      this.#log.warn({ job: job.id, triesMade: triesMade + 1, again, error: String(error) }, 'job failed');
    }
    if (isMove) this.#moves--;
    if (again) await this.#putBack(job, triesMade + 1);
    else this.#held.delete(job.id);
    this.#takeJobs();
  }

  /** The slot is free while the job waits for its next try. */
  async #putBack(job: QueueJob, triesMade: number): Promise<void> {
    this.#takeJobs();
    try {
      await this.#clock.sleep(backoffSeconds(triesMade), this.#closing.signal);
    } catch {
      return; // closing: the job stays held, nobody takes it any more
    }
    this.#waiting.push({ job, triesMade });
  }
}
