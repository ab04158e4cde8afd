/**
 * The queue: one conductor job a run, one job a move. Losing the queue loses no knowledge (Records has it).
 * On BullMQ over PGlite or Redis (src/runs/store), and in memory for rehearsals and simulation.
 */
export interface Dispatch {
  /** The same id twice is one job. */
  add(job: QueueJob): Promise<void>;
  /** Starts taking jobs; a thrown LonghaulError of kind `world` is retried with backoff, any other error is final. */
  work(
    handler: (job: QueueJob, signal: AbortSignal) => Promise<void>,
    options: { readonly concurrency: number },
  ): Promise<void>;
  /** Progress events of a run, to whoever listens; best effort, the journal is the truth. */
  publish(event: RunEvent): Promise<void>;
  subscribe(run: string, listener: (event: RunEvent) => void): Promise<() => Promise<void>>;
  close(): Promise<void>;
}

/** Id: `<run>` for a conductor, `<run>-<workload>-<attempt>` for a move (no ':', not all digits). */
export type QueueJob =
  | { readonly id: string; readonly kind: 'conduct'; readonly run: string }
  | {
      readonly id: string;
      readonly kind: 'move';
      readonly run: string;
      readonly workload: string;
      readonly attempt: number;
    };

export interface RunEvent {
  readonly run: string;
  readonly atSeconds: number;
  readonly workload: string | null;
  readonly step: string;
  /** 0…1, never runs backwards. */
  readonly doneRatio: number;
  /** Remaining ÷ what fits the downtime limit; at most 1: converged. Null outside a transfer. */
  readonly convergence: number | null;
  readonly text: string;
}
