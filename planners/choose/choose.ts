import type { Workload } from '../../topology/resolve/topology.ts';
import type { Decision, MoveOption } from '../plan/plan.ts';
import { reason, type Reason } from '../plan/reasons.ts';
import type { Accepted, Candidate } from './candidate.ts';
import { candidatesOf, type Wanted } from './candidates.ts';
import type { Choosing } from './choosing.ts';
import type { CostParts } from './cost.ts';
import { modeName } from './modes.ts';
import { withTimeout } from './price.ts';

/** The answer for one workload; what the schedule and the explanations need beyond the decision stays beside it. */
export interface Choice {
  readonly workload: Workload;
  readonly decision: Decision<MoveOption>;
  /** Null: it stays. */
  readonly candidate: Accepted | null;
  /** The chosen way and the same over other paths: the schedule takes whichever is free. */
  readonly ways: readonly Accepted[];
  /** Everything that nothing stands against, the cheapest first. */
  readonly accepted: readonly Accepted[];
  /** The best of each other method, possible or not, for ladder and sensitivity. */
  readonly others: readonly Candidate[];
}

export const stay: MoveOption = {
  method: 'stay',
  target: null,
  path: [],
  settings: null,
  estimate: null,
  effects: null,
  cost: null,
};

/** The best way to bring one workload to one of the sites, and what is to be said about all the others. */
export function choose(choosing: Choosing, workload: Workload, wanted: readonly Wanted[]): Choice {
  const candidates = wanted.flatMap((each) => candidatesOf(choosing, workload, each));
  const accepted = candidates.filter(isAccepted).sort(byCost);
  const [best] = accepted;
  const rejected = rejectedOf(candidates, accepted);
  const others = bestOfEach(candidates, ({ method }) => method).filter(
    ({ method }) => method !== best?.method,
  );
  if (best === undefined)
    return {
      workload,
      decision: { chosen: stay, because: [reason('no-option')], rejected },
      candidate: null,
      ways: [],
      accepted,
      others,
    };
  return {
    workload,
    decision: { chosen: optionOf(best), because: whyChosen(workload, accepted), rejected },
    candidate: best,
    ways: accepted.filter((other) => isSameWay(best, other)),
    accepted,
    others,
  };
}

export function optionOf(candidate: Candidate): MoveOption {
  const { method, site, host, path, settings, estimate, effects, cost } = candidate;
  return {
    method,
    target: host === null ? null : { site, host },
    path: path?.links.map(({ name }) => name) ?? [],
    settings:
      method === 'redirect' || settings === null || estimate === null
        ? null
        : withTimeout(settings, estimate),
    estimate,
    effects,
    cost,
  };
}

function isAccepted(candidate: Candidate): candidate is Accepted {
  return candidate.refusals.length === 0;
}

function byCost(a: Accepted, b: Accepted): number {
  return a.cost - b.cost || (labelOf(a) < labelOf(b) ? -1 : 1);
}

function isSameWay(best: Accepted, { method, site, settings }: Accepted): boolean {
  return method === best.method && site === best.site && modeName(settings) === modeName(best.settings);
}

function whyChosen(workload: Workload, [best, next, ...more]: readonly Accepted[]): readonly Reason[] {
  if (best === undefined) return [];
  const choice =
    next === undefined
      ? reason('only-option')
      : reason('cheapest-option', { options: more.length + 2, cost: best.cost, nextCost: next.cost });
  return [whyMethod(workload, best), choice];
}

function whyMethod({ downtimeBudgetSeconds }: Workload, { method, estimate }: Accepted): Reason {
  switch (method) {
    case 'redirect':
      return reason('sessions-drain');
    case 'cold':
      return reason('cold-is-enough', {
        downtimeSeconds: estimate.pauseSeconds?.p90 ?? 0,
        budgetSeconds: downtimeBudgetSeconds,
      });
    case 'routed-live':
    case 'stretched-live':
      return reason('sessions-kept');
  }
}

/**
 * For each method and mode the best that was not chosen, with why: what refuses it, another that is better in
 * everything, or its cost. Modes that nobody needed are one entry a method.
 */
function rejectedOf(
  candidates: readonly Candidate[],
  accepted: readonly Accepted[],
): Decision<MoveOption>['rejected'] {
  const [chosen] = accepted;
  const left = candidates.filter((candidate) => candidate !== chosen);
  const asked = left.filter(({ refusals }) => refusals[0]?.code !== 'mode-not-needed');
  const unneeded = left.filter(({ refusals }) => refusals[0]?.code === 'mode-not-needed');
  const byMode = ({ method, site, settings }: Candidate): string =>
    chosen !== undefined && method === chosen.method && modeName(settings) === modeName(chosen.settings)
      ? `${method} ${modeName(settings)} ${site}`
      : `${method} ${modeName(settings)}`;
  return [
    ...bestOfEach(asked, byMode).map((candidate) => ({
      option: optionOf(candidate),
      because: isAccepted(candidate) ? [whyDearer(candidate, accepted)] : candidate.refusals,
    })),
    ...bestOfEach(unneeded, ({ method }) => method).map((candidate) => ({
      option: { ...optionOf(candidate), settings: null },
      because: [reason('mode-not-needed', { modes: modesOf(unneeded, candidate) })],
    })),
  ];
}

function modesOf(unneeded: readonly Candidate[], { method }: Candidate): string {
  const names = unneeded.filter((other) => other.method === method).map(({ settings }) => modeName(settings));
  return [...new Set(names)].join('; ');
}

function whyDearer(candidate: Accepted, accepted: readonly Accepted[]): Reason {
  const better = accepted.find((other) => other !== candidate && dominates(other.parts, candidate.parts));
  if (better !== undefined)
    return reason('dominated', {
      other: labelOf(better),
      worse: partNames.filter((name) => candidate.parts[name] > better.parts[name]).join(', '),
    });
  const text = partNames
    .filter((name) => candidate.parts[name] > 0)
    .sort((a, b) => candidate.parts[b] - candidate.parts[a])
    .map((name) => `${name} ${Number(candidate.parts[name].toPrecision(3))}`)
    .join(', ');
  return reason('costs-more', { cost: candidate.cost, parts: text });
}

const partNames = [
  'downtime',
  'sessions',
  'time',
  'queue',
  'traffic',
  'money',
  'trombone',
  'risk',
] as const satisfies readonly (keyof CostParts)[];

/** Nowhere worse and somewhere better. */
function dominates(a: CostParts, b: CostParts): boolean {
  return partNames.every((name) => a[name] <= b[name]) && partNames.some((name) => a[name] < b[name]);
}

/** The cheapest that is possible, else the one with least against it. */
function bestOfEach<T extends Candidate>(
  candidates: readonly T[],
  keyOf: (candidate: T) => string,
): readonly T[] {
  const best = new Map<string, T>();
  for (const candidate of candidates) {
    const key = keyOf(candidate);
    const other = best.get(key);
    if (other === undefined || standing(candidate) < standing(other)) best.set(key, candidate);
  }
  return [...best.values()];
}

/** Refused ones stand behind every possible one, whatever it costs. */
function standing({ refusals, cost }: Candidate): number {
  return refusals.length > 0 ? 1e12 * refusals.length + Math.min(cost ?? 1e11, 1e11) : (cost ?? 0);
}

/** 'routed-live (hybrid) to lyon over wan-1'. */
function labelOf({ method, site, path, settings }: Candidate): string {
  const mode = method.endsWith('-live') ? modeName(settings) : '';
  return `${method}${mode === '' || mode === 'pre-copy' ? '' : ` (${mode})`} to ${site} over ${path?.id ?? 'no path'}`;
}
