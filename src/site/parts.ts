import type { BalancerChange, BalancerStatus } from '../../gateway/balancer/change.ts';
import type { DnsChange, DnsStatus } from '../../gateway/dns/change.ts';
import type { GatewayFacts, Relocation, RelocationStatus, Session } from '../../gateway/relocation.ts';
import type { Clock, Log } from '../../topology/world.ts';
import type { Hypervisor } from '../hypervisors/hypervisor.ts';
import type { ClaimBook } from './claims.ts';

/**
 * What a site agent is put together from. The ports are structural: the gateway's agent, the DNS drivers and the
 * balancers satisfy them without knowing this file, and none of them knows claims.
 */
export interface SiteParts {
  readonly name: string;
  readonly hypervisors: readonly Hypervisor[];
  readonly gateway: SiteGateway | null;
  readonly dns: SiteDns | null;
  readonly balancers: SiteBalancers | null;
  readonly claims: ClaimBook;
  readonly clock: Clock;
  readonly log: Log;
  readonly stall: StallLimits;
}

export interface SiteGateway {
  facts(signal: AbortSignal): Promise<GatewayFacts>;
  put(relocation: Relocation, signal: AbortSignal): Promise<RelocationStatus>;
  get(id: string, signal: AbortSignal): Promise<RelocationStatus | null>;
  list(signal: AbortSignal): Promise<readonly RelocationStatus[]>;
  probe(network: string, address: string, signal: AbortSignal): Promise<{ readonly heldBy: string | null }>;
  sessions(address: string, signal: AbortSignal): Promise<readonly Session[]>;
  /**
   * The fast path: a guest of this site has begun or ceased to run here. Every relocation of it that is `following`
   * switches now, with no word from another site.
   */
  guestChanged(change: {
    readonly workload: string;
    readonly runsHere: boolean;
    readonly atSeconds: number;
  }): Promise<void>;
}

export interface SiteDns {
  apply(change: DnsChange, signal: AbortSignal): Promise<DnsStatus>;
  observe(change: DnsChange, signal: AbortSignal): Promise<DnsStatus>;
}

export interface SiteBalancers {
  apply(change: BalancerChange, signal: AbortSignal): Promise<BalancerStatus>;
  observe(change: BalancerChange, signal: AbortSignal): Promise<BalancerStatus>;
}

export interface StallLimits {
  /** No byte moved for so long: the path is lost and the local connections are reset. */
  readonly stallSeconds: number;
  /** The same while the transfer is set up. */
  readonly setupStallSeconds: number;
}
