import type { Method } from '../../topology/resolve/topology.ts';
import type { Clock } from '../../topology/world.ts';
import type { JournalEntry, Records, StoredEntry } from '../runs/store/records.ts';
import type { Claim } from '../site/site.ts';
import type { MoveFacts } from './move.ts';

/** How one attempt of a move ended. */
export interface Outcome {
  /**
   * `moved`: it serves at its target. `failed`, `cancelled`: it runs at its source and the rest is undone. `left`: the
   * last rung of its ladder. `needs-person`: it stopped where only a person can decide.
   */
  readonly result: 'moved' | 'failed' | 'cancelled' | 'left' | 'needs-person';
  readonly reason: string;
  readonly code: string | null;
  /** What could not be undone, and where: taken back when the run is carried on. */
  readonly remains: readonly string[];
  /** The command that settles it. */
  readonly settle: string | null;
  /** The same move may be tried again, by this method. */
  readonly again: { readonly method: Method } | null;
}

/** Nothing is left to be done about it: carrying the run on does not touch the move again. */
export const isFinal = (outcome: Outcome | null): outcome is Outcome =>
  outcome !== null && outcome.result !== 'needs-person' && outcome.remains.length === 0;

/** What the journal says of one attempt of a move: a pure fold over its entries, the same for every prefix read twice. */
export interface MoveState {
  readonly facts: MoveFacts;
  /** Steps that were begun, in order. */
  readonly begun: readonly string[];
  readonly ended: readonly string[];
  readonly undone: readonly string[];
  readonly isPastPointOfNoReturn: boolean;
  /** Why the attempt is being taken back; null while it goes forward. */
  readonly undoing: Pick<Outcome, 'result' | 'reason' | 'code' | 'settle' | 'again'> | null;
  readonly outcome: Outcome | null;
}

const blank: MoveState = {
  facts: {},
  begun: [],
  ended: [],
  undone: [],
  isPastPointOfNoReturn: false,
  undoing: null,
  outcome: null,
};

export function foldMove(entries: readonly StoredEntry[], workload: string, attempt: number): MoveState {
  return entries
    .filter((entry) => entry.workload === workload && entry.attempt === attempt)
    .reduce(foldEntry, blank);
}

function foldEntry(state: MoveState, { event, step, detail }: JournalEntry): MoveState {
  switch (event) {
    case 'begin':
      return { ...state, begun: withStep(state.begun, step), outcome: null };
    case 'end':
      return {
        ...state,
        ended: withStep(state.ended, step),
        facts: { ...state.facts, ...(detail['facts'] as MoveFacts | undefined) },
      };
    case 'point-of-no-return':
      return { ...state, isPastPointOfNoReturn: true };
    case 'undo':
      return {
        ...state,
        isPastPointOfNoReturn: false,
        undoing: state.undoing ?? (detail['undoing'] as MoveState['undoing']),
      };
    case 'undone':
      return { ...state, undone: withStep(state.undone, step) };
    case 'outcome':
      return { ...state, outcome: detail as unknown as Outcome };
    case 'fail':
    case 'note':
      return state;
  }
}

const withStep = (steps: readonly string[], step: string): readonly string[] =>
  steps.includes(step) ? steps : [...steps, step];

/** Appends the entries of one attempt under one claim; refused (LH_CLAIM_LOST) once somebody has taken it over. */
export class MoveJournal {
  readonly #records: Records;
  readonly #clock: Clock;
  readonly #claim: Claim;
  readonly #attempt: number;

  constructor(records: Records, { clock, claim, attempt }: JournalOf) {
    this.#records = records;
    this.#clock = clock;
    this.#claim = claim;
    this.#attempt = attempt;
  }

  async append(
    event: JournalEntry['event'],
    step: string,
    detail: Readonly<Record<string, unknown>> = {},
  ): Promise<void> {
    await this.#records.append(this.#claim.run, {
      atSeconds: this.#clock.nowSeconds(),
      workload: this.#claim.workload,
      attempt: this.#attempt,
      epoch: this.#claim.epoch,
      step,
      event,
      detail,
    });
  }

  async state(): Promise<MoveState> {
    return foldMove(await this.#records.journal(this.#claim.run), this.#claim.workload, this.#attempt);
  }
}

export interface JournalOf {
  readonly clock: Clock;
  readonly claim: Claim;
  readonly attempt: number;
}
