import type { Workload } from '../../topology/resolve/topology.ts';
import type { Estimate } from '../estimate/estimate.ts';
import { capsTried, leastBelow, limitsTried, worthwhile } from '../estimate/tune.ts';
import type { LimitAndCap, TransferSettings } from '../plan/plan.ts';
import { isWay, type Way } from './candidate.ts';
import { questionOf } from './choose.ts';
import type { Choosing } from './choosing.ts';
import { hostOf } from './fleet.ts';
import { tuningLengtheningMax, tuningLossMax } from './limits.ts';
import { wireRatio } from './paths.ts';
import { priced } from './price.ts';
import { rateFloorOf } from './rules/path.ts';
import { isLive } from './rules/rule.ts';
import { attemptOf } from './template.ts';

/**
 * The downtime limit and the cap, among those that `estimate --tune` tries, with which a chosen live move costs least by
 * the plan's weights and meets every constraint; null: none cuts the pause and is worth it. How memory is sent, and in
 * how many streams, has been chosen before. Caps are tried for the only move of a plan: where others wait for the links
 * they are the schedule's.
 */
export function tuned(
  choosing: Choosing,
  workload: Workload,
  { way, isOnly }: { readonly way: Way; readonly isOnly: boolean },
): LimitAndCap | null {
  const { path, settings, estimate: present } = way;
  if (!choosing.isTuned || !isLive(way.method) || settings.mode !== 'pre-copy' || settings.autoConverge)
    return null;
  const attempt = attemptOf(choosing, workload, way);
  const changes = changesOf(settings, isOnly ? capsFor(choosing, workload, way) : [{}]);
  function* better(): Generator<{ readonly change: LimitAndCap; readonly cost: number }> {
    for (const change of changes) {
      const offer = priced(choosing, attempt, { path, settings: { ...settings, ...change } });
      if (!isWay(offer) || offer.cost >= way.cost || !isBetter(offer.estimate, present, isOnly)) continue;
      yield { change, cost: offer.cost };
      if (!isOnly) return; // the smallest pause comes first, which hardly differs in time from the next
    }
  }
  return leastBelow(better(), way.cost)?.change ?? null;
}

/** A way as it is when it is tuned; its settings are still those before. */
export function asTuned(
  choosing: Choosing,
  workload: Workload,
  { way, change }: { readonly way: Way; readonly change: LimitAndCap },
): Way {
  const { path, settings } = way;
  const attempt = attemptOf(choosing, workload, way);
  const offer = priced(choosing, attempt, { path, settings: { ...settings, ...change } });
  return isWay(offer) ? { ...offer, settings } : way;
}

/** No less than the hypervisor needs. */
function capsFor({ fleet, predictor }: Choosing, workload: Workload, way: Way): ReturnType<typeof capsTried> {
  const goodput = predictor.goodputBytesPerSecond(questionOf(workload, way));
  const floor = rateFloorOf(fleet, way.method, hostOf(fleet, workload).hypervisor) / 8 / wireRatio(way.path);
  return capsTried(goodput).filter(
    ({ maxBandwidthBytesPerSecond = Number.POSITIVE_INFINITY }) => maxBandwidthBytesPerSecond >= floor,
  );
}

/** No other settings could be surer by more than tuning may cost. */
export const isSure = ({ completesProbability }: Estimate): boolean =>
  completesProbability >= 1 - tuningLossMax;

/** A smaller pause that is hardly less sure and takes hardly longer where others wait. */
export function isBetter(tunedTo: Estimate, untuned: Estimate, isOnly: boolean): boolean {
  const { pauseSeconds, totalSeconds, completesProbability } = tunedTo;
  if (pauseSeconds === null || totalSeconds === null) return false;
  const longest = isOnly
    ? Number.POSITIVE_INFINITY
    : (untuned.totalSeconds?.p90 ?? 0) * (1 + tuningLengtheningMax);
  return (
    pauseSeconds.p50 <= (untuned.pauseSeconds?.p50 ?? 0) * (1 - worthwhile) &&
    totalSeconds.p90 <= longest &&
    completesProbability >= untuned.completesProbability - tuningLossMax
  );
}

/** Only downwards: a longer pause is a mode of its own, and more rate than the schedule gives is not there. */
function changesOf(settings: TransferSettings, caps: ReturnType<typeof capsTried>): readonly LimitAndCap[] {
  const cap = settings.maxBandwidthBytesPerSecond ?? Number.POSITIVE_INFINITY;
  return limitsTried
    .filter(({ downtimeLimitSeconds = 0 }) => downtimeLimitSeconds < settings.downtimeLimitSeconds)
    .flatMap(({ downtimeLimitSeconds = settings.downtimeLimitSeconds }) =>
      caps
        .filter(({ maxBandwidthBytesPerSecond }) => (maxBandwidthBytesPerSecond ?? 0) < cap)
        .map((lower) => ({ downtimeLimitSeconds, ...lower })),
    );
}
