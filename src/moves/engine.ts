import { LonghaulError } from '../../topology/errors.ts';
import type { RunRequest } from '../runs/store/records.ts';
import type { GuestState } from '../site/site.ts';
import { noLongerNeeded, withDeadline } from '../world/deadline.ts';
import { returnedGuest } from './steps/source.ts';
import {
  CancelRequested,
  codeOf,
  failureOf,
  hasEnded,
  hasTimedOut,
  isPassing,
  messageOf,
  NotOrdered,
  takenOver,
  undoingOf,
} from './faults.ts';
import type { MoveJournal, MoveState, Outcome } from './journal.ts';
import type { Move, MoveEnd, MoveFacts, StepProgress } from './move.ts';
import { goneAhead, moved, unexplained } from './outcomes.ts';
import type { Step } from './step.ts';

/**
 * Runs the steps of one attempt of a move against its journal, from wherever the journal says it stands.
 *
 *   forward ── step fails, cancel asked ──▶ undoing (last begun first) ──▶ failed, cancelled, left
 *      │  before the point of no return
 *      │  after it: tried again until patience ends ──▶ needs-person ── `run` ──▶ forward
 *      ▼                                                     └── `rollback`, target safe ──▶ undoing
 *    moved
 *
 * Every side effect has its `begin` (or `undo`) in the journal before it, and its `end` (`undone`) after it; what lies
 * between is found out by looking at the world again, never guessed.
 */
export class Engine {
  readonly #steps: readonly Step[];
  readonly #move: Omit<Move, 'facts' | 'note' | 'report'>;
  readonly #journal: MoveJournal;
  readonly #request: () => Promise<RunRequest>;
  readonly #report: (step: string, progress: StepProgress | 'begun' | 'ended') => void;
  readonly #signal: AbortSignal;
  #state: MoveState;
  /** Set before the entry is written: from then on no cancel may cut in. */
  #isCommitted: boolean;
  #isAcknowledged = false;
  /** Begun by a worker before this one, and not past the point of no return. */
  readonly #isTakenUp: boolean;
  /** A person has read that the guest ended at its source, and carries on. */
  readonly #mayBoot: boolean;

  constructor(parts: EngineParts) {
    this.#steps = parts.steps;
    this.#move = parts.move;
    this.#journal = parts.journal;
    this.#request = parts.request;
    this.#report = parts.report;
    this.#signal = parts.signal;
    this.#state = parts.state;
    this.#isCommitted = parts.state.isPastPointOfNoReturn;
    this.#isTakenUp = parts.state.begun.length > 0 && !this.#isCommitted;
    this.#mayBoot = parts.state.outcome?.code === hasEnded;
  }

  async run(): Promise<Outcome> {
    if (this.#isTakenUp && (await this.#hasGoneAhead())) return await this.#end(goneAhead(this.#move));
    if (this.#state.undoing !== null) return await this.#undo();
    try {
      const wantsBack = await this.#wantsBack();
      if (wantsBack === null) {
        await this.#patiently('claim', () => this.#acknowledge());
        await this.#forward();
        return await this.#end({ ...moved, remains: [] });
      }
      await this.#goBack(wantsBack);
    } catch (error) {
      this.#rethrowForeign(error);
      if (this.#isCommitted) return await this.#stop(error);
      await this.#turnBack(error);
    }
    return await this.#undo();
  }

  /** From here on no call of an earlier worker that is still under way can act at either site. */
  async #acknowledge(): Promise<void> {
    const { source, target, claim, limits } = this.#move;
    for (const { agent } of [source, target])
      await this.#boundedBy(limits.callSeconds, 'claim', (signal) => agent.acknowledge(claim, signal));
    this.#isAcknowledged = true;
  }

  async #forward(): Promise<void> {
    for (const step of this.#steps) {
      if (this.#state.ended.includes(step.name)) continue;
      await this.#heedRequest();
      this.#report(step.name, 'begun');
      await this.#journal.append('begin', step.name);
      this.#state = { ...this.#state, begun: added(this.#state.begun, step.name), outcome: null };
      const facts = await this.#patiently(step.name, () => this.#take(step));
      await this.#journal.append('end', step.name, facts === undefined ? {} : { facts });
      this.#state = {
        ...this.#state,
        ended: added(this.#state.ended, step.name),
        facts: { ...this.#state.facts, ...facts },
      };
      this.#report(step.name, 'ended');
    }
  }

  async #take(step: Step): Promise<MoveFacts | undefined> {
    const isNewCommitment = step.isPointOfNoReturn === true && !this.#state.isPastPointOfNoReturn;
    if (step.isPointOfNoReturn !== true || isNewCommitment) {
      const observed = await this.#bounded(
        step,
        async (signal) => await step.observe?.(this.#now(step), signal),
      );
      if (observed === 'done' && !isNewCommitment) return undefined;
    }
    if (isNewCommitment) return await this.#commit(step);
    return await this.#apply(step);
  }

  async #apply(step: Step): Promise<MoveFacts | undefined> {
    return await this.#bounded(step, (signal) => step.apply(this.#now(step), signal));
  }

  async #commit(step: Step): Promise<MoveFacts | undefined> {
    await this.#heedRequest();
    this.#isCommitted = true;
    await this.#journal.append('point-of-no-return', step.name);
    this.#state = { ...this.#state, isPastPointOfNoReturn: true };
    return await this.#applyFirst(step);
  }

  /**
   * The guest stands still. As long as no order to run has left this worker, who alone may give it, the target cannot
   * run: then it goes back, as before the point of no return.
   */
  async #applyFirst(step: Step): Promise<MoveFacts | undefined> {
    const { clock, limits, workload, target } = this.#move;
    const untilSeconds = clock.monotonicSeconds() + limits.standstillSeconds;
    for (;;) {
      try {
        return await this.#apply(step);
      } catch (error) {
        if (!(error instanceof NotOrdered)) throw error;
        if (clock.monotonicSeconds() >= untilSeconds) {
          this.#isCommitted = false;
          const why = `no order to run could be given for ${limits.standstillSeconds} s: ${error.message}`;
          throw new LonghaulError('LH_TRANSFER_FAILED', [workload.name, target.name, 'standing still', why]);
        }
        await clock.sleep(limits.retryFirstSeconds, this.#signal);
      }
    }
  }

  /** Last begun, first undone. What cannot be undone now is named, and the rest is undone all the same. */
  async #undo(): Promise<Outcome> {
    const { undoing } = this.#state;
    const untilSeconds = this.#move.clock.monotonicSeconds() + this.#move.limits.patienceAfterSeconds;
    const remains: string[] = [];
    if (!this.#isAcknowledged) await this.#acknowledgeAtSource(untilSeconds);
    for (const step of this.#steps.toReversed()) {
      const isOpen = this.#state.begun.includes(step.name) && !this.#state.undone.includes(step.name);
      const undo = step.undo?.bind(step);
      if (!isOpen || undo === undefined) continue;
      this.#report(`undo ${step.name}`, 'begun');
      await this.#journal.append('undo', step.name, { undoing });
      try {
        const undoOnce = (): Promise<void> => this.#bounded(step, (signal) => undo(this.#now(step), signal));
        await this.#patiently(step.name, undoOnce, untilSeconds);
        await this.#journal.append('undone', step.name);
      } catch (error) {
        this.#rethrowForeign(error);
        remains.push(`${step.name}: ${messageOf(error)}`);
        await this.#journal.append('fail', step.name, failureOf(error));
      }
    }
    return await this.#end({
      ...(undoing ?? unexplained),
      ...(await this.#sourceServes(untilSeconds)),
      remains,
    });
  }

  /** The guest is where this journal has never let it run: a state that was brought back from an older copy. */
  async #hasGoneAhead(): Promise<boolean> {
    const { source, target, workload, limits } = this.#move;
    const stateAt = async ({ name, guests }: MoveEnd): Promise<GuestState['state']> => {
      const look = (signal: AbortSignal): Promise<GuestState> => guests.inspect(workload.name, signal);
      return (await this.#boundedBy(limits.standstillSeconds, `look at ${name}`, look)).state;
    };
    try {
      return (await stateAt(source)) !== 'running' && (await stateAt(target)) === 'running';
    } catch (error) {
      this.#rethrowForeign(error);
      return false;
    }
  }

  /**
   * On the way back only the source must hear of the claim first: its guest may stand still. The target hears of it with
   * the first call that takes something away there.
   */
  async #acknowledgeAtSource(untilSeconds: number): Promise<void> {
    const { source, claim, limits } = this.#move;
    const tell = (): Promise<void> =>
      this.#boundedBy(limits.callSeconds, 'claim', (signal) => source.agent.acknowledge(claim, signal));
    try {
      await this.#patiently('claim', tell, untilSeconds);
    } catch (error) {
      this.#rethrowForeign(error);
      await this.#journal.append('note', 'claim', {
        text: 'the source did not hear of the claim',
        ...failureOf(error),
      });
    }
  }

  /** An attempt that went back is only over when its guest is seen to run at its source. */
  async #sourceServes(
    untilSeconds: number,
  ): Promise<
    (Pick<Outcome, 'result' | 'reason' | 'settle'> & Partial<Pick<Outcome, 'code' | 'again'>>) | undefined
  > {
    const { workload, source, run, limits } = this.#move;
    const undoing = this.#state.undoing ?? unexplained;
    const settle = `longhaul run ${run}`;
    const seconds = limits.callSeconds + (this.#mayBoot ? workload.bootSeconds : 0);
    const move = this.#now({ name: 'source runs' });
    const look = (): Promise<GuestState> =>
      this.#boundedBy(seconds, 'source runs', (signal) =>
        returnedGuest(move, { mayBoot: this.#mayBoot }, signal),
      );
    try {
      const guest = await this.#patiently('source runs', look, untilSeconds);
      if (guest.state === 'running') return undefined;
      const reason = `${undoing.reason}; and its guest at '${source.name}' is '${guest.state}'`;
      return { result: 'needs-person', reason, settle };
    } catch (error) {
      this.#rethrowForeign(error);
      if (error instanceof LonghaulError && error.code === hasEnded)
        return {
          result: 'needs-person',
          reason: `${undoing.reason}; ${error.message}`,
          code: hasEnded,
          settle: `${settle}   (boots it at '${source.name}' again)`,
          again: null,
        };
      const reason = `${undoing.reason}; whether it runs at '${source.name}' is not known: ${messageOf(error)}`;
      return { result: 'needs-person', reason, settle };
    }
  }

  async #turnBack(error: unknown): Promise<void> {
    const step = this.#state.begun.at(-1) ?? 'claim';
    await this.#journal.append('fail', step, failureOf(error));
    await this.#beginUndo(step, undoingOf(error, this.#move));
  }

  async #beginUndo(step: string, undoing: NonNullable<MoveState['undoing']>): Promise<void> {
    await this.#journal.append('undo', step, { undoing });
    this.#isCommitted = false;
    this.#state = { ...this.#state, undoing, isPastPointOfNoReturn: false };
  }

  /** Past the point of no return nothing is undone: a person is asked. */
  async #stop(error: unknown): Promise<Outcome> {
    const step = this.#state.begun.at(-1) ?? 'claim';
    await this.#journal.append('fail', step, failureOf(error));
    const { run } = this.#move;
    const isInWindow = this.#steps.some(
      ({ name, isPointOfNoReturn }) => isPointOfNoReturn === true && !this.#state.ended.includes(name),
    );
    const inWindow = `longhaul run ${run}   (or, to return to the source: longhaul rollback ${run})`;
    const settle = error instanceof LonghaulError ? error.settle : undefined;
    return await this.#end({
      result: 'needs-person',
      reason: `stopped at '${step}': ${messageOf(error)}`,
      code: isInWindow ? 'LH_MOVE_UNDECIDED' : codeOf(error),
      remains: [],
      settle: settle ?? (isInWindow ? inWindow : `longhaul run ${run}`),
      again: null,
    });
  }

  /** Whether a person wants back a move that stopped inside its switchover window. */
  async #wantsBack(): Promise<RunRequest | null> {
    if (!this.#isCommitted) return null;
    const request = await this.#request();
    const isOpen = this.#steps.some(
      (step) => step.goBack !== undefined && !this.#state.ended.includes(step.name),
    );
    return isOpen && (request === 'rollback' || request === 'rollback-target-down') ? request : null;
  }

  async #goBack(request: RunRequest): Promise<void> {
    const step = this.#steps.find((each) => each.goBack !== undefined);
    const goBack = step?.goBack?.bind(step);
    if (step === undefined || goBack === undefined) return;
    const isTargetDown = request === 'rollback-target-down';
    await this.#patiently(step.name, () =>
      this.#bounded(step, (signal) => goBack(this.#now(step), signal, { isTargetDown })),
    );
    const reason = isTargetDown ? 'rolled back; a person vouched that the target is down' : 'rolled back';
    await this.#beginUndo(step.name, { result: 'cancelled', reason, code: null, settle: null, again: null });
  }

  async #end(outcome: Outcome): Promise<Outcome> {
    await this.#journal.append('outcome', 'end', { ...outcome });
    return outcome;
  }

  /**
   * Faults of the world are borne with growing pauses, as long as this side of the point of no return allows, counted
   * from the first of them: a drain that has gone well for an hour has its whole patience left.
   */
  async #patiently<T>(step: string, task: () => Promise<T>, untilSeconds?: number): Promise<T> {
    const { clock, limits, log } = this.#move;
    const longestPause = this.#standsStillAt(step) ? limits.standstillSeconds : limits.retryMaxSeconds;
    let failingSinceSeconds = clock.monotonicSeconds();
    for (let pause = limits.retryFirstSeconds; ; pause = Math.min(longestPause, pause * 2)) {
      const triedAtSeconds = clock.monotonicSeconds();
      try {
        return await task();
      } catch (error) {
        this.#rethrowForeign(error);
        const nowSeconds = clock.monotonicSeconds();
        const wentWell = nowSeconds - triedAtSeconds > 2 * limits.callSeconds && !hasTimedOut(error);
        if (wentWell) failingSinceSeconds = nowSeconds;
        const patienceSeconds = this.#isCommitted
          ? limits.patienceAfterSeconds
          : limits.patienceBeforeSeconds;
        const endSeconds = untilSeconds ?? failingSinceSeconds + patienceSeconds;
        if (!isPassing(error) || nowSeconds + pause > endSeconds) throw error;
        log.warn({ step, pauseSeconds: pause, error: messageOf(error) }, 'tried again');
        await this.#journal.append('note', step, { text: 'tried again', ...failureOf(error) });
        await clock.sleep(pause, this.#signal);
      }
    }
  }

  /** Nothing runs while it is tried: a guest that waits is not left waiting for a pause of ours. */
  #standsStillAt(step: string): boolean {
    return this.#steps.some(({ name, isPointOfNoReturn }) => name === step && isPointOfNoReturn === true);
  }

  async #bounded<T>(step: Step, task: (signal: AbortSignal) => Promise<T>): Promise<T> {
    return await this.#boundedBy(step.deadlineSeconds(this.#now(step)), step.name, task);
  }

  /** Ends at the deadline, when the process closes, and before the point of no return when a person cancels. */
  async #boundedBy<T>(seconds: number, step: string, task: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const { clock, workload, limits } = this.#move;
    const cancel = new AbortController();
    const done = new AbortController();
    const close = (): void => cancel.abort(this.#signal.reason);
    this.#signal.addEventListener('abort', close, { once: true });
    if (this.#signal.aborted) close();
    const looking = this.#lookForCancel(cancel, limits.requestLookSeconds, done.signal);
    try {
      return await withDeadline(
        { clock, seconds, signal: cancel.signal },
        () => new LonghaulError('LH_STEP_TIMEOUT', [step, workload.name, seconds]),
        task,
      );
    } finally {
      this.#signal.removeEventListener('abort', close);
      done.abort(noLongerNeeded);
      await looking;
    }
  }

  async #lookForCancel(cancel: AbortController, everySeconds: number, done: AbortSignal): Promise<void> {
    if (this.#isCommitted || this.#state.undoing !== null) return;
    try {
      for (;;) {
        await this.#move.clock.sleep(everySeconds, done);
        const request = await this.#request();
        if (request !== 'none' && !this.#isCommitted && !done.aborted)
          cancel.abort(new CancelRequested(request));
      }
    } catch {
      return; // the task has ended, or the state cannot be read: the step's own calls will find out
    }
  }

  async #heedRequest(): Promise<void> {
    if (this.#isCommitted) return;
    const request = await this.#request();
    if (request !== 'none') throw new CancelRequested(request);
  }

  #now(step: Pick<Step, 'name'>): Move {
    return {
      ...this.#move,
      facts: this.#state.facts,
      note: (text, detail = {}) => this.#journal.append('note', step.name, { text, ...detail }),
      report: (progress) => this.#report(step.name, progress),
    };
  }

  /** Not ours to handle: this process closes, or another worker has taken the move over. */
  #rethrowForeign(error: unknown): void {
    this.#signal.throwIfAborted();
    if (error instanceof LonghaulError && takenOver.has(error.code)) throw error;
  }
}

export interface EngineParts {
  readonly steps: readonly Step[];
  readonly move: Omit<Move, 'facts' | 'note' | 'report'>;
  readonly journal: MoveJournal;
  readonly state: MoveState;
  readonly request: () => Promise<RunRequest>;
  readonly report: (step: string, progress: StepProgress | 'begun' | 'ended') => void;
  readonly signal: AbortSignal;
}

const added = (names: readonly string[], name: string): readonly string[] =>
  names.includes(name) ? names : [...names, name];
