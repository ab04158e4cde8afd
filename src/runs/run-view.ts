import type { Plan, PlannedMove } from '../../planners/plan/plan.ts';
import { foldMove, isFinal, type MoveState, type Outcome } from '../moves/journal.ts';
import { stepsOf } from '../moves/methods.ts';
import type { Method } from '../../topology/resolve/topology.ts';
import { attemptMethod } from './move-job.ts';
import type { StoredEntry } from './store/records.ts';

/** Where every move of a run stands, from its journal. Also what `show` prints. */
export interface MoveView {
  readonly planned: PlannedMove;
  /** The last one begun; 1 before the first. */
  readonly attempt: number;
  /** The one to begin next, and how many were begun since a person last carried the run on. */
  readonly nextAttempt: number;
  readonly attemptsMade: number;
  readonly method: Method;
  /**
   * `waiting`: not begun, or not since the run was carried on. `moving`: begun, does not serve at its target yet. `landed`: serves there, sessions drain.
   * `over`: has an outcome.
   */
  readonly stage: 'waiting' | 'moving' | 'landed' | 'over';
  readonly outcome: Outcome | null;
  /** The step it is at, or ended with. */
  readonly step: string | null;
  readonly isPastPointOfNoReturn: boolean;
  readonly endedAtSeconds: number | null;
  /** Of the entry with the outcome; 0 without one. */
  readonly outcomeSequence: number;
}

/** Folds a journal as it grows; only moves with new entries are looked at again. */
export class RunViews {
  readonly #plan: Plan;
  readonly #entries = new Map<string, StoredEntry[]>();
  readonly #views = new Map<string, MoveView>();
  #sequence = 0;
  #carriedOnAt = 0;

  constructor(plan: Plan) {
    this.#plan = plan;
    for (const planned of plan.moves) this.#views.set(planned.workload, moveView(planned, [], 0));
  }

  /** Of the last entry seen. */
  get sequence(): number {
    return this.#sequence;
  }

  get moves(): readonly MoveView[] {
    return [...this.#views.values()];
  }

  add(entries: readonly StoredEntry[]): void {
    const changed = new Set<string>();
    for (const entry of entries) {
      const name = workloadOf(entry);
      this.#sequence = Math.max(this.#sequence, entry.sequence);
      if (entry.workload === null && entry.step === carriedOn) this.#carriedOnAt = entry.sequence;
      if (name === null) continue;
      const known = this.#entries.get(name);
      if (known === undefined) this.#entries.set(name, [entry]);
      else known.push(entry);
      changed.add(name);
    }
    const isCarriedOn = entries.some(({ sequence }) => sequence === this.#carriedOnAt);
    for (const planned of this.#plan.moves) {
      const { workload } = planned;
      if (isCarriedOn || changed.has(workload))
        this.#views.set(workload, moveView(planned, this.#entries.get(workload) ?? [], this.#carriedOnAt));
    }
  }
}

/** The step of the run's own entry that says so. */
export const carriedOn = 'carried on';

export function viewOf(plan: Plan, entries: readonly StoredEntry[]): readonly MoveView[] {
  const views = new RunViews(plan);
  views.add(entries);
  return views.moves;
}

/** An entry of the run itself may still be about a workload that could not be claimed. */
const workloadOf = ({ workload, detail }: StoredEntry): string | null =>
  workload ?? (typeof detail['of'] === 'string' ? detail['of'] : null);

function moveView(planned: PlannedMove, entries: readonly StoredEntry[], carriedOnAt: number): MoveView {
  const attempt = entries.at(-1)?.attempt ?? 1;
  const method = attemptMethod(entries, planned, attempt);
  const state = foldMove(entries, planned.workload, attempt);
  const own = entries.findLast(({ workload }) => workload !== null);
  const ended = entries.findLast(({ event }) => event === 'outcome');
  const isRefused = ended?.workload === null && ended.sequence > (own?.sequence ?? 0);
  const outcome = isRefused ? (ended.detail as unknown as Outcome) : state.outcome;
  const attemptsBefore = entries.findLast(({ sequence }) => sequence < carriedOnAt)?.attempt ?? 0;
  const view: MoveView = {
    planned,
    attempt,
    nextAttempt: entries.length === 0 ? 1 : attempt + 1,
    attemptsMade: attempt - attemptsBefore,
    method,
    stage: stageOf(state, { isBegun: own !== undefined, outcome, method }),
    outcome,
    step: own?.step ?? null,
    isPastPointOfNoReturn: state.isPastPointOfNoReturn,
    endedAtSeconds: outcome === null ? null : (ended?.atSeconds ?? null),
    outcomeSequence: outcome === null ? 0 : (ended?.sequence ?? 0),
  };
  const isAsBefore = attempt <= attemptsBefore && isFinal(outcome) && outcome.result !== 'moved';
  return isAsBefore ? { ...view, stage: 'waiting', outcome: null, attemptsMade: 0 } : view;
}

function stageOf(
  { ended, undoing }: MoveState,
  {
    isBegun,
    outcome,
    method,
  }: { readonly isBegun: boolean; readonly outcome: Outcome | null; readonly method: Method },
): MoveView['stage'] {
  if (outcome !== null) return 'over';
  const landing = stepsOf[method].find(({ isLanding }) => isLanding === true)?.name;
  const hasLanded = landing !== undefined && ended.includes(landing) && undoing === null;
  return hasLanded ? 'landed' : isBegun ? 'moving' : 'waiting';
}

export const isServing = ({ stage, outcome }: MoveView): boolean =>
  stage === 'landed' || outcome?.result === 'moved';
