import type { TransferSettings } from '../../planners/plan/plan.ts';
import type {
  CloneSpec,
  GuestState,
  HostDescription,
  TargetSpec,
  TransferOrder,
  TransferProgress,
} from '../site/site.ts';

/**
 * The hypervisor of one host as its site's agent sees it: one driver a kind (simulated, qemu, libvirt), one conformance
 * suite (test/conformance/hypervisors) for all. No claims here: the agent has checked them. Every call is idempotent.
 */
export interface Hypervisor {
  /** Name of the host, unique in its site. A host has at most one copy of a workload. */
  readonly host: string;
  readonly supportsPostCopy: boolean;
  describe(signal: AbortSignal): Promise<HostDescription>;
  guests(signal: AbortSignal): Promise<readonly GuestState[]>;
  inspect(workload: string, signal: AbortSignal): Promise<GuestState>;
  define(workload: string, signal: AbortSignal): Promise<unknown>;
  measureDirty(workload: string, intervalSeconds: number, signal: AbortSignal): Promise<number>;
  prepareTarget(workload: string, spec: TargetSpec, signal: AbortSignal): Promise<{ readonly uri: string }>;
  startTransfer(workload: string, transfer: TransferOrder, signal: AbortSignal): Promise<void>;
  adjustTransfer(workload: string, change: Partial<TransferSettings>, signal: AbortSignal): Promise<void>;
  cancelTransfer(workload: string, signal: AbortSignal): Promise<void>;
  /** Cuts the local data connections, so that a silent WAN cut cannot freeze the guest (`yank`, socket destroy). */
  resetTransfer(workload: string, signal: AbortSignal): Promise<void>;
  resume(workload: string, signal: AbortSignal): Promise<void>;
  discard(workload: string, signal: AbortSignal): Promise<void>;
  shutdown(workload: string, signal: AbortSignal): Promise<void>;
  start(workload: string, spec: TargetSpec, signal: AbortSignal): Promise<void>;
  /**
   * Boots the guests that shall run whenever their host does and are `stopped`, if `mayStart` says so; answers which.
   * Absent where the hypervisor has no such guests.
   */
  autostart?(mayStart: (workload: string) => boolean, signal: AbortSignal): Promise<readonly string[]>;
  /** Absent where the kind of hypervisor has no templates. */
  clone?(workload: string, spec: CloneSpec, signal: AbortSignal): Promise<void>;
  heartbeat(workload: string, signal: AbortSignal): Promise<{ readonly count: number } | null>;
  /** Called the instant a guest's state or transfer status changes; the gateway's fast path hangs on it. */
  onChange(listener: (change: GuestChange) => void): () => void;
  close(): Promise<void>;
}

export interface GuestChange {
  readonly workload: string;
  readonly state: GuestState['state'];
  readonly status: TransferProgress['status'] | null;
  readonly atSeconds: number;
}
