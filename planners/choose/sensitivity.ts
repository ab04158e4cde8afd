import type { Method, Workload } from '../../topology/resolve/topology.ts';
import { reason, sentenceOf, type Reason } from '../plan/reasons.ts';
import type { Candidate } from './candidate.ts';
import type { Choosing } from './choosing.ts';
import type { Accepted } from './candidate.ts';
import type { Choice } from './choose.ts';
import { hostOf } from './fleet.ts';
import { wireRatio } from './paths.ts';
import { estimateRefusals } from './price.ts';
import { rateFloorOf } from './rules/path.ts';
import { isLive } from './rules/rule.ts';

/** Entries kept for one workload: the changes nearest at hand. */
const entriesMax = 4;

/** The smallest changes of link, budget or constraint after which the answer would be another. */
export function sensitivityOf(choosing: Choosing, choice: Choice, taken: Accepted | null): readonly Reason[] {
  const { workload, others } = choice;
  const towards = others.flatMap((other) => whatWouldMake(choosing, workload, { other, taken }));
  const away = taken === null || !isLive(taken.method) ? [] : whatWouldUnmake(choosing, workload, taken);
  return [...towards, ...away].slice(0, entriesMax);
}

/** What would make a method the answer that is not: less cost, more rate, more budget, or one constraint less. */
function whatWouldMake(
  { predictor }: Choosing,
  workload: Workload,
  { other, taken }: { readonly other: Candidate; readonly taken: Accepted | null },
): readonly Reason[] {
  const { method, site, path, settings, refusals, estimate, cost } = other;
  const [only] = refusals;
  if (only === undefined)
    return taken === null || cost === null
      ? []
      : [reason('cost-would-change', { method, cost: cost - taken.cost })];
  if (refusals.length > 1) return [];
  if (taken !== null && cost !== null && cost >= taken.cost && only.code !== 'does-not-converge') return [];
  switch (only.code) {
    case 'does-not-converge':
    case 'not-in-time':
      return path === null || settings === null
        ? []
        : wouldComplete(
            method,
            predictor.full({ workload, target: site, method, path, settings }).wouldCompleteWith,
          );
    case 'downtime-over-budget':
      return [reason('budget-would-change', { method, budgetSeconds: estimate?.pauseSeconds?.p90 ?? 0 })];
    default:
      return [reason('constraint-would-change', { method, constraint: sentenceOnce(only) })];
  }
}

/** A refusal is shared by all workloads of a kind; its sentence is put together once. */
const sentences = new WeakMap<Reason, string>();

function sentenceOnce(refusal: Reason): string {
  const known = sentences.get(refusal) ?? sentenceOf(refusal);
  sentences.set(refusal, known);
  return known;
}

function wouldComplete(
  method: Method,
  change: NonNullable<Candidate['estimate']>['wouldCompleteWith'],
): readonly Reason[] {
  if (change === null) return [];
  const { bitsPerSecond, downtimeLimitSeconds } = change;
  return [
    ...(bitsPerSecond === null
      ? []
      : [reason('rate-would-change', { method, rateBitsPerSecond: bitsPerSecond })]),
    ...(downtimeLimitSeconds === null
      ? []
      : [reason('pause-would-change', { method, pauseSeconds: downtimeLimitSeconds })]),
  ];
}

/** Below which rate, and with which smaller budget, a live move would not be the answer any more. */
function whatWouldUnmake(choosing: Choosing, workload: Workload, taken: Accepted): readonly Reason[] {
  const floor = rateFloor(choosing, workload, taken);
  const pause = taken.estimate.pauseSeconds?.p90 ?? 0;
  return [
    ...(floor === null ? [] : [reason('rate-floor', { method: taken.method, rateBitsPerSecond: floor })]),
    reason('budget-floor', { method: taken.method, budgetSeconds: pause }),
  ];
}

/** Halvings of the rate looked at: down to a 64th, then to within a tenth. */
const halvingsMax = 6;
const refinements = 3;

/** The smallest rate, to about a tenth, at which the move still meets every limit; null: any looked at would do. */
function rateFloor(choosing: Choosing, workload: Workload, taken: Accepted): number | null {
  const { method, site, path, settings } = taken;
  const { fleet } = choosing;
  const least = rateFloorOf(fleet, method, hostOf(fleet, workload).hypervisor);
  const holds = (rateBitsPerSecond: number): boolean => {
    if (rateBitsPerSecond < least) return false;
    const payload = Math.floor(rateBitsPerSecond / 8 / wireRatio(path));
    const slower = { ...settings, maxBandwidthBytesPerSecond: payload };
    const question = { workload, target: site, method, path, settings: slower };
    return estimateRefusals(choosing, question).length === 0;
  };
  let good = path.rateBitsPerSecond;
  let bad = good;
  for (let halving = 0; halving < halvingsMax && bad === good; halving++) {
    if (holds(good / 2)) good = bad = good / 2;
    else bad = good / 2;
  }
  if (bad === good) return null;
  for (let step = 0; step < refinements; step++) {
    const middle = Math.sqrt(good * bad);
    if (holds(middle)) good = middle;
    else bad = middle;
  }
  return good;
}
