import type { Method, Site, Workload } from '../../topology/resolve/topology.ts';
import type { TransferSettings } from '../plan/plan.ts';
import { reason, type Reason } from '../plan/reasons.ts';
import { isWay, type Candidate, type Template, type Way } from './candidate.ts';
import type { Choosing } from './choosing.ts';
import { hostOf, siteOf } from './fleet.ts';
import { noHost } from './hosts.ts';
import { withoutPostCopy } from './limits.ts';
import { liveModes, modeName, needOf, type Mode } from './modes.ts';
import type { Path } from './paths.ts';
import { budgetSeconds, cappedBy, priced, settingsOf } from './price.ts';
import { methodRules } from './rules/method.ts';
import { pathRules } from './rules/path.ts';
import { isLive, refusals, type MethodAttempt } from './rules/rule.ts';
import { siteRules } from './rules/site.ts';

const methods: readonly Method[] = ['redirect', 'cold', 'routed-live', 'stretched-live'];

export function templateOf(choosing: Choosing, workload: Workload, target: Site): Template {
  const { fleet, leaving } = choosing;
  const source = siteOf(fleet, workload.site);
  const attempt = { fleet, workload, source, target, leaving };
  const atSite = refusals(siteRules, attempt);
  const candidates = methods.flatMap((method) =>
    candidatesOfMethod(choosing, { ...attempt, method }, atSite),
  );
  return {
    site: target,
    ways: candidates.filter(isWay),
    refused: candidates.filter((candidate) => !isWay(candidate)),
  };
}

function candidatesOfMethod(
  choosing: Choosing,
  attempt: MethodAttempt,
  atSite: readonly Reason[],
): readonly Candidate[] {
  const { fleet, workload, source, target, method } = attempt;
  const fitting = choosing.hosts.fitting(fleet, { workload, target, method, hosts: null });
  const against = [
    ...atSite,
    ...refusals(methodRules, attempt),
    ...(fitting.keys.size === 0 ? [noHost(target, fitting.against)] : []),
  ];
  const hypervisor = hostOf(fleet, workload).hypervisor;
  let candidates: readonly Candidate[] = [];
  let least: { readonly path: Path; readonly refusals: readonly Reason[] } | null = null;
  for (const paths of byLength(fleet.paths.between(source.name, target.name))) {
    const open: Path[] = [];
    for (const path of paths) {
      const refused = [...against, ...refusals(pathRules, { ...attempt, path, hypervisor })];
      if (refused.length === 0) open.push(path);
      if (least === null || refused.length < least.refusals.length) least = { path, refusals: refused };
    }
    if (open.length === 0) continue;
    candidates = isLive(method)
      ? liveCandidates(choosing, attempt, open)
      : open.map((path) =>
          priced(choosing, attempt, { path, settings: plainSettings(choosing, workload, path) }),
        );
    if (candidates.some(isWay)) break;
  }
  if (candidates.length > 0) return candidates;
  return [
    unasked(attempt, { path: least?.path ?? null, settings: null, refusals: least?.refusals ?? against }),
  ];
}

/** Paths with the same number of links together, the shortest first: a way round is for when no other will do. */
function byLength(paths: readonly Path[]): readonly (readonly Path[])[] {
  const lengths = [...new Set(paths.map(({ links }) => links.length))].sort((a, b) => a - b);
  return lengths.map((length) => paths.filter(({ links }) => links.length === length));
}

/** What led to a way, to be asked about again. */
export function attemptOf(
  { fleet, leaving }: Choosing,
  workload: Workload,
  { site, method }: Way,
): MethodAttempt {
  const source = siteOf(fleet, workload.site);
  return { fleet, workload, source, target: siteOf(fleet, site), leaving, method };
}

/**
 * The same way over every other path between the two sites that meets the constraints: for the schedule, which takes
 * a way round when the direct one is full.
 */
export function detoursOf(choosing: Choosing, workload: Workload, way: Way): readonly Way[] {
  const { fleet } = choosing;
  const attempt = attemptOf(choosing, workload, way);
  const { source, target } = attempt;
  const hypervisor = hostOf(fleet, workload).hypervisor;
  return fleet.paths
    .between(source.name, target.name)
    .filter((path) => path !== way.path && refusals(pathRules, { ...attempt, path, hypervisor }).length === 0)
    .map((path) => priced(choosing, attempt, { path, settings: cappedBy(way.settings, path) }))
    .filter(isWay);
}

/** Nothing is asked of the estimator: it stands refused, or is not needed. */
function unasked(
  { method, target }: MethodAttempt,
  known: Pick<Candidate, 'path' | 'settings' | 'refusals'>,
): Candidate {
  return { method, site: target.name, estimate: null, effects: null, parts: null, cost: null, ...known };
}

/**
 * Plainest mode first. Streams are tried where one does not fill the path; everything else only where nothing plainer
 * meets the limits, since it buys convergence with the guest's speed or safety.
 */
function liveCandidates(
  choosing: Choosing,
  attempt: MethodAttempt,
  paths: readonly Path[],
): readonly Candidate[] {
  const { hypervisor } = hostOf(choosing.fleet, attempt.workload);
  const candidates: Candidate[] = [];
  const unneeded: Mode[] = [];
  for (const mode of liveModes(budgetSeconds(choosing, attempt.workload))) {
    const isLastResort = needOf(mode) === 'last-resort';
    if (isLastResort && candidates.some(isWay)) {
      unneeded.push(mode);
      continue;
    }
    for (const path of paths) {
      const settings = settingsOf(mode, path);
      const isIdle = needOf(mode) === 'narrow-stream' && fills(choosing, attempt, { path, settings });
      const against = [
        ...(isIdle ? [reason('streams-not-needed')] : []),
        ...(settings.mode !== 'pre-copy' && withoutPostCopy.has(hypervisor)
          ? [reason('post-copy-unsupported', { hypervisor })]
          : []),
      ];
      candidates.push(
        against.length > 0
          ? unasked(attempt, { path, settings, refusals: against })
          : priced(choosing, attempt, { path, settings }),
      );
    }
  }
  if (unneeded.length === 0) return candidates;
  const modes = unneeded.map((mode) => modeName(settingsOf(mode, paths[0]!))).join('; ');
  return [
    ...candidates,
    unasked(attempt, { path: paths[0]!, settings: null, refusals: [reason('mode-not-needed', { modes })] }),
  ];
}

function fills(
  { predictor }: Choosing,
  { workload, target, method }: MethodAttempt,
  { path, settings }: { readonly path: Path; readonly settings: TransferSettings },
): boolean {
  const single = { ...settings, multifdChannels: 0 };
  return predictor.fillsPath({ workload, target: target.name, method, path, settings: single });
}

function plainSettings(choosing: Choosing, workload: Workload, path: Path): TransferSettings {
  const [plain] = liveModes(budgetSeconds(choosing, workload));
  return settingsOf(plain!, path);
}
