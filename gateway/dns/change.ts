/** What the names of one workload shall say; each authoritative server converges to it (RFC 2136, RFC 8945). */
export interface DnsChange {
  readonly workload: string;
  readonly names: readonly {
    /** Absolute, without the final dot: 'app.example.test'. */
    readonly name: string;
    readonly address: string;
    /** What it may say before; anything else is a conflict and nothing is changed. */
    readonly previousAddresses: readonly string[];
    readonly ttlSeconds: number;
  }[];
  /** Reverse names: the PTR of `address` shall say `name`; of `withdrawn` no PTR shall be left. */
  readonly reverse: readonly {
    readonly address: string;
    readonly name: string;
    readonly ttlSeconds: number;
  }[];
  readonly withdrawn: readonly string[];
}

export interface DnsStatus {
  /** Every authoritative server answers as desired. */
  readonly converged: boolean;
  readonly servers: readonly {
    readonly server: string;
    readonly converged: boolean;
    readonly answers: readonly {
      readonly name: string;
      readonly type: 'A' | 'PTR';
      readonly ttlSeconds: number;
      readonly data: readonly string[];
    }[];
    readonly error: string | null;
  }[];
}
