import type { Weights } from '../../topology/resolve/runbook.ts';
import type { Method, Workload } from '../../topology/resolve/topology.ts';
import type { Estimate } from '../estimate/estimate.ts';
import type { Effects, TransferSettings } from '../plan/plan.ts';
import { keepsSegment, sharedDiskBytesPerSecond } from './rules/path.ts';
import type { Path } from './paths.ts';

/** What an option costs, part by part, in the topology's currency. */
export interface CostParts {
  readonly downtime: number;
  readonly sessions: number;
  readonly time: number;
  /** Waiting for links that other moves of the plan fill (choose.ts). */
  readonly queue: number;
  readonly traffic: number;
  readonly money: number;
  readonly trombone: number;
  readonly risk: number;
}

export interface Priced {
  readonly workload: Workload;
  readonly method: Method;
  readonly path: Path;
  readonly settings: TransferSettings | null;
  readonly estimate: Estimate;
  readonly drainSecondsMax: number;
  /** Traffic to peers that will not be at the target. */
  readonly peerBytesPerSecond: number;
}

export function effectsOf(priced: Priced): Effects {
  const { path, estimate } = priced;
  const tromboneBytesPerDay = tromboneBytes(priced);
  return {
    downtimeSeconds: estimate.pauseSeconds?.p50 ?? null,
    sessionsLost: sessionsLost(priced),
    totalSeconds: estimate.totalSeconds?.p50 ?? null,
    wireBytes: estimate.wireBytes.p50,
    money: estimate.wireBytes.p50 * path.pricePerByte,
    tromboneBytesPerDay,
    tromboneSeconds: tromboneBytesPerDay > 0 ? path.rttSeconds : 0,
    riskSteps: riskSteps(priced),
  };
}

/** The effects weighed, before any queue for the links. */
export function costParts(effects: Effects, workload: Workload, weights: Weights): CostParts {
  return {
    downtime: weights.downtimeSecond * downtimeWeight(workload, effects.downtimeSeconds ?? 0),
    sessions: weights.sessionLost * effects.sessionsLost,
    time: weights.moveSecond * (effects.totalSeconds ?? 0),
    queue: 0,
    traffic: weights.gibibyte * (effects.wireBytes / gibibyte),
    money: effects.money,
    trombone: tromboneCost(effects.tromboneBytesPerDay, effects.tromboneSeconds, weights),
    risk: weights.risk * effects.riskSteps,
  };
}

/** The farther it goes, the dearer is a byte that goes there every day. */
export function tromboneCost(bytesPerDay: number, rttSeconds: number, weights: Weights): number {
  return weights.tromboneGibibytePerDay * (bytesPerDay / gibibyte) * (1 + rttSeconds / tromboneRttSeconds);
}

export function totalCost(parts: CostParts): number {
  const { downtime, sessions, time, queue, traffic, money, trombone, risk } = parts;
  return downtime + sessions + time + queue + traffic + money + trombone + risk;
}

const gibibyte = 2 ** 30;
const secondsPerDay = 86_400;
/** A round trip that makes a byte through the old gateway twice as dear: about where people begin to notice. */
const tromboneRttSeconds = 0.1;

/**
 * Seconds of downtime as they are felt. Where sessions may break, downtime far inside the budget hardly matters (it
 * was granted), and the whole budget counts in full: seconds × (seconds ÷ budget)².
 */
function downtimeWeight({ sessions, downtimeBudgetSeconds }: Workload, seconds: number): number {
  if (sessions !== 'may-break' || downtimeBudgetSeconds <= 0) return seconds;
  return seconds * (seconds / downtimeBudgetSeconds) ** 2;
}

/** Sessions cut: all with `cold` (unless they may break), those that outlive the drain with the others. */
function sessionsLost({ workload, method, drainSecondsMax }: Priced): number {
  const { openSessions, sessionSeconds } = workload.traffic;
  if (workload.sessions === 'may-break') return 0;
  if (method === 'cold') return openSessions;
  if (method === 'stretched-live' || sessionSeconds === null || sessionSeconds === 0) return 0;
  return openSessions * Math.exp(-drainSecondsMax / sessionSeconds);
}

/** Traffic that goes over the path because of the move: old gateway, peers and storage left behind, by day. */
function tromboneBytes({ workload, method, path, drainSecondsMax, peerBytesPerSecond }: Priced): number {
  if (path.links.length === 0) return 0;
  const { bytesPerSecond, sessionSeconds } = workload.traffic;
  const toStorage = method === 'redirect' ? 0 : sharedDiskBytesPerSecond(workload);
  const toPeers = (peerBytesPerSecond + toStorage) * secondsPerDay;
  switch (method) {
    case 'stretched-live':
      return toPeers + bytesPerSecond * secondsPerDay;
    case 'routed-live':
      return workload.egressIdentity === 'old'
        ? toPeers + bytesPerSecond * secondsPerDay
        : toPeers + bytesPerSecond * Math.min(sessionSeconds ?? drainSecondsMax, drainSecondsMax);
    case 'redirect':
    case 'cold':
      return toPeers;
  }
}

/**
 * Operational risk in steps of one: what can go wrong and has to be put right by hand. Redirect and cold leave the
 * source untouched until the end; routed-live adds tunnel, mapping and names; a segment stretched for the move joins
 * two failure domains. Modes: each thing that is switched on, and post-copy, which loses the guest with the link.
 */
function riskSteps({ workload, method, path, settings, estimate }: Priced): number {
  const method_ = {
    redirect: 1,
    cold: 1,
    'routed-live': 2,
    'stretched-live': keepsSegment(workload, path) ? 2 : 5,
  }[method];
  const unfinished = (1 - estimate.completesProbability) * unfinishedSteps;
  return method_ + modeRisk(settings) + unfinished;
}

const unfinishedSteps = 5;

function modeRisk(settings: TransferSettings | null): number {
  if (settings === null) return 0;
  const { mode, autoConverge, compress, xbzrleCacheBytes, multifdChannels } = settings;
  return (
    { 'pre-copy': 0, hybrid: 2, 'post-copy': 3 }[mode] +
    (autoConverge ? 0.5 : 0) +
    (compress ? 0.25 : 0) +
    (xbzrleCacheBytes > 0 ? 0.25 : 0) +
    (multifdChannels > 0 ? 0.1 : 0)
  );
}
