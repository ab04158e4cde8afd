import type { Plan } from '../../planners/plan/plan.ts';
import type { MoveLimits } from '../moves/limits.ts';
import { isServing, type MoveView } from './run-view.ts';
import type { RunRequest } from './store/records.ts';

/** What a conductor does next; decided from values alone. */
export interface RunDecision {
  readonly begin: readonly { readonly workload: string; readonly attempt: number }[];
  /** Moves that cannot begin any more, and why. */
  readonly blocked: readonly { readonly workload: string; readonly because: string }[];
  /** Nothing moves, nothing will. */
  readonly isOver: boolean;
}

export interface RunView {
  readonly plan: Plan;
  readonly moves: readonly MoveView[];
  readonly request: RunRequest;
  /** Since the run's start. */
  readonly elapsedSeconds: number;
  readonly nowSeconds: number;
  readonly limits: MoveLimits;
}

/**
 * A move begins when its start has come, the moves it needs serve at their targets, and neither the run, a host nor a
 * link would carry more than it may. A failed one is tried again after a pause. Moves that drain take no room.
 */
export function decide(view: RunView): RunDecision {
  const byName = new Map(view.moves.map((move) => [move.planned.workload, move]));
  const busy = view.moves.filter(({ stage }) => stage === 'moving');
  const begin: { workload: string; attempt: number }[] = [];
  const blocked: { workload: string; because: string }[] = [];
  let open = 0;
  for (const move of view.moves) {
    const readiness = readinessOf(view, move, byName);
    if (readiness.kind === 'blocked')
      blocked.push({ workload: move.planned.workload, because: readiness.because });
    if (readiness.kind === 'wait' || move.stage === 'moving' || move.stage === 'landed') open++;
    if (readiness.kind !== 'ready') continue;
    open++;
    if (!hasRoom(view, busy, move)) continue;
    busy.push(move);
    begin.push({ workload: move.planned.workload, attempt: readiness.attempt });
  }
  return { begin, blocked, isOver: open === 0 };
}

type Readiness =
  | { readonly kind: 'ready'; readonly attempt: number }
  | { readonly kind: 'wait' | 'never' }
  | { readonly kind: 'blocked'; readonly because: string };

function readinessOf(view: RunView, move: MoveView, byName: ReadonlyMap<string, MoveView>): Readiness {
  if (move.stage === 'moving' || move.stage === 'landed') return { kind: 'never' };
  if (view.request !== 'none') return { kind: 'never' };
  if (move.stage === 'over') return againOf(view, move);
  for (const need of move.planned.after) {
    const other = byName.get(need);
    if (other === undefined || (isDependency(view, move, need) ? isServing(other) : hasMadeRoom(other)))
      continue;
    const isLost = other.stage === 'over' && againOf(view, other).kind === 'never';
    const isLostForGood = isLost || blockedBefore(view, other, byName);
    if (!isLostForGood) return { kind: 'wait' };
    if (move.planned.needs.includes(need))
      return { kind: 'blocked', because: `it needs '${need}', which has not moved` };
  }
  return view.elapsedSeconds < move.planned.notBeforeSeconds
    ? { kind: 'wait' }
    : { kind: 'ready', attempt: move.nextAttempt };
}

/** It serves at its target, and what it took at its source is free: a redirected one keeps that until it is over. */
const hasMadeRoom = (other: MoveView): boolean =>
  isServing(other) && (other.method !== 'redirect' || other.stage === 'over');

/** Others are waited for because of what they take: a rate, a place, room. */
function isDependency({ plan }: RunView, { planned }: MoveView, other: string): boolean {
  return (
    plan.topology.workloads.find(({ name }) => name === planned.workload)?.dependsOn.includes(other) === true
  );
}

function blockedBefore(view: RunView, move: MoveView, byName: ReadonlyMap<string, MoveView>): boolean {
  return move.stage === 'waiting' && readinessOf(view, move, byName).kind === 'blocked';
}

function againOf(
  { limits, nowSeconds }: RunView,
  { outcome, nextAttempt, attemptsMade, endedAtSeconds, method }: MoveView,
): Readiness {
  if (outcome?.again == null || outcome.remains.length > 0 || attemptsMade >= limits.attemptsMax)
    return { kind: 'never' };
  const isOtherMethod = outcome.again.method !== method;
  const pausedSeconds = nowSeconds - (endedAtSeconds ?? 0);
  if (!isOtherMethod && pausedSeconds < limits.attemptPauseSeconds) return { kind: 'wait' };
  return { kind: 'ready', attempt: nextAttempt };
}

function hasRoom({ plan, elapsedSeconds }: RunView, busy: readonly MoveView[], move: MoveView): boolean {
  if (busy.length >= plan.runbook.limits.movesMax) return false;
  return hostsHaveRoom(plan, busy, move) && linksHaveRoom({ plan, elapsedSeconds }, busy, move);
}

function hostsHaveRoom({ topology }: Plan, busy: readonly MoveView[], move: MoveView): boolean {
  const isWithin = (site: string, host: string): boolean => {
    const model = topology.sites.find(({ name }) => name === site)?.hosts.find(({ name }) => name === host);
    const here = busy.filter((each) => hostsOf(each).some((at) => at.site === site && at.host === host));
    return model === undefined || here.length < model.movesMax;
  };
  return hostsOf(move).every(({ site, host }) => isWithin(site, host));
}

function linksHaveRoom(
  { plan, elapsedSeconds }: Pick<RunView, 'plan' | 'elapsedSeconds'>,
  busy: readonly MoveView[],
  { planned }: MoveView,
): boolean {
  return planned.reservations.every(({ link, bytesPerSecond }) => {
    const of = plan.links.find((each) => each.link === link);
    const step = of?.capacity.findLast(({ atSeconds }) => atSeconds <= elapsedSeconds);
    const usable = step?.bytesPerSecond ?? of?.usableBytesPerSecond ?? Number.POSITIVE_INFINITY;
    const taken = busy
      .flatMap((each) => each.planned.reservations)
      .filter((each) => each.link === link)
      .reduce((sum, each) => sum + each.bytesPerSecond, 0);
    return taken === 0 || taken + bytesPerSecond <= usable * (1 + rounding);
  });
}

const hostsOf = ({ planned }: MoveView): readonly { readonly site: string; readonly host: string }[] => {
  const { target } = planned.decision.chosen;
  return target === null ? [planned.source] : [planned.source, target];
};

/** Sums of shares of a link are not exact. */
const rounding = 1e-9;
