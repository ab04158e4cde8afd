import assert from 'node:assert/strict';
import type { Plan } from '../../planners/plan/plan.ts';
import { LonghaulError } from '../../topology/errors.ts';
import { isFinal, type Outcome } from '../moves/journal.ts';
import { checkPlan } from './check-world.ts';
import { decide } from './decide.ts';
import type { RunParts } from './parts.ts';
import { noLongerNeeded } from '../world/deadline.ts';
import { nextRunState, type RunInput } from './run-state.ts';
import { RunViews, type MoveView } from './run-view.ts';
import type { QueueJob } from './store/dispatch.ts';
import type { RunChange, RunRecord } from './store/records.ts';

/**
 * Conducts one run: adds a move's job when it may begin, finds jobs that were lost, and ends the run when nothing moves
 * any more. It keeps nothing of its own: a conductor that is killed is followed by another that reads the journal.
 */
export async function conduct(parts: RunParts, run: string, signal: AbortSignal): Promise<void> {
  const record = await change(parts, run, { input: 'started' });
  if (record.state !== 'running') return;
  const plan = await parts.records.plan(record.plan);
  assert(plan !== null, `run ${run} has no plan`);
  const conductor = new Conductor(parts, plan, run);
  await conductor.run(signal);
}

class Conductor {
  readonly #parts: RunParts;
  readonly #plan: Plan;
  readonly #run: string;
  readonly #views: RunViews;
  /** Jobs added here that have not shown in the journal yet, or are to better an outcome of that sequence. */
  readonly #added = new Map<
    string,
    { readonly attempt: number; readonly afterSequence: number; addedAtSeconds: number }
  >();

  #lookForLostAtSeconds = 0;

  constructor(parts: RunParts, plan: Plan, run: string) {
    this.#parts = parts;
    this.#plan = plan;
    this.#run = run;
    this.#views = new RunViews(plan);
  }

  async run(signal: AbortSignal): Promise<void> {
    const { records, clock } = this.#parts;
    await this.#read();
    if (!(await this.#mayBegin(signal))) return;
    await this.#carryOn();
    for (;;) {
      signal.throwIfAborted();
      await this.#read();
      const record = await records.run(this.#run);
      assert(record !== null, `run ${this.#run} is gone`);
      const decision = decide({
        plan: this.#plan,
        moves: this.#moves(),
        request: record.request,
        elapsedSeconds: clock.nowSeconds() - (record.startedAtSeconds ?? clock.nowSeconds()),
        nowSeconds: clock.nowSeconds(),
        limits: this.#parts.limits,
      });
      for (const { workload, because } of decision.blocked) await this.#block(workload, because);
      for (const { workload, attempt } of decision.begin) await this.#add(workload, attempt, 0);
      await this.#findLost();
      if (decision.isOver && decision.blocked.length === 0) {
        await this.#end(record);
        return;
      }
      await this.#wait(signal);
    }
  }

  /** Before the first move: the plan must still fit the world, or nothing is touched. */
  async #mayBegin(signal: AbortSignal): Promise<boolean> {
    if (this.#views.moves.some(({ stage, nextAttempt }) => stage !== 'waiting' || nextAttempt > 1))
      return true;
    try {
      await this.#check(signal);
      return true;
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof LonghaulError)) throw error;
      await this.#read();
      if (this.#hasBegun()) return true; // another conductor was faster: the world differs by our own moves
      await this.#note('check world', { code: error.code, text: error.message });
      const endedAtSeconds = this.#parts.clock.nowSeconds();
      if (error.kind === 'world') await change(this.#parts, this.#run, { input: 'stayed', endedAtSeconds });
      else
        await change(this.#parts, this.#run, {
          input: 'person',
          endedAtSeconds,
          settle: error.settle ?? 'plan again',
        });
      return false;
    }
  }

  #hasBegun(): boolean {
    return this.#views.moves.some(({ stage, nextAttempt }) => stage !== 'waiting' || nextAttempt > 1);
  }

  async #check(signal: AbortSignal): Promise<void> {
    const { clock, limits, log } = this.#parts;
    const untilSeconds = clock.monotonicSeconds() + limits.patienceBeforeSeconds;
    for (;;) {
      try {
        await checkPlan(this.#parts, { plan: this.#plan, run: this.#run }, signal);
        return;
      } catch (error) {
        signal.throwIfAborted();
        const isPassing = error instanceof LonghaulError && error.kind === 'world';
        if (!isPassing || clock.monotonicSeconds() > untilSeconds) throw error;
        log.warn({ run: this.#run, error: error.message }, 'the world cannot be checked yet');
        await clock.sleep(limits.retryMaxSeconds, signal);
      }
    }
  }

  /** Moves that stopped where a person was needed, or left something behind, are taken up again once. */
  async #carryOn(): Promise<void> {
    for (const { planned, outcome, outcomeSequence, attempt } of this.#views.moves)
      if (outcome !== null && !isFinal(outcome)) await this.#add(planned.workload, attempt, outcomeSequence);
  }

  async #read(): Promise<void> {
    this.#views.add(await this.#parts.records.journal(this.#run, this.#views.sequence));
    for (const { planned, attempt, outcomeSequence } of this.#views.moves) {
      const added = this.#added.get(planned.workload);
      if (added !== undefined && attempt >= added.attempt && outcomeSequence > added.afterSequence)
        this.#added.delete(planned.workload);
    }
  }

  /** As the journal has it; and what was added here counts as moving until the journal says more. */
  #moves(): readonly MoveView[] {
    return this.#views.moves.map((view) =>
      this.#added.has(view.planned.workload) && view.stage !== 'landed'
        ? { ...view, stage: 'moving', outcome: null }
        : view,
    );
  }

  async #add(workload: string, attempt: number, afterSequence: number): Promise<void> {
    const addedAtSeconds = this.#parts.clock.monotonicSeconds();
    this.#added.set(workload, { attempt, afterSequence, addedAtSeconds });
    await this.#parts.dispatch.add(this.#job(workload, attempt));
  }

  #job(workload: string, attempt: number): QueueJob {
    return { id: `${this.#run}-${workload}-${attempt}`, kind: 'move', run: this.#run, workload, attempt };
  }

  /** The queue may lose a job, or give one up; the journal shows that its move is not over. */
  async #findLost(): Promise<void> {
    const { dispatch, clock, limits, log } = this.#parts;
    if (clock.monotonicSeconds() < this.#lookForLostAtSeconds) return;
    this.#lookForLostAtSeconds = clock.monotonicSeconds() + limits.lostLookSeconds;
    for (const { planned, stage, attempt } of this.#moves()) {
      if (stage !== 'moving' && stage !== 'landed') continue;
      const added = this.#added.get(planned.workload);
      const job = this.#job(planned.workload, added?.attempt ?? attempt);
      const isRecent =
        added !== undefined && clock.monotonicSeconds() - added.addedAtSeconds < limits.attemptPauseSeconds;
      if (isRecent || (await dispatch.holds(job))) continue;
      log.warn({ job: job.id }, 'job was lost, added again');
      if (added !== undefined) added.addedAtSeconds = clock.monotonicSeconds();
      await dispatch.add(job);
    }
  }

  async #block(workload: string, because: string): Promise<void> {
    const outcome: Outcome = {
      result: 'left',
      reason: because,
      code: null,
      remains: [],
      settle: null,
      again: null,
    };
    await this.#note('needs', { ...outcome, of: workload }, 'outcome');
  }

  async #end(record: RunRecord): Promise<void> {
    const outcomes = this.#views.moves.map(({ outcome }) => outcome);
    const person = outcomes.find((outcome) => outcome?.result === 'needs-person');
    const hasStayed = outcomes.some((outcome) => outcome?.result !== 'moved');
    const input: RunInput =
      person != null
        ? 'person'
        : !hasStayed
          ? 'all-moved'
          : record.request === 'none'
            ? 'stayed'
            : 'cancelled';
    const endedAtSeconds = this.#parts.clock.nowSeconds();
    await change(this.#parts, this.#run, { input, endedAtSeconds, settle: person?.settle ?? null });
  }

  async #note(
    step: string,
    detail: Readonly<Record<string, unknown>>,
    event: 'note' | 'outcome' = 'note',
  ): Promise<void> {
    const { records, clock } = this.#parts;
    await records.append(this.#run, {
      atSeconds: clock.nowSeconds(),
      workload: null,
      attempt: 1,
      epoch: 0,
      step,
      event,
      detail,
    });
  }

  /** Until a move says something, or the time comes to look again. */
  async #wait(signal: AbortSignal): Promise<void> {
    const { clock, dispatch, limits } = this.#parts;
    const stop = new AbortController();
    const close = (): void => stop.abort(signal.reason);
    signal.addEventListener('abort', close, { once: true });
    const heard = new Promise<void>((resolve) => {
      void dispatch
        .subscribe(this.#run, ({ step }) => {
          if (step === 'end') resolve();
        })
        .then((unsubscribe) =>
          stop.signal.addEventListener('abort', () => void unsubscribe(), { once: true }),
        )
        .catch(() => undefined); // then only the clock wakes us
    });
    try {
      await Promise.race([heard, clock.sleep(limits.conductLookSeconds, stop.signal)]);
    } finally {
      signal.removeEventListener('abort', close);
      stop.abort(noLongerNeeded);
    }
  }
}

/** Moves the run's state as its table says, whoever else writes to it at the same time. */
export async function change(
  { records, clock }: Pick<RunParts, 'records' | 'clock'>,
  run: string,
  { input, ...fields }: Omit<RunChange, 'state'> & { readonly input: RunInput },
): Promise<RunRecord> {
  for (;;) {
    const record = await records.run(run);
    if (record === null) throw new LonghaulError('LH_RUN_UNKNOWN', [run]);
    const state = nextRunState(record.state, input);
    assert(state !== null, `run ${run} is ${record.state}: ${input} cannot happen`);
    const startedAtSeconds = record.startedAtSeconds ?? (state === 'running' ? clock.nowSeconds() : null);
    const changed = await records.updateRun(run, record.version, { startedAtSeconds, ...fields, state });
    if (changed !== null) return changed;
  }
}
