import type { MoveUnderWay } from '../../planners/choose/under-way.ts';
import type { Plan, PlannedMove } from '../../planners/plan/plan.ts';
import type { Topology } from '../../topology/resolve/topology.ts';
import { isSimulated } from './consent.ts';
import { isOver } from './run-state.ts';
import { viewOf, type MoveView } from './run-view.ts';
import type { RunService } from './service.ts';
import type { RunRecord, StoredEntry } from './store/records.ts';

/** What a plan is made beside. */
export interface Beside {
  readonly topology: Topology;
  readonly nowSeconds: number;
}

/**
 * What the open runs of a state still do to a topology's workloads, for a plan that is made beside them. Simulated runs
 * count only for a plan that is simulated as well: they move nothing that a real one could meet.
 */
export async function movesUnderWay(
  service: Pick<RunService, 'runs' | 'plan' | 'journal'>,
  beside: Beside,
): Promise<readonly MoveUnderWay[]> {
  const open = (await service.runs()).filter(({ state }) => !isOver(state) || state === 'needs-person');
  const found = open.map(async (run): Promise<readonly MoveUnderWay[]> => {
    const plan = await service.plan(run.id);
    if (isSimulated(plan) !== isSimulated({ ...plan, topology: beside.topology })) return [];
    return movesOf({ run, plan, journal: await service.journal(run.id) }, beside);
  });
  return (await Promise.all(found)).flat();
}

export interface OpenRun {
  readonly run: RunRecord;
  readonly plan: Plan;
  readonly journal: readonly StoredEntry[];
}

/**
 * The moves of one run, from its plan and its journal:
 *
 *   waits          from its planned start to its planned P90 end, both later by as much as the run is late
 *   moves          from its beginning for as long as its plan gives it (P90); overdue: see `overdueShare`
 *   tried again    as one that begins now
 *   landed, moved  ended: it only has its place
 *   stopped        until a person has settled it: no end
 *
 * A run that is cancelled begins nothing more; what it takes back moves until then. One that waits for a person begins
 * nothing either, until somebody carries it on.
 */
export function movesOf(open: OpenRun, { topology, nowSeconds }: Beside): readonly MoveUnderWay[] {
  const { run, plan, journal } = open;
  const clockSeconds = isSimulated(plan) ? lastSeconds(run, journal) : nowSeconds;
  const begun = begunSeconds(journal);
  const moves = viewOf(plan, journal).map((view) => {
    const stage = stageOf(run, view);
    const plannedFrom = (run.startedAtSeconds ?? clockSeconds) + view.planned.startSeconds;
    const from = begun.get(view.planned.workload) ?? plannedFrom;
    return { view, stage, span: spanOf(view, stage, { plannedFrom, from, clockSeconds }) };
  });
  const lateSeconds = Math.max(0, ...moves.map(({ span }) => span.lateSeconds));
  return moves.flatMap(({ view: { planned }, stage, span: { from, to } }): readonly MoveUnderWay[] => {
    const { target } = planned.decision.chosen;
    if (stage === 'gone' || target === null || !concerns(topology, { planned, target, stage })) return [];
    const shift = nowSeconds - clockSeconds + (stage === 'waits' ? lateSeconds : 0);
    return [
      {
        run: run.id,
        workload: planned.workload,
        source: planned.source,
        target,
        reservations: planned.reservations,
        addresses: planned.addresses.map((each) => ({ network: each.newNetwork, address: each.newAddress })),
        fromUnixSeconds: from + shift,
        toUnixSeconds: to === null ? null : to + shift,
      },
    ];
  });
}

interface Span {
  readonly from: number;
  readonly to: number | null;
  /** Behind its plan. */
  readonly lateSeconds: number;
}

interface Times {
  readonly plannedFrom: number;
  /** Begun then; as planned where it has not. */
  readonly from: number;
  readonly clockSeconds: number;
}

function spanOf(
  { planned, endedAtSeconds }: MoveView,
  stage: Stage,
  { plannedFrom, from, clockSeconds }: Times,
): Span {
  const seconds = planned.endSeconds.p90 - planned.startSeconds;
  switch (stage) {
    case 'waits':
      return { from: plannedFrom, to: plannedFrom + seconds, lateSeconds: clockSeconds - plannedFrom };
    case 'again':
      return { from: clockSeconds, to: clockSeconds + seconds, lateSeconds: 0 };
    case 'moves': {
      const to = expectedEnd(from, seconds, clockSeconds);
      return { from, to, lateSeconds: to - plannedFrom - seconds };
    }
    case 'ended':
      return { from, to: Math.min(clockSeconds, endedAtSeconds ?? clockSeconds), lateSeconds: 0 };
    case 'stopped':
    case 'gone':
      return { from, to: null, lateSeconds: 0 };
  }
}

/** `gone`: it stays at its source, and this run does nothing more about it. */
type Stage = 'waits' | 'moves' | 'again' | 'ended' | 'stopped' | 'gone';

function stageOf({ state, request }: RunRecord, { stage, outcome }: MoveView): Stage {
  const begins = request === 'none' && state !== 'needs-person';
  if (outcome?.result === 'needs-person') return 'stopped';
  if (outcome?.result === 'moved' || stage === 'landed') return 'ended';
  if (stage === 'moving') return state === 'needs-person' ? 'stopped' : 'moves';
  if (stage === 'waiting') return begins ? 'waits' : 'gone';
  return begins && outcome?.again != null && outcome.remains.length === 0 ? 'again' : 'gone';
}

/**
 * Who is later than its P90 has told nothing but that it is slow: it is taken to be late by as much again, and by a
 * tenth of its time at the least, so that a plan made a second later does not find it done.
 */
const overdueShare = 0.1;

function expectedEnd(from: number, seconds: number, clockSeconds: number): number {
  const lateSeconds = clockSeconds - (from + seconds);
  return lateSeconds < 0 ? from + seconds : clockSeconds + Math.max(lateSeconds, overdueShare * seconds);
}

/** When the last attempt of each workload began. */
function begunSeconds(journal: readonly StoredEntry[]): ReadonlyMap<string, number> {
  const begun = new Map<string, { readonly attempt: number; readonly atSeconds: number }>();
  for (const { workload, attempt, atSeconds } of journal) {
    if (workload !== null && begun.get(workload)?.attempt !== attempt)
      begun.set(workload, { attempt, atSeconds });
  }
  return new Map([...begun].map(([workload, { atSeconds }]) => [workload, atSeconds]));
}

/** A simulated world has a clock of its own; it has come at least so far. */
function lastSeconds(
  { createdAtSeconds, startedAtSeconds }: RunRecord,
  journal: readonly StoredEntry[],
): number {
  return Math.max(
    createdAtSeconds,
    startedAtSeconds ?? 0,
    ...journal.slice(-1).map(({ atSeconds }) => atSeconds),
  );
}

/** Its workload and both its hosts are there by name, and the topology does not say already that it has moved. */
function concerns(
  { sites, workloads }: Topology,
  {
    planned,
    target,
    stage,
  }: { readonly planned: PlannedMove; readonly target: Place; readonly stage: Stage },
): boolean {
  const exists = ({ site, host }: Place): boolean =>
    sites.some(({ name, hosts }) => name === site && hosts.some((each) => each.name === host));
  const known = workloads.find(({ name }) => name === planned.workload);
  if (known === undefined || !exists(planned.source) || !exists(target)) return false;
  return stage !== 'ended' || known.site !== target.site || known.host !== target.host;
}

type Place = PlannedMove['source'];
