import type { Site, Workload } from '../../topology/resolve/topology.ts';
import type { Estimate } from '../estimate/estimate.ts';
import type { Decision, MoveOption } from '../plan/plan.ts';
import { reason, type Reason } from '../plan/reasons.ts';
import { labelOf, modeKey, type Accepted, type Candidate, type Template, type Way } from './candidate.ts';
import type { Choosing } from './choosing.ts';
import type { CostParts } from './cost.ts';
import { templatesFor } from './kinds.ts';
import { modeName } from './modes.ts';
import { peersApart } from './peers.ts';
import type { Question } from './predict.ts';
import { withTimeout } from './price.ts';
import { isLive } from './rules/rule.ts';
import { detoursOf } from './template.ts';

/** The answer for one workload; what the schedule and the explanations need beyond the decision stays beside it. */
export interface Choice {
  readonly workload: Workload;
  readonly decision: Decision<MoveOption>;
  /** Null: it stays. */
  readonly candidate: Accepted | null;
  /** The chosen way, and the same over other paths or with more streams: the schedule takes whichever is free. */
  readonly ways: readonly Way[];
  readonly templates: readonly Template[];
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

export interface Wanted {
  readonly sites: readonly Site[];
  /** Keys of the only hosts that will do; null: any. */
  readonly hosts: ReadonlySet<string> | null;
}

/** The best way to bring one workload to one of the sites, and what is to be said about all the others. */
export function choose(choosing: Choosing, workload: Workload, { sites, hosts }: Wanted): Choice {
  const templates = templatesFor(choosing, workload, sites);
  const offers = offersOf(choosing, templates);
  const { best, host, blocked } = firstWithRoom(choosing, workload, { offers, hosts });
  const refused = [...templates.flatMap((template) => template.refused), ...blocked];
  const left = offers.filter((offer) => offer !== best && !blocked.some(({ way }) => way === offer.way));
  if (best === null || host === null)
    return {
      workload,
      decision: {
        chosen: stay,
        because: [reason('no-option')],
        rejected: refusedOf(choosing, workload, { refused, possible: new Set() }),
      },
      candidate: null,
      ways: [],
      templates,
      others: bestRefused(refused, ({ method }) => method, new Set()),
    };
  const candidate: Accepted = { ...best.way, parts: partsOf(best), cost: best.cost, host };
  return {
    workload,
    decision: {
      chosen: optionOf(candidate, { host, estimate: candidate.estimate }),
      because: whyChosen(workload, candidate, left),
      rejected: rejectedOf(choosing, workload, { best, left, refused }),
    },
    candidate,
    ways: waysFor(choosing, workload, { best, offers }),
    templates,
    others: othersOf(best, left, refused),
  };
}

/** A way with what the moves chosen so far add to its cost. */
interface Offer {
  readonly way: Way;
  readonly queue: number;
  readonly cost: number;
}

interface Blocked extends Candidate {
  readonly way: Way;
}

function offersOf({ load, weights }: Choosing, templates: readonly Template[]): readonly Offer[] {
  const offers: Offer[] = [];
  for (const { ways } of templates) {
    for (const way of ways) {
      const queue = weights.moveSecond * load.waitSeconds(way.path);
      offers.push({ way, queue, cost: way.cost + queue });
    }
  }
  return offers;
}

const partsOf = ({ way, queue }: Offer): CostParts => ({ ...way.parts, queue });

/** The cheapest offer for which there is a host and money; the dearer ones are not looked at. */
function firstWithRoom(
  choosing: Choosing,
  workload: Workload,
  { offers, hosts }: { readonly offers: readonly Offer[]; readonly hosts: Wanted['hosts'] },
): { readonly best: Offer | null; readonly host: string | null; readonly blocked: readonly Blocked[] } {
  const blocked: Blocked[] = [];
  const full = new Map<string, readonly Reason[]>();
  let open = offers;
  for (;;) {
    const best = cheapest(open);
    if (best === null) return { best: null, host: null, blocked };
    const { way } = best;
    const kind = `${way.site} ${isLive(way.method) ? 'live' : way.method}`;
    const found = full.has(kind)
      ? { host: null, because: full.get(kind)! }
      : choosing.hosts.find(choosing, {
          workload,
          target: choosing.fleet.sites.get(way.site)!,
          method: way.method,
          hosts,
        });
    const because = [
      ...found.because,
      ...moneyRefusals(choosing, best.way.parts),
      ...peersApart(choosing, workload, way.site),
    ];
    if (because.length === 0) return { best, host: found.host, blocked };
    if (found.host === null) full.set(kind, found.because);
    blocked.push({ ...way, cost: best.cost, refusals: because, way });
    open = open.filter((offer) => offer !== best);
  }
}

function cheapest(offers: readonly Offer[]): Offer | null {
  let best: Offer | null = null;
  for (const offer of offers) {
    if (best === null || offer.cost < best.cost) best = offer;
    else if (offer.cost === best.cost && labelOf(offer.way) < labelOf(best.way)) best = offer;
  }
  return best;
}

function moneyRefusals({ fleet, load }: Choosing, { money }: CostParts): readonly Reason[] {
  const limit = fleet.runbook.limits.costMax;
  return limit !== null && load.money + money > limit
    ? [reason('costs-too-much', { money, spent: load.money, limit, currency: fleet.topology.currency })]
    : [];
}

/** As a plan shows it; the estimate is the one with reasons, or none. */
export function optionOf(
  { method, site, path, settings, effects, cost }: Candidate,
  { host, estimate }: { readonly host: string | null; readonly estimate: Estimate | null },
): MoveOption {
  return {
    method,
    target: host === null ? null : { site, host },
    path: path?.links.map(({ name }) => name) ?? [],
    settings:
      method === 'redirect' || settings === null
        ? null
        : estimate === null
          ? settings
          : withTimeout(settings, estimate),
    estimate,
    effects,
    cost,
  };
}

/** Those alike to the best, each over every path that is open to it. */
function waysFor(
  choosing: Choosing,
  workload: Workload,
  { best, offers }: { readonly best: Offer; readonly offers: readonly Offer[] },
): readonly Way[] {
  const alike = offers.filter(({ way }) => isAlike(best, way, choosing.weights.risk)).map(({ way }) => way);
  const paths = new Set(alike.map(({ path }) => path));
  const detours = choosing.detours.get(best.way) ?? detoursOf(choosing, workload, best.way);
  choosing.detours.set(best.way, detours);
  return [...alike, ...detours.filter(({ path }) => !paths.has(path))];
}

/** The same method and site over another path, or with settings that risk hardly more: streams, for one. */
function isAlike({ way }: Offer, { method, site, settings, parts }: Way, riskWeight: number): boolean {
  if (method !== way.method || site !== way.site) return false;
  return (
    modeName(settings) === modeName(way.settings) ||
    parts.risk - way.parts.risk <= riskWeight * alikeRiskSteps
  );
}

/** Steps of risk that are left to the schedule to take or not. */
const alikeRiskSteps = 0.2;

function whyChosen(workload: Workload, chosen: Accepted, left: readonly Offer[]): readonly Reason[] {
  const next = cheapest(left);
  const choice =
    next === null
      ? reason('only-option')
      : reason('cheapest-option', { options: left.length + 1, cost: chosen.cost, nextCost: next.cost });
  return [whyMethod(workload, chosen), choice];
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

interface Outcome {
  readonly best: Offer;
  readonly left: readonly Offer[];
  readonly refused: readonly Candidate[];
}

/**
 * For each method and mode the best that was not chosen, with why: another that is better in everything, its cost, or
 * what refuses it. Of the chosen method and mode, the next best few sites. The best of each other method comes with its
 * estimate.
 */
function rejectedOf(
  choosing: Choosing,
  workload: Workload,
  { best, left, refused }: Outcome,
): Decision<MoveOption>['rejected'] {
  const key = modeKey(best.way);
  const elsewhere = bestOffers(
    left.filter(({ way }) => modeKey(way) === key),
    ({ way }) => way.site,
  );
  const others = bestOffers(
    left.filter(({ way }) => modeKey(way) !== key),
    ({ way }) => modeKey(way),
  );
  const shown = [...others, ...elsewhere.toSorted((a, b) => a.cost - b.cost).slice(0, sitesShown)];
  const bestOfMethod = new Set(bestOffers(others, ({ way }) => way.method));
  const dearer = shown.map((offer) => ({
    option: optionOf(
      { ...offer.way, cost: offer.cost },
      {
        host: emptiest(choosing, offer.way),
        estimate: bestOfMethod.has(offer) ? choosing.predictor.full(questionOf(workload, offer.way)) : null,
      },
    ),
    because: [whyDearer(offer, best)],
  }));
  const possible = new Set([key, ...others.map(({ way }) => modeKey(way))]);
  return [...dearer, ...refusedOf(choosing, workload, { refused, possible })];
}

/** Other sites of the chosen method and mode that are shown. */
const sitesShown = 3;

export function questionOf(workload: Workload, { site, method, path, settings }: Way): Question {
  return { workload, target: site, method, path, settings };
}

/** Those refused, for methods and modes that are not possible another way; modes nobody needs, once a method. */
function refusedOf(
  choosing: Choosing,
  workload: Workload,
  { refused, possible }: { readonly refused: readonly Candidate[]; readonly possible: ReadonlySet<string> },
): Decision<MoveOption>['rejected'] {
  return bestRefused(refused, modeKey, possible).map((candidate) => {
    const { site, method, path, settings, estimate } = candidate;
    const asked = estimate !== null && path !== null && settings !== null;
    return {
      option: optionOf(candidate, {
        host: emptiest(choosing, candidate),
        estimate: asked ? choosing.predictor.full({ workload, target: site, method, path, settings }) : null,
      }),
      because: candidate.refusals,
    };
  });
}

/** The host that would be looked at first. */
function emptiest({ room }: Choosing, { site }: Candidate): string | null {
  return room.hostsAt(site)[0]?.host.name ?? null;
}

function othersOf(best: Offer, left: readonly Offer[], refused: readonly Candidate[]): readonly Candidate[] {
  const offers = bestOffers(
    left.filter(({ way }) => way.method !== best.way.method),
    ({ way }) => way.method,
  );
  const possible = new Set([best.way.method, ...offers.map(({ way }) => way.method)]);
  return [
    ...offers.map((offer) => ({ ...offer.way, cost: offer.cost })),
    ...bestRefused(refused, ({ method }) => method, possible),
  ];
}

function bestOffers(offers: readonly Offer[], keyOf: (offer: Offer) => string): readonly Offer[] {
  const best = new Map<string, Offer>();
  for (const offer of offers) {
    const key = keyOf(offer);
    const other = best.get(key);
    if (other === undefined || offer.cost < other.cost) best.set(key, offer);
  }
  return [...best.values()];
}

/** The one with least against it, for each key that is not possible anyway. */
function bestRefused(
  refused: readonly Candidate[],
  keyOf: (candidate: Candidate) => string,
  possible: ReadonlySet<string>,
): readonly Candidate[] {
  const best = new Map<string, Candidate>();
  for (const candidate of refused) {
    const key = keyOf(candidate);
    if (possible.has(key)) continue;
    const other = best.get(key);
    if (other === undefined || standing(candidate) < standing(other)) best.set(key, candidate);
  }
  return [...best.values()];
}

function standing({ refusals, cost }: Candidate): number {
  return refusals.length + (cost === null ? 0 : 1 - 1 / (1 + cost));
}

function whyDearer(offer: Offer, best: Offer): Reason {
  const { way, cost } = offer;
  const parts = partsOf(offer);
  const least = partsOf(best);
  const worse = partNames.filter((name) => parts[name] > least[name]);
  const isDominated = partNames.every((name) => parts[name] >= least[name]);
  if (isDominated && worse.length > 0)
    return reason('dominated', { other: labelOf(best.way), worse: worse.join(', ') });
  return reason('costs-more', { cost, than: best.cost, ...parts, site: way.site });
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
