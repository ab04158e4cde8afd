/**
 * The gateway's declarative interface: `PUT /relocations/:id` with the desired state, `GET` for the observed one.
 * One relocation is one guest address that moves; each of its two sites holds its own half (`role`).
 *
 *   phase       source                                        target
 *   absent      nothing of ours                               nothing of ours
 *   prepared    tunnel, dormant proxy ARP                     tunnel, gateway MAC, 1:1 map, policy routes, proxy ARP
 *   following   prepared; neighbours send through it; the     prepared; packets are parked; flushed to the guest's
 *               agent itself switches the moment its guest    card the moment it is complete here
 *               stops, and back if it runs here again
 *   switched    old address routed into the tunnel            old address delivered to the guest
 *   settled     tunnel gone; the old address quarantined      tunnel gone; the 1:1 map stays while the guest holds the
 *                                                             old address inside
 *   returning   old address in the tunnel, until the agent    delivered, until the agent sees its guest stop; then
 *               sees its guest run here; what comes out of    both addresses in the tunnel, at once
 *               the tunnel is delivered, answers go back
 *   returned    the guest is at home; the same                both addresses in the tunnel
 *
 * Away and home again: absent → prepared → following → switched → settled → returning → returned → absent.
 */
export type RelocationPhase =
  | 'absent'
  | 'prepared'
  | 'following'
  | 'switched'
  | 'settled'
  | 'returning'
  | 'returned';

/** The agent itself switches the moment its guest stops or runs. */
export const followsGuest = (phase: RelocationPhase): boolean =>
  phase === 'following' || phase === 'returning';

/** The guest goes back to where its inner address lives. */
export const isReturn = (phase: RelocationPhase): boolean => phase === 'returning' || phase === 'returned';

export interface Relocation {
  readonly id: string;
  readonly role: 'source' | 'target';
  readonly phase: RelocationPhase;
  readonly workload: string;
  readonly guest: {
    readonly mac: string;
    readonly oldAddress: string;
    readonly newAddress: string;
    /** How the guest got the old address: 'dhcp' is refused, as its renewals would fail at the target. */
    readonly origin: 'static' | 'dhcp';
  };
  /** The subnet the guest believes it is in. */
  readonly oldSubnet: {
    readonly subnet: string;
    readonly defaultGateway: string;
    readonly defaultGatewayMac: string;
  };
  /** This site's network: at the source the old subnet's, at the target the one of the new address. */
  readonly network: string;
  /** The other site, and its gateway's address on the WAN, the tunnel's far end. */
  readonly peer: { readonly site: string; readonly address: string };
  /**
   * Where the guest will run, until the cut: sessions that are open where it runs, to be handed to connection tracking.
   * Put again with a fresher list, only what is new in it is handed over.
   */
  readonly sessions: readonly Session[];
  /**
   * Source, settled: until then (Unix seconds) the gateway holds the old address, so that no newcomer takes it, and
   * refuses what still comes for it. Null: until the relocation is absent.
   */
  readonly quarantineUntilSeconds: number | null;
}

/** One conntrack flow in the direction of its first packet, with the addresses that the guest sees. */
export interface Session {
  readonly protocol: 'tcp' | 'udp';
  readonly sourceAddress: string;
  readonly targetAddress: string;
  readonly sourcePort: number;
  readonly targetPort: number;
  /** conntrack's TCP state; null for others. */
  readonly state: string | null;
  readonly timeoutSeconds: number;
}

export interface RelocationStatus {
  readonly id: string;
  readonly role: Relocation['role'];
  readonly desired: RelocationPhase;
  /** The kernel holds exactly the desired objects; else what is missing or too much, in words. */
  readonly converged: boolean;
  readonly differences: readonly string[];
  /** Where this gateway sends the old address now. */
  readonly carries: 'local' | 'tunnel' | 'parked' | 'nothing';
  /**
   * Flows of the old address that are still open (TIME_WAIT and CLOSE are not counted). Source: while the guest is here,
   * to be handed over; from the switch on the target counts, through which all of them pass. On the way back the target
   * has them to hand over, and afterwards counts those that know the guest by its new address.
   */
  readonly sessions: readonly Session[];
  /** Unix seconds of the last new flow to the old address that came through here; null: none seen. */
  readonly lastNewSessionSeconds: number | null;
  readonly switchedAtSeconds: number | null;
}

/** What a site's gateway tells about itself: needed to fill in a Relocation. */
export interface GatewayFacts {
  /** Address of its tunnel end on the WAN. */
  readonly tunnelAddress: string;
  readonly networks: readonly { readonly name: string; readonly defaultGatewayMac: string }[];
}
