import type { GatewayAgent } from '../../gateway/agent/gateway-agent.ts';
import type { BalancerDriver } from '../../gateway/balancer/driver.ts';
import type { DnsDriver } from '../../gateway/dns/driver.ts';
import type { Clock, Log } from '../../topology/world.ts';
import type { Hypervisor } from '../hypervisors/hypervisor.ts';
import type { ClaimBook } from './claims.ts';

/** What a site agent is put together from; none of the ports knows claims. */
export interface SiteParts {
  readonly name: string;
  readonly hypervisors: readonly Hypervisor[];
  /** Null where the site has no gateway of ours. */
  readonly gateway: SiteGateway | null;
  /** Null where no name server belongs to the site. */
  readonly dns: DnsDriver | null;
  readonly balancers: readonly BalancerDriver[];
  readonly claims: ClaimBook;
  readonly clock: Clock;
  readonly log: Log;
  readonly stall: StallLimits;
}

export interface SiteGateway
  extends Pick<GatewayAgent, 'facts' | 'put' | 'get' | 'list' | 'held' | 'probe' | 'sessions' | 'follow'> {
  /** Null: this gateway cannot tell. */
  answers(address: string, port: number | null, signal: AbortSignal): Promise<boolean | null>;
}

export interface StallLimits {
  /** No byte moved for so long: the path is lost and the local connections are reset. */
  readonly stallSeconds: number;
  /** The same while the transfer is set up. */
  readonly setupStallSeconds: number;
}
