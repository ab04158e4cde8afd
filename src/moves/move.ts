import type { PlannedMove } from '../../planners/plan/plan.ts';
import type { Limits } from '../../topology/resolve/runbook.ts';
import type { Link, Method, Site as SiteModel, Workload } from '../../topology/resolve/topology.ts';
import type { Clock, Log } from '../../topology/world.ts';
import type { Relocation } from '../../gateway/relocation.ts';
import type { Claim, GuestPort, Site, TransferProgress } from '../site/site.ts';
import type { MoveLimits } from './limits.ts';

/**
 * src/moves carries out one planned move: for each method the list of its steps in reading order (routed-live.ts,
 * stretched-live.ts, redirect.ts, cold.ts), the steps themselves (steps/), and the engine that runs such a list against
 * the journal. What a step may know of the world is here.
 */
export interface Move {
  readonly run: string;
  readonly attempt: number;
  readonly method: Method;
  readonly planned: PlannedMove;
  readonly workload: Workload;
  readonly claim: Claim;
  readonly source: MoveEnd;
  readonly target: MoveEnd;
  /** Every site that has name servers, in the order of their names. */
  readonly dnsSites: readonly MoveSite[];
  /** Every site that has load balancers. */
  readonly balancerSites: readonly MoveSite[];
  readonly link: Link | null;
  readonly runLimits: Limits;
  readonly limits: MoveLimits;
  readonly clock: Clock;
  readonly log: Log;
  /** What earlier steps of this move found out; from the journal, also after a crash. */
  readonly facts: MoveFacts;
  /** A line in the journal that nothing depends on. */
  readonly note: (text: string, detail?: Readonly<Record<string, unknown>>) => Promise<void>;
  /** Where the step stands; `ratio` of its own work, 0…1. */
  readonly report: (progress: StepProgress) => void;
}

export interface MoveSite {
  readonly model: SiteModel;
  readonly agent: Omit<Site, 'guests' | 'guestsOn'>;
}

/** Where a copy is: a host. The other end may be another host of the same site, behind the same agent. */
export interface MoveEnd extends MoveSite {
  /** For people: the site; where both ends are at one, the host. */
  readonly name: string;
  readonly guests: GuestPort;
}

export interface StepProgress {
  readonly ratio: number;
  readonly convergence: number | null;
  readonly text: string;
}

/** Plain JSON: kept in the journal with the step that found it out. */
export interface MoveFacts {
  readonly uri?: string;
  readonly definition?: unknown;
  readonly relocations?: readonly RelocationPair[];
  /** Unix seconds: every authoritative server answers the lowered time to live since then. */
  readonly ttlLoweredAtSeconds?: number;
  readonly transfer?: TransferProgress;
  /** What the transfer was changed to on its way, in order. */
  readonly rungs?: readonly string[];
  readonly postCopy?: boolean;
  readonly stoppedAtSeconds?: number;
  readonly resumedAtSeconds?: number;
  readonly pauseSeconds?: number;
  /** Unix seconds: every authoritative server answers the new address since then. */
  readonly dnsNewSinceSeconds?: number;
  readonly drainSinceSeconds?: number;
  /** Keys of sessions that the target's gateway holds for open although they ended before the cut (steps/drain.ts). */
  readonly sessionsOver?: readonly string[];
  readonly drain?: { readonly seconds: number; readonly sessionsReset: number };
}

/**
 * Both halves of one address's relocation, as prepared: where the guest leaves and where it comes. Home again, it is the
 * relocation that it left by: the half where it leaves has the role `target` then (src/moves/phases.ts). */
export interface RelocationPair {
  readonly source: Relocation;
  readonly target: Relocation;
}
