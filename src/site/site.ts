import type { TransferSettings } from '../../planners/plan/plan.ts';
import type { GatewayFacts, Relocation, RelocationStatus, Session } from '../../gateway/relocation.ts';
import type { BalancerChange, BalancerStatus } from '../../gateway/balancer/change.ts';
import type { DnsChange, DnsStatus } from '../../gateway/dns/change.ts';

/**
 * What a worker can ask of one site. The site agent implements it in process (src/site/agent.ts); src/site/client.ts
 * is the same interface over HTTP. Every call that changes something carries a claim, and an agent that has seen a
 * higher epoch of that workload refuses with LH_EPOCH_STALE. Every call is idempotent: it looks before it acts, and
 * asking twice for what is already so changes nothing. Every call ends: the signal carries the caller's deadline.
 */
export interface Site {
  readonly name: string;
  describe(signal: AbortSignal): Promise<SiteDescription>;
  /**
   * Remembers the claim's epoch, durably: from the moment it answers every call with a lower one is refused. A worker
   * that takes a move over does this first, so that a call of its predecessor still under way can no longer act.
   */
  acknowledge(claim: Claim, signal: AbortSignal): Promise<void>;
  /** Of all its hosts; of two copies of one workload the one that runs is meant. */
  readonly guests: GuestPort;
  /** The same for one host alone, for a guest that moves from host to host of the site. */
  guestsOn(host: string): GuestPort;
  readonly relocations: RelocationPort;
  readonly dns: DnsPort;
  /** Null where the site has no load balancer. */
  readonly balancers: BalancerPort | null;
}

/** The right to act on a workload; epochs only grow (design §7). */
export interface Claim {
  readonly workload: string;
  readonly epoch: number;
  readonly run: string;
}

export interface SiteDescription {
  readonly name: string;
  readonly hosts: readonly HostDescription[];
  readonly guests: readonly GuestState[];
  /** Null where the site has no gateway of ours. */
  readonly gateway: GatewayFacts | null;
}

export interface HostDescription {
  readonly name: string;
  readonly hypervisor: string;
  readonly memoryBytesFree: number;
  readonly machineTypes: readonly string[];
  readonly supportsPostCopy: boolean;
}

/**
 * One copy of a workload as its hypervisor sees it.
 *
 *   absent ── prepareTarget ─▶ incoming ── stream ends ─▶ loaded ── resume ─▶ running
 *   running ── startTransfer ─▶ running (transfer active) ── all sent ─▶ sent ── discard ─▶ absent
 *   running ── shutdown ─▶ stopped ── start ─▶ running
 */
export interface GuestState {
  readonly workload: string;
  readonly host: string;
  readonly state: 'absent' | 'running' | 'paused' | 'incoming' | 'loaded' | 'sent' | 'stopped' | 'failed';
  readonly transfer: TransferProgress | null;
  readonly memoryBytes: number;
  readonly residentBytes: number | null;
  readonly machineType: string;
}

export interface TransferProgress {
  readonly status: 'setup' | 'active' | 'post-copy' | 'switchover' | 'completed' | 'failed' | 'cancelled';
  readonly elapsedSeconds: number;
  readonly transferredBytes: number;
  readonly remainingBytes: number;
  readonly totalBytes: number;
  readonly bytesPerSecond: number;
  readonly dirtyBytesPerSecond: number;
  readonly passes: number;
  readonly throttleRatio: number;
  /** QEMU `downtime`, `setup-time`; null until known. */
  readonly downtimeSeconds: number | null;
  readonly setupSeconds: number | null;
  readonly normalPages: number;
  readonly zeroPages: number;
  readonly postcopyRequests: number;
  /** When the guest stopped here (source), or ran here (target), in Unix seconds of that site's clock. */
  readonly stoppedAtSeconds: number | null;
  readonly resumedAtSeconds: number | null;
  readonly error: string | null;
}

/**
 * What a transfer carries: `guest` is memory and every disk that is not shared, while the guest runs; `disks` (cold)
 * is only those disks: copied while the guest runs, then in passes over what it wrote; it completes when the guest is
 * `stopped` and the rest is there, which leaves the source `sent` and the target `loaded`.
 */
export type TransferContent = 'guest' | 'disks';

/** How the target is to be built; all that the source's description knows and the target needs. */
export interface TargetSpec {
  readonly host: string;
  readonly content: TransferContent;
  readonly settings: TransferSettings;
  /** Which network of this site each network card is plugged into; a card not listed keeps its network's name. */
  readonly nics: readonly { readonly mac: string; readonly network: string }[];
  /** The source hypervisor's own description of the guest (opaque to everyone but the drivers). */
  readonly definition: unknown;
}

export interface TransferOrder {
  readonly uri: string;
  readonly content: TransferContent;
  readonly settings: TransferSettings;
  /** Links that the plan keeps a rate on for it, in order. Carrying it over them is up to the sites' routing. */
  readonly links?: readonly string[];
}

export interface CloneSpec {
  readonly host: string;
  readonly template: string;
  /** The clone's own addresses, one a network of the target site. */
  readonly addresses: readonly { readonly network: string; readonly address: string }[];
  /** How what it is made from gets there; none: it is there. */
  readonly image?: { readonly links: readonly string[]; readonly maxBandwidthBytesPerSecond: number };
}

export interface GuestPort {
  inspect(workload: string, signal: AbortSignal): Promise<GuestState>;
  /** The hypervisor's description of a guest, to be handed to the target's `prepareTarget`. */
  define(workload: string, signal: AbortSignal): Promise<unknown>;
  /** Distinct bytes dirtied per second over each interval; QEMU `calc-dirty-rate`, one after the other. */
  measureDirty(
    workload: string,
    intervalsSeconds: readonly number[],
    signal: AbortSignal,
  ): Promise<readonly { readonly seconds: number; readonly bytesPerSecond: number }[]>;

  /** Target: started paused, waiting for the stream. Answers where the source shall send it. */
  prepareTarget(claim: Claim, spec: TargetSpec, signal: AbortSignal): Promise<{ readonly uri: string }>;
  /** Source: begin (or find begun) the transfer; returns at once. */
  startTransfer(claim: Claim, transfer: TransferOrder, signal: AbortSignal): Promise<void>;
  /**
   * Source: change of course while it runs. `mode: 'post-copy'` begins post-copy: the guest stops here, the target
   * becomes `loaded`, waits for `resume`, then pulls the pages that are still missing.
   */
  adjustTransfer(claim: Claim, change: Partial<TransferSettings>, signal: AbortSignal): Promise<void>;
  /**
   * Answers when the guest's state or transfer status differs from `seen`, or `waitSeconds` have passed: one call in
   * flight instead of a poll for each change.
   */
  watch(
    workload: string,
    seen: {
      readonly state: GuestState['state'];
      readonly status: TransferProgress['status'] | null;
      readonly waitSeconds: number;
    },
    signal: AbortSignal,
  ): Promise<GuestState>;
  /**
   * Source, before the point of no return: stop the transfer; the guest runs on here, also from `sent`. A guest that
   * was shut down stays `stopped`. Cuts the stream's local connections, so that a silent WAN cannot hold it.
   */
  cancelTransfer(claim: Claim, signal: AbortSignal): Promise<GuestState>;
  /** Target: the point of no return. Only from `loaded`. */
  resume(claim: Claim, signal: AbortSignal): Promise<GuestState>;
  /**
   * Remove a copy that does not run (`incoming`, `loaded`, `sent`, `stopped`, `failed`); refuses a running one. What
   * was discarded here comes back only by a claim with a higher epoch (also not by autostart).
   */
  discard(claim: Claim, signal: AbortSignal): Promise<void>;
  /** In good order; the copy stays here as `stopped` and is not started again by autostart. */
  shutdown(claim: Claim, signal: AbortSignal): Promise<GuestState>;
  /**
   * Boots: from `stopped` (back at the source), from `loaded` (the target of a `disks` transfer: the point of no
   * return), from `absent` only where every disk of the definition is shared; otherwise it refuses, as the guest would
   * find empty disks.
   */
  start(claim: Claim, spec: TargetSpec, signal: AbortSignal): Promise<GuestState>;
  /** Redirect: a fresh copy from the template, `absent` → `running`; an identity of its own beside the source. */
  clone(claim: Claim, spec: CloneSpec, signal: AbortSignal): Promise<GuestState>;
  /** The guest's own counter (heartbeat), read twice by evidence; null where the guest shows none. */
  heartbeat(workload: string, signal: AbortSignal): Promise<{ readonly count: number } | null>;
}

/** The gateway's declarative interface (design §8). */
export interface RelocationPort {
  put(claim: Claim, relocation: Relocation, signal: AbortSignal): Promise<RelocationStatus>;
  get(id: string, signal: AbortSignal): Promise<RelocationStatus | null>;
  list(signal: AbortSignal): Promise<readonly RelocationStatus[]>;
  /** The workload's relocations as they were put last, without their sessions. */
  held(workload: string, signal: AbortSignal): Promise<readonly Relocation[]>;
  /** Is the address free on that network? ARP probe (RFC 5227 §2.1.1); who answers otherwise. */
  probe(network: string, address: string, signal: AbortSignal): Promise<{ readonly heldBy: string | null }>;
  /** Flows of an address that are open through this gateway, relocated or not (TIME_WAIT and CLOSE do not count). */
  sessions(address: string, signal: AbortSignal): Promise<readonly Session[]>;
  /**
   * Does the address answer a client that comes through this gateway? A TCP handshake with `port`, an ICMP echo where
   * it is null. Null: this gateway cannot tell.
   */
  answers(address: string, port: number | null, signal: AbortSignal): Promise<boolean | null>;
}

export interface DnsPort {
  /** Converge the zones this site's agent owns; answers what every authoritative server now says. */
  apply(claim: Claim, change: DnsChange, signal: AbortSignal): Promise<DnsStatus>;
  observe(change: DnsChange, signal: AbortSignal): Promise<DnsStatus>;
}

export interface BalancerPort {
  /** Converge the balancers this site's agent owns; a pool that none of them has is converged with no members. */
  apply(claim: Claim, change: BalancerChange, signal: AbortSignal): Promise<BalancerStatus>;
  observe(change: BalancerChange, signal: AbortSignal): Promise<BalancerStatus>;
}
