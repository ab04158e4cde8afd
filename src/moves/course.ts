import type { LimitAndCap, TransferSettings } from '../../planners/plan/plan.ts';
import { formatBytes, formatBytesPerSecond, formatSeconds } from '../../topology/units.ts';
import type { TransferProgress } from '../site/site.ts';
import { MoveGivenUp } from './give-up.ts';
import type { Move, StepProgress } from './move.ts';

/**
 * Holds a transfer against its prediction and takes the plan's ladder down when it will not converge: untune →
 * throttle → post-copy → pause within budget → cold → leave. Judged by the rest at the start of each pass: it must have
 * fallen by a tenth within a few passes, or the guest writes as fast as the path carries. A move that is late goes down it
 * too, and each rung is given time to show what it does.
 */
export class Course {
  readonly taken: string[] = [];
  readonly #move: Move;
  readonly #ladder: string[];
  #bestRestBytes = Number.POSITIVE_INFINITY;
  #improvedAtSeconds = 0;
  #pass = { number: 0, startedAtSeconds: 0, seconds: 0 };
  /** Where the last rung was taken, and until when it may go on at most. */
  #rung: { readonly pass: number; readonly untilSeconds: number } | null = null;
  #doneRatio = 0;
  #limitSeconds: number;
  /** Of the transfer: sessions were handed over just before it began. */
  #refreshedAtSeconds = 0;

  constructor(move: Move) {
    this.#move = move;
    const { chosen } = move.planned.decision;
    const mode = chosen.settings?.mode ?? 'pre-copy';
    const taken = move.facts.rungs ?? [];
    const rungs = move.planned.ladder.map(({ action }) => action as string);
    this.#ladder = [...(mode === 'hybrid' ? ['post-copy'] : []), ...rungs].filter(
      (rung) => !taken.includes(rung),
    );
    this.taken.push(...taken);
    this.#limitSeconds = chosen.settings?.downtimeLimitSeconds ?? 0;
  }

  /** The bar never runs backwards: re-dirtied memory only slows it. */
  progress(transfer: TransferProgress): StepProgress {
    const whole = Math.max(transfer.totalBytes, transfer.transferredBytes + transfer.remainingBytes);
    const ratio = whole > 0 ? transfer.transferredBytes / whole : 0;
    this.#doneRatio = Math.max(this.#doneRatio, Math.min(1, ratio));
    const fits = transfer.bytesPerSecond * this.#limitSeconds;
    return {
      ratio: this.#doneRatio,
      convergence: fits > 0 ? transfer.remainingBytes / fits : null,
      text: `${formatBytes(transfer.transferredBytes)} sent, ${formatBytes(transfer.remainingBytes)} left, ${formatBytesPerSecond(transfer.bytesPerSecond)}, pass ${transfer.passes}`,
    };
  }

  /** What to change now, if anything. Throws MoveGivenUp on the rungs that end the attempt. */
  correct(transfer: TransferProgress): Correction | null {
    if (transfer.status !== 'active') return null;
    const { settings } = this.#move.planned.decision.chosen;
    if (settings?.mode === 'post-copy' && transfer.passes >= 2)
      return { action: 'post-copy', why: 'planned, after the first pass', change: { mode: 'post-copy' } };
    this.#learn(transfer);
    const isLate = settings !== null && transfer.elapsedSeconds > settings.timeoutSeconds;
    if (isLate ? this.#isRungAtWork(transfer) : !this.#isStuck(transfer)) return null;
    const why = isLate
      ? `not done after ${formatSeconds(transfer.elapsedSeconds)}`
      : `memory is dirtied at ${formatBytesPerSecond(transfer.dirtyBytesPerSecond)}, sent at ${formatBytesPerSecond(transfer.bytesPerSecond)}`;
    return this.#stepDown(why, transfer);
  }

  /** The list of sessions at the target: refreshed as the end comes near, but not in its last moments. */
  isSessionListOld({ elapsedSeconds, remainingBytes, bytesPerSecond, status }: TransferProgress): boolean {
    const ageSeconds = elapsedSeconds - this.#refreshedAtSeconds;
    const isNear =
      remainingBytes < nearSeconds * bytesPerSecond && remainingBytes > lastSeconds * bytesPerSecond;
    if (status !== 'active' || ageSeconds < (isNear ? refreshSecondsMin : refreshSecondsMax)) return false;
    this.#refreshedAtSeconds = elapsedSeconds;
    return true;
  }

  #learn({ passes, elapsedSeconds, remainingBytes }: TransferProgress): void {
    if (passes !== this.#pass.number) {
      const seconds = elapsedSeconds - this.#pass.startedAtSeconds;
      this.#pass = { number: passes, startedAtSeconds: elapsedSeconds, seconds };
      if (remainingBytes < this.#bestRestBytes * improvement) {
        this.#bestRestBytes = remainingBytes;
        this.#improvedAtSeconds = elapsedSeconds;
      }
    }
  }

  #isStuck({ passes, elapsedSeconds }: TransferProgress): boolean {
    const patienceSeconds = Math.max(patienceSecondsMin, patiencePasses * this.#pass.seconds);
    return passes > patiencePasses && elapsedSeconds - this.#improvedAtSeconds > patienceSeconds;
  }

  /**
   * Of a late move: the last rung has not yet had a whole pass of its own, or the rest still falls; but no rung goes on
   * for more than its share of the time until the step's own deadline, twice the timeout.
   */
  #isRungAtWork({ passes, elapsedSeconds }: TransferProgress): boolean {
    if (this.#rung === null || elapsedSeconds > this.#rung.untilSeconds) return false;
    const hadItsPass = passes > this.#rung.pass + 1;
    const idleSeconds = elapsedSeconds - this.#improvedAtSeconds;
    return !hadItsPass || idleSeconds <= Math.max(patienceSecondsMin, this.#pass.seconds);
  }

  #shareUntil(elapsedSeconds: number): number {
    const timeoutSeconds = this.#move.planned.decision.chosen.settings?.timeoutSeconds ?? 0;
    const rungs = 1 + this.#ladder.filter((rung) => rung !== 'cold' && rung !== 'leave').length;
    return elapsedSeconds + Math.max(patienceSecondsMin, (2 * timeoutSeconds - elapsedSeconds) / rungs);
  }

  #stepDown(why: string, { elapsedSeconds, passes }: TransferProgress): Correction {
    const action = this.#ladder.shift() ?? 'leave';
    this.taken.push(action);
    this.#improvedAtSeconds = elapsedSeconds;
    this.#bestRestBytes = Number.POSITIVE_INFINITY;
    this.#rung = { pass: passes, untilSeconds: this.#shareUntil(elapsedSeconds) };
    switch (action) {
      case 'untune':
        return { action, why, change: this.#untuned() };
      case 'throttle':
        return { action, why, change: { autoConverge: true } };
      case 'post-copy':
        return { action, why, change: { mode: 'post-copy' } };
      case 'pause-within-budget':
        this.#limitSeconds = this.#budgetSeconds() * pauseShare;
        return { action, why, change: { downtimeLimitSeconds: this.#limitSeconds } };
      case 'cold':
        throw new MoveGivenUp({
          result: 'failed',
          reason: why,
          code: null,
          settle: null,
          again: { method: 'cold' },
        });
      default:
        throw new MoveGivenUp({ result: 'left', reason: why, code: null, settle: null, again: null });
    }
  }

  /** What the limit and the cap were before the plan tuned them. */
  #untuned(): LimitAndCap {
    const change = this.#move.planned.ladder.find(({ action }) => action === 'untune')?.change ?? {};
    this.#limitSeconds = change.downtimeLimitSeconds ?? this.#limitSeconds;
    return change;
  }

  #budgetSeconds(): number {
    const { workload, runLimits } = this.#move;
    return Math.min(workload.downtimeBudgetSeconds, runLimits.downtimeSecondsMax ?? Number.POSITIVE_INFINITY);
  }
}

export interface Correction {
  readonly action: 'untune' | 'throttle' | 'post-copy' | 'pause-within-budget';
  readonly why: string;
  readonly change: Partial<TransferSettings>;
}

/** A pass that leaves more than nine tenths of the best so far is no progress. */
const improvement = 0.9;
const patiencePasses = 3;
const patienceSecondsMin = 5;
/** The true pause is longer than the hypervisor's limit: socket backlog and loading come on top. */
const pauseShare = 0.7;
/** Sessions are handed over again when the end is so near; gateways that are busy with it would be late for the cut. */
const nearSeconds = 10;
const lastSeconds = 2;
/** So often then, and so often at any time: a list of a second's work at either gateway. */
const refreshSecondsMin = 5;
const refreshSecondsMax = 30;
