/**
 * The queue: one conductor job a run, one job a move. Losing the queue loses no knowledge (Records has it): whoever
 * carries on adds the same jobs again, and each finds in the journal what is done.
 * On BullMQ over PGlite or Redis (src/runs/store/bullmq), and in memory for rehearsals and simulation.
 *
 *   absent ── add ─▶ waiting ── taken ─▶ running ── handler resolves, or fails for good ─▶ absent
 *                       ▲                   │
 *                       └── fails with kind `world` (after a backoff), worker closed or killed
 */
export interface Dispatch {
  /** The same id twice is one job as long as it waits or runs; once it has ended the id may be added again. */
  add(job: QueueJob): Promise<void>;
  /** Whether the job waits or runs. One that does neither, and has no outcome in the journal, was lost. */
  holds(job: Pick<QueueJob, 'id' | 'kind'>): Promise<boolean>;
  /** Starts taking jobs, `concurrency` moves at once; conductors only wait and are not counted. Once a Dispatch. */
  work(handler: JobHandler, options: { readonly concurrency: number }): Promise<void>;
  /** Progress events of a run, to whoever listens; best effort, the journal is the truth. */
  publish(event: RunEvent): Promise<void>;
  subscribe(run: string, listener: (event: RunEvent) => void): Promise<() => Promise<void>>;
  /** The newest event of each workload (and of the run itself), for who comes late; best effort. */
  latest(run: string): Promise<readonly RunEvent[]>;
  /** Takes no more jobs, aborts the signals of the running ones, waits for them; they will be taken up again. */
  close(): Promise<void>;
}

/**
 * A thrown LonghaulError of kind `world` is retried with backoff unless this was the last try; any other error is
 * final. The signal is aborted when this process closes or has lost the job: stop at once, undo nothing, somebody
 * else takes it up (a cancel of the run is `RunRecord.request`, not this).
 */
export type JobHandler = (job: QueueJob, signal: AbortSignal, delivery: Delivery) => Promise<void>;

export interface Delivery {
  /** After this one no further try follows. */
  readonly lastTry: boolean;
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
