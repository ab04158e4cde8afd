import type { Site, Workload } from '../../topology/resolve/topology.ts';
import type { Estimate, Quantiles } from '../estimate/estimate.ts';
import type { Decision, MoveOption, TransferSettings } from '../plan/plan.ts';
import { reason, type Reason } from '../plan/reasons.ts';
import { candidatesOf, type Candidate, type Choosing } from './candidates.ts';
import { modeName } from './modes.ts';
import type { Path } from './paths.ts';

/** The answer for one workload; the path is what the schedule needs beyond the decision. */
export interface Choice {
  readonly workload: Workload;
  readonly decision: Decision<MoveOption>;
  /** Null: it stays. */
  readonly candidate: Accepted | null;
  /** The chosen way and the same over other paths: the schedule takes whichever is free. */
  readonly ways: readonly Accepted[];
}

/** A candidate that nothing stands against. */
export type Accepted = Candidate & {
  readonly host: string;
  readonly path: Path;
  readonly settings: TransferSettings;
  readonly estimate: Estimate & { readonly totalSeconds: Quantiles };
  readonly cost: number;
};

/** The best way to bring one workload to one of the sites, and what is to be said about all the others. */
export function choose(choosing: Choosing, workload: Workload, targets: readonly Site[]): Choice {
  const candidates = targets.flatMap((target) => candidatesOf(choosing, workload, target));
  const accepted = candidates.filter(isAccepted).sort(byCost);
  const [best, next] = accepted;
  const rejected = bestOfEach(candidates.filter((candidate) => candidate !== best)).map((candidate) => ({
    option: optionOf(candidate),
    because: candidate.refusals.length > 0 ? candidate.refusals : [costsMore(candidate)],
  }));
  if (best === undefined)
    return {
      workload,
      decision: { chosen: stay, because: [reason('no-option')], rejected },
      candidate: null,
      ways: [],
    };
  return {
    workload,
    decision: { chosen: optionOf(best), because: whyChosen(workload, best, { next, accepted }), rejected },
    candidate: best,
    ways: accepted.filter((other) => sameBut(best, other)),
  };
}

function sameBut(best: Accepted, { method, site, settings }: Accepted): boolean {
  return method === best.method && site === best.site && modeName(settings) === modeName(best.settings);
}

export const stay: MoveOption = {
  method: 'stay',
  target: null,
  path: [],
  settings: null,
  estimate: null,
  cost: null,
};

function isAccepted(candidate: Candidate): candidate is Accepted {
  return candidate.refusals.length === 0;
}

function byCost(a: Accepted, b: Accepted): number {
  return a.cost - b.cost || (optionKey(a) < optionKey(b) ? -1 : 1);
}

function whyChosen(
  workload: Workload,
  best: Accepted,
  { next, accepted }: { readonly next: Accepted | undefined; readonly accepted: readonly Accepted[] },
): readonly Reason[] {
  const reasons: Reason[] = [];
  if (best.method === 'redirect') reasons.push(reason('sessions-drain'));
  else if (best.method === 'cold')
    reasons.push(
      reason('cold-is-enough', {
        downtimeSeconds: best.estimate.pauseSeconds?.p90 ?? 0,
        budgetSeconds: workload.downtimeBudgetSeconds,
      }),
    );
  else reasons.push(reason('sessions-kept'));
  reasons.push(
    next === undefined
      ? reason('only-option')
      : reason('cheapest-option', { options: accepted.length, cost: best.cost, nextCost: next.cost }),
  );
  return reasons;
}

function costsMore({ cost, parts }: Candidate): Reason {
  const text = Object.entries<number>({ ...parts })
    .filter(([, part]) => part > 0)
    .sort(([, a], [, b]) => b - a)
    .map(([name, part]) => `${name} ${Number(part.toPrecision(3))}`)
    .join(', ');
  return reason('costs-more', { cost: cost ?? 0, parts: text });
}

/** One for each method and mode: the cheapest that is possible, else the one with least against it. */
function bestOfEach(candidates: readonly Candidate[]): readonly Candidate[] {
  const best = new Map<string, Candidate>();
  for (const candidate of candidates) {
    const key = `${candidate.method} ${modeName(candidate.settings)}`;
    const other = best.get(key);
    if (other === undefined || standing(candidate) < standing(other)) best.set(key, candidate);
  }
  return [...best.values()];
}

function standing({ refusals, cost }: Candidate): number {
  return refusals.length > 0 ? 1e12 + refusals.length : (cost ?? 0);
}

function optionKey({ method, site, path, settings }: Candidate): string {
  return `${method} ${site} ${path?.id ?? ''} ${modeName(settings)}`;
}

export function optionOf({ method, site, host, path, settings, estimate, cost }: Candidate): MoveOption {
  return {
    method,
    target: host === null ? null : { site, host },
    path: path?.links.map(({ name }) => name) ?? [],
    settings: method === 'redirect' ? null : settings,
    estimate,
    cost,
  };
}
