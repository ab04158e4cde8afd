import type { Method, Site, Workload } from '../../topology/resolve/topology.ts';
import type { TransferSettings } from '../plan/plan.ts';
import { reason, type Reason } from '../plan/reasons.ts';
import type { Candidate } from './candidate.ts';
import type { Choosing } from './choosing.ts';
import { hostOf, siteOf } from './fleet.ts';
import { liveModes, type Mode, needOf } from './modes.ts';
import type { Path } from './paths.ts';
import { budgetSeconds, priced, settingsOf } from './price.ts';
import { methodRules } from './rules/method.ts';
import { pathRules } from './rules/path.ts';
import { isLive, refusals, type MethodAttempt } from './rules/rule.ts';
import { siteRules } from './rules/site.ts';

const methods: readonly Method[] = ['redirect', 'cold', 'routed-live', 'stretched-live'];

export interface Wanted {
  readonly target: Site;
  /** Keys of the only hosts that will do; null: any. */
  readonly hosts: ReadonlySet<string> | null;
}

/** Every way to bring one workload to one site. */
export function candidatesOf(choosing: Choosing, workload: Workload, wanted: Wanted): readonly Candidate[] {
  const { fleet, leaving } = choosing;
  const { target, hosts } = wanted;
  const source = siteOf(fleet, workload.site);
  const attempt = { fleet, workload, source, target, leaving, hosts };
  const atSite = refusals(siteRules, attempt);
  return methods.flatMap((method) => candidatesOfMethod(choosing, { ...attempt, method }, atSite));
}

function candidatesOfMethod(
  choosing: Choosing,
  attempt: MethodAttempt,
  atSite: readonly Reason[],
): readonly Candidate[] {
  const { fleet, workload, source, target, method } = attempt;
  const found = choosing.hosts.find(choosing, attempt);
  const against = [...atSite, ...refusals(methodRules, attempt), ...found.because];
  const hypervisor = hostOf(fleet, workload).hypervisor;
  const tried = fleet.paths.between(source.name, target.name).map((path) => ({
    path,
    refusals: [...against, ...refusals(pathRules, { ...attempt, path, hypervisor })],
  }));
  const open = tried.filter((entry) => entry.refusals.length === 0);
  if (open.length === 0 || found.host === null) {
    const least = tried.toSorted((a, b) => a.refusals.length - b.refusals.length)[0];
    return [
      bare(attempt, {
        host: found.host,
        path: least?.path ?? null,
        settings: null,
        refusals: least?.refusals ?? against,
      }),
    ];
  }
  const { host } = found;
  return open.flatMap(({ path }) =>
    isLive(method)
      ? liveCandidates(choosing, attempt, { path, host })
      : [priced(choosing, attempt, { path, host, settings: plainSettings(choosing, workload, path) })],
  );
}

/** Nothing is asked of the estimator: it stands refused, or is not needed. */
function bare(
  { method, target }: MethodAttempt,
  known: Pick<Candidate, 'host' | 'path' | 'settings' | 'refusals'>,
): Candidate {
  return { method, site: target.name, estimate: null, effects: null, parts: null, cost: null, ...known };
}

interface Way {
  readonly path: Path;
  readonly host: string;
}

/**
 * Plainest mode first. Streams are tried where one does not fill the path; everything else only where plain pre-copy
 * does not meet the limits, since it buys convergence with the guest's speed or safety.
 */
function liveCandidates(choosing: Choosing, attempt: MethodAttempt, way: Way): readonly Candidate[] {
  const candidates: Candidate[] = [];
  for (const mode of liveModes(budgetSeconds(choosing, attempt.workload))) {
    const settings = settingsOf(mode, way.path);
    const unneeded = whyNotNeeded(choosing, attempt, { ...way, mode, settings, earlier: candidates });
    candidates.push(
      unneeded === null
        ? priced(choosing, attempt, { ...way, settings })
        : bare(attempt, { ...way, settings, refusals: [unneeded] }),
    );
  }
  return candidates;
}

function whyNotNeeded(
  { predictor }: Choosing,
  { workload, target, method }: MethodAttempt,
  tried: Way & {
    readonly mode: Mode;
    readonly settings: TransferSettings;
    readonly earlier: readonly Candidate[];
  },
): Reason | null {
  const { mode, path, settings, earlier } = tried;
  const settled = earlier.some((candidate) => candidate.refusals.length === 0);
  switch (needOf(mode)) {
    case 'always':
      return null;
    case 'narrow-stream': {
      const single = { ...settings, multifdChannels: 0 };
      const fills = predictor.fillsPath({ workload, target: target.name, method, path, settings: single });
      return fills ? reason('streams-not-needed') : null;
    }
    case 'last-resort':
      return settled ? reason('mode-not-needed', { modes: mode.name }) : null;
  }
}

function plainSettings(choosing: Choosing, workload: Workload, path: Path): TransferSettings {
  const [plain] = liveModes(budgetSeconds(choosing, workload));
  return settingsOf(plain!, path);
}
