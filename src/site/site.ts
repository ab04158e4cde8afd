import type { TransferSettings } from '../../planners/plan/plan.ts';
import type { GatewayFacts, Relocation, RelocationStatus } from '../../gateway/relocation.ts';
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
  readonly guests: GuestPort;
  readonly relocations: RelocationPort;
  readonly dns: DnsPort;
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

/** How the target is to be built; all that the source's description knows and the target needs. */
export interface TargetSpec {
  readonly host: string;
  readonly settings: TransferSettings;
  /** The source hypervisor's own description of the guest (opaque to everyone but the drivers). */
  readonly definition: unknown;
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
  startTransfer(
    claim: Claim,
    transfer: { readonly uri: string; readonly settings: TransferSettings },
    signal: AbortSignal,
  ): Promise<void>;
  /** Source: change of course while it runs. */
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
  /** Source, before the point of no return: stop the transfer, the guest runs on here. */
  cancelTransfer(claim: Claim, signal: AbortSignal): Promise<GuestState>;
  /** Target: the point of no return. Only from `loaded`. */
  resume(claim: Claim, signal: AbortSignal): Promise<GuestState>;
  /** Remove a copy that does not run (`incoming`, `loaded`, `sent`, `stopped`, `failed`); refuses a running one. */
  discard(claim: Claim, signal: AbortSignal): Promise<void>;
  /** Cold: shut down in good order, then start at the target. */
  shutdown(claim: Claim, signal: AbortSignal): Promise<GuestState>;
  start(claim: Claim, spec: TargetSpec, signal: AbortSignal): Promise<GuestState>;
  /** The guest's own counter (heartbeat), read twice by evidence; null where the guest shows none. */
  heartbeat(workload: string, signal: AbortSignal): Promise<{ readonly count: number } | null>;
}

/** The gateway's declarative interface (design §8). */
export interface RelocationPort {
  put(claim: Claim, relocation: Relocation, signal: AbortSignal): Promise<RelocationStatus>;
  get(id: string, signal: AbortSignal): Promise<RelocationStatus | null>;
  list(signal: AbortSignal): Promise<readonly RelocationStatus[]>;
  /** Is the address free on that network? ARP probe (RFC 5227 §2.1.1); who answers otherwise. */
  probe(network: string, address: string, signal: AbortSignal): Promise<{ readonly heldBy: string | null }>;
}

export interface DnsPort {
  /** Converge the zones this site's agent owns; answers what every authoritative server now says. */
  apply(claim: Claim, change: DnsChange, signal: AbortSignal): Promise<DnsStatus>;
  observe(change: DnsChange, signal: AbortSignal): Promise<DnsStatus>;
}
