/**
 * The schedule as a problem on its own: jobs with a finite menu of ways, and what they share. Nothing here knows
 * about memory pages or methods; planners/plan/make-plan.ts translates. Times are seconds after the start of the run.
 */
export interface Problem {
  readonly jobs: readonly Job[];
  readonly links: readonly LinkCapacity[];
  /** Moves at once, over the whole run. */
  readonly movesMax: number;
  readonly hosts: readonly { readonly name: string; readonly movesMax: number }[];
  /** At most `disturbedMax` of these jobs at the same time. */
  readonly quorums: readonly {
    readonly name: string;
    readonly jobs: readonly string[];
    readonly disturbedMax: number;
  }[];
}

export interface LinkCapacity {
  readonly name: string;
  /** Steps: from `atSeconds` on so much may be reserved; the first is at 0. */
  readonly steps: readonly { readonly atSeconds: number; readonly bytesPerSecond: number }[];
}

export interface Job {
  readonly name: string;
  readonly options: readonly JobOption[];
  /** Jobs that must have ended before this one starts. */
  readonly needs: readonly string[];
  readonly priority: number;
  /** Hosts on which it takes a place while it runs. */
  readonly hosts: readonly string[];
  readonly notBeforeSeconds: number;
}

export interface JobOption {
  readonly id: string;
  readonly seconds: number;
  readonly reservations: readonly { readonly link: string; readonly bytesPerSecond: number }[];
}

export interface Placed {
  readonly job: Job;
  readonly option: JobOption;
  readonly startSeconds: number;
  readonly endSeconds: number;
  /** Jobs whose place or rate it takes over, or that it needs: they must have ended before it may start. */
  readonly after: readonly string[];
}
