import type { DnsChange, DnsStatus } from './change.ts';

/**
 * The names of a moved workload, at the authoritative servers of one site. Desired state in, observed state out:
 * applying the same change twice sends one update; a name that says something unexpected is a conflict
 * (LH_DNS_CONFLICT) and stops before anything is changed. One suite, test/conformance/dns, runs over every driver.
 */
export interface DnsDriver {
  /** Converges, then answers what every server that is authoritative for these names says. */
  apply(change: DnsChange, signal: AbortSignal): Promise<DnsStatus>;
  observe(change: DnsChange, signal: AbortSignal): Promise<DnsStatus>;
}

/** One authoritative server. Without a key it takes no updates from us (a secondary): it is asked, never told. */
export interface DnsServerConfiguration {
  readonly name: string;
  readonly address: string;
  readonly port: number;
  /** Zones it is authoritative for, without the final dot. */
  readonly zones: readonly string[];
  readonly key: TsigKey | null;
}

export interface TsigKey {
  readonly name: string;
  /** The shared secret itself, not its base64. */
  readonly secret: Buffer;
}
