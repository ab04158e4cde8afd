import type { TransferSettings } from '../../../planners/plan/plan.ts';
import type { Disk } from '../../../topology/resolve/topology.ts';
import type { GuestState, TransferOrder, TransferProgress } from '../../site/site.ts';
import type { DirtyCurve } from './dirty.ts';
import type { SimulatedLink } from './link.ts';

/** What the simulated hypervisor knows of a guest; opaque to everyone else. */
export interface Definition {
  readonly memoryBytes: number;
  readonly residentBytes: number;
  readonly machineType: string;
  readonly dirty: DirtyCurve;
  readonly disks: readonly SimulatedDisk[];
  readonly shutdownSeconds: number;
  readonly bootSeconds: number;
  readonly cloneSeconds: number;
  readonly addresses: readonly { readonly network: string; readonly address: string }[];
}

export type SimulatedDisk = Pick<Disk, 'usedBytes' | 'storage' | 'writeBytesPerSecond' | 'seeded'>;

/** One copy of a workload on one host; mutable, it is the world. */
export interface Copy {
  readonly workload: string;
  /** The workload, or for a clone the workload and its site: an identity of its own. */
  readonly identity: string;
  readonly site: string;
  readonly host: string;
  definition: Definition;
  state: GuestState['state'];
  transfer: CopyTransfer | null;
  executedSeconds: number;
  /** So long of it was its boot: until then it neither counts nor answers. */
  bootSeconds: number;
  countedAtSeconds: number;
  stoppedAtSeconds: number | null;
  resumedAtSeconds: number | null;
  isFrozen: boolean;
}

export function blankCopy(workload: string, site: string, host: string): Omit<Copy, 'definition'> {
  return {
    workload,
    identity: workload,
    site,
    host,
    state: 'absent',
    transfer: null,
    executedSeconds: 0,
    bootSeconds: 0,
    countedAtSeconds: 0,
    stoppedAtSeconds: null,
    resumedAtSeconds: null,
    isFrozen: false,
  };
}

/** A migration stream as the copies at its two ends see it. */
export interface CopyTransfer {
  readonly uri: string;
  readonly order: TransferOrder;
  readonly source: Copy;
  readonly target: Copy;
  readonly progress: TransferProgress;
  readonly isOver: boolean;
  readonly rttSeconds: number;
  now(): TransferProgress;
  adjust(change: Partial<TransferSettings>): void;
  break(status: 'failed' | 'cancelled', error: string): void;
  crosses(link: SimulatedLink): boolean;
  feelCut(isCut: boolean): void;
}
