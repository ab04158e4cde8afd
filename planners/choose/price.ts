import type { Workload } from '../../topology/resolve/topology.ts';
import type { Estimate } from '../estimate/estimate.ts';
import type { Effects, TransferSettings } from '../plan/plan.ts';
import { reason, type Reason } from '../plan/reasons.ts';
import type { Window } from '../schedule/problem.ts';
import { credentialEnd, deadlinePassed, freezesOf, leadSeconds, windowsOf } from './calendar.ts';
import type { Candidate } from './candidate.ts';
import type { Choosing } from './choosing.ts';
import { costParts, effectsOf, totalCost } from './cost.ts';
import { hostOf, siteToBe } from './fleet.ts';
import { completesProbabilityMin, timeoutOfP90, timeoutSecondsMax, timeoutSecondsMin } from './limits.ts';
import type { Mode } from './modes.ts';
import { wireRatio, type Path } from './paths.ts';
import type { Question } from './predict.ts';
import { rateFloorOf } from './rules/path.ts';
import { isLive, type MethodAttempt } from './rules/rule.ts';

/** A candidate with its estimate, its cost, and what the numbers say against it. */
export function priced(
  choosing: Choosing,
  attempt: MethodAttempt,
  { path, settings }: { readonly path: Path; readonly settings: TransferSettings },
): Candidate {
  const { workload, target, method } = attempt;
  const question = { workload, target: target.name, method, path, settings };
  const estimate = choosing.predictor.quick(question);
  const effects = effectsIn(choosing, attempt, { path, settings, estimate });
  const parts = costParts(effects, workload, choosing.weights);
  return {
    method,
    site: target.name,
    path,
    settings,
    estimate,
    effects,
    parts,
    cost: totalCost(parts),
    refusals: [
      ...rateRefusals(choosing, question),
      ...estimateRefusals(choosing, question, estimate),
      ...calendarRefusals(choosing, attempt, estimate),
    ],
  };
}

/** Alone on its path it may still send less than its hypervisor needs, where window and loss hold its streams back. */
function rateRefusals({ predictor, fleet }: Choosing, question: Question): readonly Reason[] {
  const { workload, method, path } = question;
  const { hypervisor } = hostOf(fleet, workload);
  const limitBitsPerSecond = rateFloorOf(fleet, method, hypervisor);
  if (limitBitsPerSecond === 0 || path.links.length === 0 || predictor.fillsPath(question)) return [];
  const rateBitsPerSecond = predictor.goodputBytesPerSecond(question) * wireRatio(path) * 8;
  return rateBitsPerSecond < limitBitsPerSecond
    ? [reason('alone-too-slow', { rateBitsPerSecond, limitBitsPerSecond, hypervisor })]
    : [];
}

function effectsIn(
  { fleet, leaving }: Choosing,
  { workload, target, method }: MethodAttempt,
  { path, settings, estimate }: Estimated,
): Effects {
  return effectsOf({
    workload,
    method,
    path,
    settings: isLive(method) ? settings : null,
    estimate,
    drainSecondsMax: fleet.runbook.limits.drainSecondsMax,
    peerBytesPerSecond: peersLeftBehind({ fleet, leaving }, workload, target.name),
  });
}

interface Estimated {
  readonly path: Path;
  readonly settings: TransferSettings;
  readonly estimate: Estimate;
}

/** What the estimate says against it: no end, too unsure, too long a pause, too great a risk. */
export function estimateRefusals(
  choosing: Choosing,
  question: Question,
  estimate: Estimate = choosing.predictor.quick(question),
): readonly Reason[] {
  const { workload, path, settings } = question;
  const { predictor, fleet } = choosing;
  const { verdict, completesProbability, pauseSeconds } = estimate;
  const reasons: Reason[] = [];
  const why = (): string => predictor.full(question).why.join('; ');
  if (verdict === 'does-not-converge')
    reasons.push(reason('does-not-converge', { rateBitsPerSecond: path.rateBitsPerSecond, why: why() }));
  else if (verdict === 'not-in-time')
    reasons.push(reason('not-in-time', { timeoutSeconds: settings.timeoutSeconds, why: why() }));
  else if (completesProbability < completesProbabilityMin)
    reasons.push(
      reason('completion-unsure', {
        probabilityRatio: completesProbability,
        neededRatio: completesProbabilityMin,
      }),
    );
  const budget = budgetSeconds(choosing, workload);
  const downtimeSeconds = pauseSeconds?.p90 ?? 0;
  if (downtimeSeconds > budget)
    reasons.push(reason('downtime-over-budget', { downtimeSeconds, budgetSeconds: budget }));
  const risk = postCopyRisk(path, estimate, settings.mode);
  const limit = fleet.runbook.limits.postCopyRiskMax;
  if (risk > limit) reasons.push(reason('post-copy-risk', { riskRatio: risk, limitRatio: limit }));
  return reasons;
}

/** Windows, freezes, credentials, and the time that clients need to learn a new address. */
function calendarRefusals(
  { fleet, calendar }: Choosing,
  { workload, target, method }: MethodAttempt,
  { totalSeconds }: Estimate,
): readonly Reason[] {
  const neededSeconds = totalSeconds?.p90 ?? 0;
  const way = { method, site: target.name };
  const reasons: Reason[] = [];
  if (calendar.startSeconds === null) return reasons;
  const end = credentialEnd(fleet, workload, way) - calendar.startSeconds;
  if (neededSeconds > end)
    reasons.push(
      reason('credential-expires', { site: target.name, afterSeconds: end, endSeconds: neededSeconds }),
    );
  const windowSeconds = longest(windowsOf(fleet, { workload, way }, calendar));
  if (windowSeconds < neededSeconds) {
    const thawed = { ...fleet, runbook: { ...fleet.runbook, freezes: [] } };
    const isFrozen = longest(windowsOf(thawed, { workload, way }, calendar)) >= neededSeconds;
    const freezes = freezesOf(fleet, workload).map(({ name }) => `freeze ${name}`);
    reasons.push(
      isFrozen
        ? reason('frozen', { neededSeconds, windowSeconds, freezes: freezes.join(' with ') })
        : reason('window-too-short', { neededSeconds, windowSeconds }),
    );
  }
  const { deadlineSeconds } = fleet.runbook;
  const lead = leadSeconds(workload, way);
  const left = deadlineSeconds === null ? null : deadlineSeconds - calendar.startSeconds;
  if (left !== null && lead > 0 && lead + neededSeconds > left)
    reasons.push(
      deadlinePassed(fleet.runbook, calendar) ??
        reason('ttl-lead-too-short', { ttlSeconds: lead, neededSeconds, leftSeconds: left }),
    );
  return reasons;
}

/** Of the windows; none: there is no limit. */
function longest(windows: readonly Window[]): number {
  return windows.length === 0
    ? Number.POSITIVE_INFINITY
    : Math.max(...windows.map(({ fromSeconds, toSeconds }) => toSeconds - fromSeconds));
}

/** Probability that the path fails while pages are still to be pulled (Poisson outages, the whole move at P90). */
export function postCopyRisk(
  { outagesPerHour }: Path,
  { totalSeconds }: Pick<Estimate, 'totalSeconds'>,
  mode: TransferSettings['mode'],
): number {
  if (mode === 'pre-copy') return 0;
  return 1 - Math.exp(-outagesPerHour * ((totalSeconds?.p90 ?? 0) / 3600));
}

export function budgetSeconds({ fleet }: Choosing, { downtimeBudgetSeconds }: Workload): number {
  return Math.min(downtimeBudgetSeconds, fleet.runbook.limits.downtimeSecondsMax ?? Number.POSITIVE_INFINITY);
}

/** Nobody else on the path: all that moves may use of it. */
export function settingsOf({ settings }: Mode, path: Path): TransferSettings {
  return cappedBy({ ...settings, maxBandwidthBytesPerSecond: 0, timeoutSeconds: timeoutSecondsMax }, path);
}

export function cappedBy(settings: TransferSettings, path: Path): TransferSettings {
  const payload = Math.floor(path.rateBitsPerSecond / 8 / wireRatio(path));
  return { ...settings, maxBandwidthBytesPerSecond: payload };
}

/** What the hypervisor is told: cancelled when it takes far longer than predicted. */
export function withTimeout(settings: TransferSettings, { totalSeconds }: Estimate): TransferSettings {
  const p90 = totalSeconds?.p90 ?? 0;
  return { ...settings, timeoutSeconds: Math.max(timeoutSecondsMin, Math.ceil(p90 * timeoutOfP90)) };
}

/** Peers that move under the same goal are taken to end beside it. */
function peersLeftBehind(
  { fleet, leaving }: Pick<Choosing, 'fleet' | 'leaving'>,
  { peers }: Workload,
  target: string,
): number {
  return peers.reduce(
    (sum, { workload, bytesPerSecond }) =>
      leaving.has(workload) || siteToBe(fleet, workload) === target ? sum : sum + bytesPerSecond,
    0,
  );
}
