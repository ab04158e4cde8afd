import type { Quantiles } from '../../planners/estimate/estimate.ts';
import type { Plan } from '../../planners/plan/plan.ts';
import type { Method } from '../../topology/resolve/topology.ts';
import type { Outcome } from '../moves/journal.ts';
import { measuresOf, type Measures } from '../moves/measures.ts';
import { viewOf, type MoveView } from './run-view.ts';
import type { RunEvent } from './store/dispatch.ts';
import type { RunRecord, StoredEntry } from './store/records.ts';

/** A run for people and programs: plain JSON, what `show --json` prints and the page draws. */
export interface RunStatus {
  readonly run: RunRecord;
  readonly plan: { readonly name: string; readonly hash: string; readonly verdict: Plan['verdict'] };
  /** In the order of the plan. */
  readonly moves: readonly MoveStatus[];
}

export interface MoveStatus {
  readonly workload: string;
  readonly method: Method;
  readonly source: Place;
  readonly target: Place | null;
  readonly wave: number;
  readonly startSeconds: number;
  readonly attempt: number;
  readonly state: 'waiting' | 'moving' | 'landed' | Outcome['result'];
  readonly step: string | null;
  readonly doneRatio: number;
  readonly convergence: number | null;
  /** What it does now, or why it ended as it did. */
  readonly text: string;
  readonly settle: string | null;
  readonly remains: readonly string[];
  /** Null: not predicted. */
  readonly predicted: Readonly<Record<keyof Measures, Quantiles | null>>;
  readonly measured: Measures;
}

interface Place {
  readonly site: string;
  readonly host: string;
}

/** For people: its sites; where it stays inside one, its hosts. */
export function endsOf({ source, target }: Pick<MoveStatus, 'source' | 'target'>): {
  readonly from: string;
  readonly to: string;
} {
  if (target === null) return { from: source.site, to: '' };
  const isInside = source.site === target.site;
  return isInside ? { from: source.host, to: target.host } : { from: source.site, to: target.site };
}

export interface StatusSources {
  readonly plan: Plan;
  readonly journal: readonly StoredEntry[];
  readonly latest: readonly RunEvent[];
}

export function statusOf(run: RunRecord, { plan, journal, latest }: StatusSources): RunStatus {
  const newest = new Map(latest.map((event) => [event.workload, event]));
  const byWorkload = entriesByWorkload(journal);
  return {
    run,
    plan: { name: plan.name, hash: plan.hash, verdict: plan.verdict },
    moves: viewOf(plan, journal).map((view) =>
      moveStatus(view, {
        entries: byWorkload.get(view.planned.workload) ?? [],
        event: newest.get(view.planned.workload) ?? null,
      }),
    ),
  };
}

function entriesByWorkload(
  journal: readonly StoredEntry[],
): ReadonlyMap<string | null, readonly StoredEntry[]> {
  const groups = new Map<string | null, StoredEntry[]>();
  for (const entry of journal) {
    const group = groups.get(entry.workload);
    if (group === undefined) groups.set(entry.workload, [entry]);
    else group.push(entry);
  }
  return groups;
}

interface MoveSources {
  readonly entries: readonly StoredEntry[];
  readonly event: RunEvent | null;
}

function moveStatus(view: MoveView, { entries, event }: MoveSources): MoveStatus {
  const { planned, outcome, stage, attempt } = view;
  const { chosen } = planned.decision;
  const hasMoved = outcome?.result === 'moved';
  return {
    workload: planned.workload,
    method: view.method,
    source: planned.source,
    target: chosen.target,
    wave: planned.wave,
    startSeconds: planned.startSeconds,
    attempt,
    state: outcome?.result ?? (stage === 'over' ? 'moving' : stage),
    step: view.step,
    doneRatio: hasMoved ? 1 : stage === 'waiting' ? 0 : (event?.doneRatio ?? 0),
    convergence: outcome === null ? (event?.convergence ?? null) : null,
    text: outcome?.reason ?? event?.text ?? '',
    settle: outcome?.settle ?? null,
    remains: outcome?.remains ?? [],
    predicted: {
      totalSeconds: chosen.estimate?.totalSeconds ?? null,
      pauseSeconds: chosen.estimate?.pauseSeconds ?? null,
      transferredBytes: chosen.estimate?.transferredBytes ?? null,
    },
    measured: measuresOf(view.method, entries, { workload: planned.workload, attempt }),
  };
}
