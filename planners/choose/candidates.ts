import type { Weights } from '../../topology/resolve/runbook.ts';
import type { Host, Method, Site, Workload } from '../../topology/resolve/topology.ts';
import type { Estimate } from '../estimate/estimate.ts';
import type { TransferSettings } from '../plan/plan.ts';
import { hostCounts, reason, type Reason } from '../plan/reasons.ts';
import { costParts, totalCost, type CostParts } from './cost.ts';
import { hostOf, siteOf, type Fleet } from './fleet.ts';
import { completesProbabilityMin, timeoutOfP90, timeoutSecondsMax, timeoutSecondsMin } from './limits.ts';
import type { Load } from './load.ts';
import { liveModes, type Mode } from './modes.ts';
import { wireRatio, type Path } from './paths.ts';
import type { Predictor } from './predict.ts';
import { hostKey, type Room } from './room.ts';
import { hostRules, roomRules, type HostAttempt } from './rules/host.ts';
import { methodRules } from './rules/method.ts';
import { pathRules } from './rules/path.ts';
import { isLive, refusals, type MethodAttempt } from './rules/rule.ts';
import { siteRules } from './rules/site.ts';

/** What every choice of one plan shares. */
export interface Choosing {
  readonly fleet: Fleet;
  readonly room: Room;
  readonly predictor: Predictor;
  readonly weights: Weights;
  /** What the moves chosen so far put on the links. */
  readonly load: Load;
  /** How much dearer than `moveSecond` a second in a link's queue is: raised when a deadline presses. */
  readonly haste: number;
  /** Workloads that move under this goal. */
  readonly leaving: ReadonlySet<string>;
  /** Hosts that take nothing: the one to be drained. */
  readonly closed: ReadonlySet<string>;
}

/** One way to move one workload, with everything that stands against it. */
export interface Candidate {
  readonly method: Method;
  readonly site: string;
  readonly host: string | null;
  readonly path: Path | null;
  readonly settings: TransferSettings | null;
  readonly estimate: Estimate | null;
  readonly parts: CostParts | null;
  readonly cost: number | null;
  readonly refusals: readonly Reason[];
}

const methods: readonly Method[] = ['redirect', 'cold', 'routed-live', 'stretched-live'];

export function candidatesOf(choosing: Choosing, workload: Workload, target: Site): readonly Candidate[] {
  const { fleet, leaving } = choosing;
  const source = siteOf(fleet, workload.site);
  const attempt = { fleet, workload, source, target, leaving };
  const atSite = refusals(siteRules, attempt);
  return methods.flatMap((method) => candidatesOfMethod(choosing, { ...attempt, method }, atSite));
}

function candidatesOfMethod(
  choosing: Choosing,
  attempt: MethodAttempt,
  atSite: readonly Reason[],
): readonly Candidate[] {
  const { fleet, workload, source, target, method } = attempt;
  const { host, because } = findHost(choosing, attempt);
  const against = [...atSite, ...refusals(methodRules, attempt), ...because];
  const hypervisor = hostOf(fleet, workload).hypervisor;
  const bare = { method, site: target.name, host, settings: null, estimate: null, parts: null, cost: null };
  const paths = fleet.paths.between(source.name, target.name);
  const tried = paths.map((path) => ({
    path,
    refusals: [...against, ...refusals(pathRules, { ...attempt, path, hypervisor })],
  }));
  const open = tried.filter((entry) => entry.refusals.length === 0);
  if (open.length === 0 || host === null) {
    const least = tried.toSorted((a, b) => a.refusals.length - b.refusals.length)[0];
    return [{ ...bare, path: least?.path ?? null, refusals: least?.refusals ?? against }];
  }
  return open.flatMap(({ path }) =>
    isLive(method)
      ? liveCandidates(choosing, attempt, { path, host })
      : [plainCandidate(choosing, attempt, { path, host })],
  );
}

/** The host with the most memory left of those that fit; else how many were refused for what. */
function findHost(
  { fleet, room, closed }: Choosing,
  { workload, target, method }: MethodAttempt,
): { readonly host: string | null; readonly because: readonly Reason[] } {
  const source = { site: workload.site, host: hostOf(fleet, workload) };
  const against: Reason[] = [];
  let best: Host | null = null;
  let bestFree = -1;
  for (const host of target.hosts) {
    const key = hostKey(target.name, host.name);
    const attempt: HostAttempt = { fleet, room, workload, method, source, target: { site: target, host } };
    const found = [
      ...(closed.has(key) || room.isAt(workload.name, key) ? [reason('host-being-drained')] : []),
      ...refusals(hostRules, attempt),
      ...refusals(roomRules, attempt),
    ];
    against.push(...found);
    const free = room.freeMemoryBytes(key);
    if (found.length === 0 && free > bestFree) {
      best = host;
      bestFree = free;
    }
  }
  if (best !== null) return { host: best.name, because: [] };
  return {
    host: null,
    because: [reason('no-host-fits', { site: target.name, counts: hostCounts(against) })],
  };
}

interface Way {
  readonly path: Path;
  readonly host: string;
}

/** Plainest mode first; what adds risk is only asked for where plain pre-copy does not do. */
function liveCandidates(choosing: Choosing, attempt: MethodAttempt, way: Way): readonly Candidate[] {
  const candidates: Candidate[] = [];
  for (const mode of liveModes(budgetSeconds(choosing, attempt.workload))) {
    const settled = candidates.some((candidate) => candidate.refusals.length === 0);
    candidates.push(
      settled
        ? notNeeded(choosing, attempt, { ...way, mode })
        : liveCandidate(choosing, attempt, { ...way, mode }),
    );
  }
  return candidates;
}

function liveCandidate(
  choosing: Choosing,
  attempt: MethodAttempt,
  { path, host, mode }: Way & { readonly mode: Mode },
): Candidate {
  const settings = settingsOf(mode, path);
  return priced(choosing, attempt, { path, host, settings });
}

function notNeeded(
  _choosing: Choosing,
  { method, target }: MethodAttempt,
  { path, host, mode }: Way & { readonly mode: Mode },
): Candidate {
  return {
    method,
    site: target.name,
    host,
    path,
    settings: settingsOf(mode, path),
    estimate: null,
    parts: null,
    cost: null,
    refusals: [reason('mode-not-needed', { mode: mode.name })],
  };
}

function plainCandidate(choosing: Choosing, attempt: MethodAttempt, { path, host }: Way): Candidate {
  const [plain] = liveModes(budgetSeconds(choosing, attempt.workload));
  return priced(choosing, attempt, { path, host, settings: settingsOf(plain!, path) });
}

function priced(
  choosing: Choosing,
  { workload, target, method }: MethodAttempt,
  { path, host, settings }: Way & { readonly settings: TransferSettings },
): Candidate {
  const { fleet, predictor, weights } = choosing;
  const estimate = predictor.estimate({ workload, target: target.name, method, path, settings });
  const against = estimateRefusals(choosing, workload, { path, estimate, settings });
  const parts = costParts(
    {
      workload,
      method,
      path,
      settings: isLive(method) ? settings : null,
      estimate,
      drainSecondsMax: fleet.runbook.limits.drainSecondsMax,
      peerBytesPerSecond: peersLeftBehind(choosing, workload, target.name),
      waitSeconds: choosing.load.waitSeconds(path) * choosing.haste,
    },
    weights,
  );
  return {
    method,
    site: target.name,
    host,
    path,
    settings: withTimeout(settings, estimate),
    estimate,
    parts,
    cost: totalCost(parts),
    refusals: against,
  };
}

/** What the estimate says against it: no end, too unsure, too long a pause, too great a risk. */
export function estimateRefusals(
  choosing: Choosing,
  workload: Workload,
  {
    path,
    estimate,
    settings,
  }: {
    readonly path: Path;
    readonly estimate: Estimate;
    readonly settings: TransferSettings;
  },
): readonly Reason[] {
  const reasons: Reason[] = [];
  const why = estimate.why.join('; ') || 'no reason given';
  if (estimate.verdict === 'does-not-converge')
    reasons.push(reason('does-not-converge', { rateBitsPerSecond: path.rateBitsPerSecond, why }));
  else if (estimate.verdict === 'not-in-time')
    reasons.push(reason('not-in-time', { timeoutSeconds: settings.timeoutSeconds, why }));
  else if (estimate.completesProbability < completesProbabilityMin)
    reasons.push(
      reason('completion-unsure', {
        probabilityRatio: estimate.completesProbability,
        neededRatio: completesProbabilityMin,
      }),
    );
  const budget = budgetSeconds(choosing, workload);
  const downtimeSeconds = estimate.pauseSeconds?.p90 ?? 0;
  if (downtimeSeconds > budget)
    reasons.push(reason('downtime-over-budget', { downtimeSeconds, budgetSeconds: budget }));
  const risk = postCopyRisk(path, estimate, settings);
  const limit = choosing.fleet.runbook.limits.postCopyRiskMax;
  if (risk > limit) reasons.push(reason('post-copy-risk', { riskRatio: risk, limitRatio: limit }));
  return reasons;
}

/** Probability that the path fails while pages are still to be pulled (Poisson outages, the whole move at P90). */
function postCopyRisk(path: Path, estimate: Estimate, { mode }: TransferSettings): number {
  if (mode === 'pre-copy') return 0;
  const hours = (estimate.totalSeconds?.p90 ?? 0) / 3600;
  return 1 - Math.exp(-path.outagesPerHour * hours);
}

function budgetSeconds({ fleet }: Choosing, { downtimeBudgetSeconds }: Workload): number {
  const most = fleet.runbook.limits.downtimeSecondsMax;
  return most === null ? downtimeBudgetSeconds : Math.min(downtimeBudgetSeconds, most);
}

/** Nobody else on the path: all that moves may use of it. */
function settingsOf({ settings }: Mode, path: Path): TransferSettings {
  const payload = Math.floor(path.rateBitsPerSecond / 8 / wireRatio(path));
  return { ...settings, maxBandwidthBytesPerSecond: payload, timeoutSeconds: timeoutSecondsMax };
}

export function withTimeout(settings: TransferSettings, { totalSeconds }: Estimate): TransferSettings {
  const p90 = totalSeconds?.p90 ?? 0;
  return { ...settings, timeoutSeconds: Math.max(timeoutSecondsMin, Math.ceil(p90 * timeoutOfP90)) };
}

/** Peers that move under the same goal are taken to end beside it. */
function peersLeftBehind({ fleet, leaving }: Choosing, { peers }: Workload, target: string): number {
  return peers.reduce(
    (sum, { workload, bytesPerSecond }) =>
      leaving.has(workload) || fleet.workloads.get(workload)?.site === target ? sum : sum + bytesPerSecond,
    0,
  );
}
