/** Who shall serve a pool; each balancer that has it converges to it. */
export interface BalancerChange {
  readonly workload: string;
  readonly pool: string;
  /** Members that are not named are not touched. `drain`: no new sessions, the open ones finish. */
  readonly members: readonly {
    readonly address: string;
    readonly state: 'serving' | 'draining' | 'absent';
  }[];
}

export interface BalancerStatus {
  readonly converged: boolean;
  readonly members: readonly {
    readonly balancer: string;
    readonly address: string;
    readonly state: 'serving' | 'draining' | 'absent';
    /** The balancer's own health check of the member. */
    readonly healthy: boolean;
    readonly sessions: number;
  }[];
  readonly error: string | null;
}
