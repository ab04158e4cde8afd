/**
 * Scheduling, step by step: problem.ts is the question without workloads and methods (planners/plan/menu.ts
 * translates); profile.ts keeps what is free over time; build.ts puts jobs into an order's earliest places; search.ts
 * looks for the best order and options; bound.ts proves how fast it can be at best; flow.ts says who waits for whom;
 * confidence.ts replays the answer with uncertain durations.
 *
 * Times are seconds after the start of the run. A job runs once, without a break, in one of its options.
 */
export interface Problem {
  readonly jobs: readonly Job[];
  readonly resources: readonly Resource[];
  readonly stores: readonly Store[];
}

/** Used while a job runs, free again afterwards: a link's rate, places for moves, members of a quorum. */
export interface Resource {
  readonly name: string;
  /** From `atSeconds` on so much there is; sorted, the first at 0. */
  readonly steps: readonly { readonly atSeconds: number; readonly amount: number }[];
}

/** Taken for good when a job starts, given back elsewhere when it ends: memory, storage, a place beside nobody. */
export interface Store {
  readonly name: string;
  readonly amount: number;
}

export interface Use {
  readonly resource: string;
  readonly amount: number;
}

export interface Taking {
  readonly store: string;
  readonly amount: number;
}

/** Of each resource a job's `uses` or its option's `uses` tell, not both, and each once. */
export interface Job {
  readonly name: string;
  readonly options: readonly JobOption[];
  /** Jobs that must have ended before this one starts. */
  readonly needs: readonly string[];
  /** Higher goes first where nothing else decides. */
  readonly priority: number;
  /** The job lies inside one of these, sorted and apart; empty: at any time. */
  readonly windows: readonly Window[];
  /** Whatever the option. */
  readonly uses: readonly Use[];
  readonly returns: readonly Taking[];
}

export interface Window {
  readonly fromSeconds: number;
  readonly toSeconds: number;
}

export interface JobOption {
  readonly id: string;
  readonly seconds: number;
  /** What a window must have room for: the job may take longer than expected. At least `seconds`. */
  readonly surelySeconds: number;
  readonly uses: readonly Use[];
  readonly takes: readonly Taking[];
}

export interface Placed {
  readonly job: Job;
  readonly option: JobOption;
  readonly startSeconds: number;
  readonly endSeconds: number;
}

export interface Schedule {
  readonly placed: readonly Placed[];
  /** Jobs that fit nowhere. */
  readonly unplaced: readonly Job[];
  readonly makespanSeconds: number;
  /** Nobody can be done sooner with these jobs and options. */
  readonly lowerBoundSeconds: number;
}
