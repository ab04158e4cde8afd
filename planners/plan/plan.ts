import type { Runbook } from '../../topology/resolve/runbook.ts';
import type { Method, Topology } from '../../topology/resolve/topology.ts';
import type { MoveUnderWay } from '../choose/under-way.ts';
import type { Estimate, Quantiles } from '../estimate/estimate.ts';
import type { Reason } from './reasons.ts';

/** A planner never returns a bare choice. */
export interface Decision<T> {
  readonly chosen: T;
  readonly because: readonly Reason[];
  readonly rejected: readonly { readonly option: T; readonly because: readonly Reason[] }[];
}

/** Migration settings that a hypervisor driver sets; units as in the name. */
export interface TransferSettings {
  readonly mode: 'pre-copy' | 'post-copy' | 'hybrid';
  /** Null: unlimited. QEMU `max-bandwidth`. */
  readonly maxBandwidthBytesPerSecond: number | null;
  /** QEMU `downtime-limit`. */
  readonly downtimeLimitSeconds: number;
  readonly autoConverge: boolean;
  readonly xbzrleCacheBytes: number;
  /** QEMU `multifd-channels`; 0: multifd off. */
  readonly multifdChannels: number;
  readonly compress: boolean;
  /** Cancelled then. */
  readonly timeoutSeconds: number;
}

/** What tuning changes, and nothing else. */
export type LimitAndCap = Partial<
  Pick<TransferSettings, 'downtimeLimitSeconds' | 'maxBandwidthBytesPerSecond'>
>;

/** What an option costs and leaves behind beside its estimate, each as most probable (P50). */
export interface Effects {
  /** Pause of a live move, shutdown to boot of a cold one; null where the move never ends. */
  readonly downtimeSeconds: number | null;
  readonly sessionsLost: number;
  readonly totalSeconds: number | null;
  readonly wireBytes: number;
  /** In the topology's currency. */
  readonly money: number;
  /** Through the old gateway, to peers and to storage left behind, by day. */
  readonly tromboneBytesPerDay: number;
  /** What that way adds to a round trip. */
  readonly tromboneSeconds: number;
  /** Operational risk: about how many things would have to be put right by hand. */
  readonly riskSteps: number;
}

/** One way to move (or 'stay'). */
export interface MoveOption {
  readonly method: Method | 'stay';
  readonly target: { readonly site: string; readonly host: string } | null;
  /** Names of the links it takes, in order. */
  readonly path: readonly string[];
  /** Null where nothing is sent (redirect, stay); `cold` sends disks under the same rate cap. */
  readonly settings: TransferSettings | null;
  readonly estimate: Estimate | null;
  /** Null where nothing was estimated. */
  readonly effects: Effects | null;
  readonly cost: number | null;
}

/** What the run does when the prediction fails, tried in order. */
export interface LadderRung {
  readonly action: 'untune' | 'throttle' | 'post-copy' | 'pause-within-budget' | 'cold' | 'leave';
  readonly when: Reason;
  /** With `untune` only: the settings that tuning changed, as they were before. */
  readonly change?: LimitAndCap;
}

/** The address part of a move; absent parts are not touched. */
export interface AddressChange {
  readonly network: string;
  readonly oldAddress: string;
  /** Never null with `routed-live`. */
  readonly mac: string | null;
  readonly newNetwork: string;
  readonly newAddress: string;
}

export interface NameChange {
  readonly name: string;
  readonly ttlSeconds: number;
  /** While the move is near. */
  readonly loweredTtlSeconds: number;
}

export interface PlannedMove {
  readonly workload: string;
  readonly source: { readonly site: string; readonly host: string };
  readonly decision: Decision<MoveOption>;
  readonly ladder: readonly LadderRung[];
  /** The smallest changes that would change the answer. */
  readonly sensitivity: readonly Reason[];
  readonly wave: number;
  /** When it is expected to start, in seconds after the start of the run. */
  readonly startSeconds: number;
  /** It may start when those in `after` have ended and this time has come, which can be before `startSeconds`. */
  readonly notBeforeSeconds: number;
  readonly endSeconds: Quantiles;
  readonly reservations: readonly { readonly link: string; readonly bytesPerSecond: number }[];
  /** Of those in `after`, the ones without whose success it cannot move: dependencies, and room they leave. */
  readonly needs: readonly string[];
  /** Moves that must have ended before: those it needs, and those whose rate, place or room it takes over. */
  readonly after: readonly string[];
  readonly addresses: readonly AddressChange[];
  readonly names: readonly NameChange[];
}

/** A workload that stays, and why. */
export interface Stay {
  readonly workload: string;
  readonly because: readonly Reason[];
  /** What would have been chosen, and all that was looked at; null where nothing had to be. */
  readonly decision: Decision<MoveOption> | null;
  /** The smallest changes with which it would move. */
  readonly sensitivity: readonly Reason[];
}

/** Where a new copy could start. */
export interface PlaceOption {
  readonly site: string;
  readonly host: string | null;
  /** Running it there for a day and talking to its peers from there; null: it cannot. */
  readonly cost: number | null;
  readonly effects: PlaceEffects | null;
}

/** What a day of a new copy comes to. */
export interface PlaceEffects {
  /** Its share of the host, and the traffic to its peers, in the topology's currency. */
  readonly moneyPerDay: number;
  readonly peerBytesPerDay: number;
  /** Round trip to the farthest of its peers. */
  readonly peerSeconds: number;
}

/** A new copy that is started where it is to be, instead of one that moves. */
export interface Placement {
  readonly name: string;
  /** The workload that it is a copy of. */
  readonly workload: string;
  readonly addresses: readonly { readonly network: string; readonly address: string }[];
  /** Nothing is chosen where it can run nowhere. */
  readonly decision: Omit<Decision<PlaceOption>, 'chosen'> & { readonly chosen: PlaceOption | null };
  /** From the order until it serves, all copies of the plan made at once; null: it has no template. */
  readonly readySeconds: Quantiles | null;
  /** It is drained and taken back when the load falls below this; null: it is to stay. */
  readonly takeBackRatio: number | null;
}

/** Goals that come back: when to plan again, and where things will have to be. */
export interface Recurrence {
  readonly next: readonly Round[];
  readonly cooldownSeconds: number;
}

/** One transition of a goal that comes back. */
export interface Round {
  /** Unix seconds. */
  readonly atSeconds: number;
  readonly site: string;
  readonly staySeconds: number;
  /** Of disks: what will have changed since they were last there; memory comes on top. */
  readonly deltaBytes: number;
  /** Why it is left out; null: it is to be planned then. */
  readonly skipped: Reason | null;
}

export interface Plan {
  readonly format: 'longhaul-plan/1';
  /** SHA-256 of the key-sorted JSON without `hash`, in hex. */
  readonly hash: string;
  readonly name: string;
  readonly topology: Topology;
  readonly runbook: Runbook;
  readonly model: { readonly id: string; readonly fittedTo: string };
  /** Unix seconds at which the plan assumes to be started; null when nothing in it depends on that. */
  readonly startSeconds: number | null;
  readonly verdict: 'feasible' | 'infeasible-proven' | 'none-found';
  readonly moves: readonly PlannedMove[];
  /** How much dearer time was made than the weights say, because the deadline would have been missed; 1: not. */
  readonly hasteRatio: number;
  /** Workloads that the goal names and that stay. */
  readonly stays: readonly Stay[];
  /** Goals `place` and `burst`. */
  readonly placements: readonly Placement[];
  readonly recurrence: Recurrence | null;
  /** What the goal comes to beyond its moves: hosts freed, load levelled, copies started, hours earned. */
  readonly outcome: readonly Reason[];
  /** Where not everything moves in time: the changes that would help, the cheapest first. */
  readonly changes: readonly Reason[];
  readonly makespan: {
    /** With every move at its P50, as placed. */
    readonly scheduledSeconds: number;
    /** Of the whole fleet, links' errors shared. */
    readonly p50Seconds: number;
    readonly p90Seconds: number;
    /** No schedule of these moves can be done sooner; to be held beside `scheduledSeconds`. */
    readonly lowerBoundSeconds: number;
  };
  /** Of the moves of this plan, in Unix seconds; null without a deadline, and where nothing moves. */
  readonly latestSafeStartSeconds: number | null;
  /** How many workloads it leaves out, or why there is none; null: it is that of all, or nothing asks for one. */
  readonly latestSafeStartBecause: Reason | null;
  readonly links: readonly {
    readonly link: string;
    /** Steps of a curve: from `atSeconds` on so much is reserved. */
    readonly use: readonly { readonly atSeconds: number; readonly bytesPerSecond: number }[];
    readonly usableBytesPerSecond: number;
    /** What moves may use, over time: the calendar's caps, less what other runs take. */
    readonly capacity: readonly { readonly atSeconds: number; readonly bytesPerSecond: number }[];
    /** What other runs take; absent where that is nothing. */
    readonly underWay?: readonly { readonly atSeconds: number; readonly bytesPerSecond: number }[];
  }[];
  /** Moves of other runs that were not over when it was made; absent where there were none, or nobody asked. */
  readonly underWay?: readonly MoveUnderWay[];
  readonly warnings: readonly Reason[];
}
