import type { Clock, Log } from '../../topology/world.ts';
import type { StepProgress } from '../moves/move.ts';
import type { Step } from '../moves/step.ts';
import type { Dispatch } from './store/dispatch.ts';

/** Tells listeners where a move stands: a share of its steps' weights that never runs backwards. */
export class MoveProgress {
  readonly #dispatch: Dispatch;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #of: { readonly run: string; readonly workload: string };
  readonly #weights: ReadonlyMap<string, number>;
  readonly #total: number;
  readonly #ended = new Set<string>();
  #doneRatio = 0;

  constructor(
    { dispatch, clock, log }: { readonly dispatch: Dispatch; readonly clock: Clock; readonly log: Log },
    of: { readonly run: string; readonly workload: string },
    steps: { readonly all: readonly Step[]; readonly ended: readonly string[] },
  ) {
    this.#dispatch = dispatch;
    this.#clock = clock;
    this.#log = log;
    this.#of = of;
    this.#weights = new Map(steps.all.map(({ name, weight }) => [name, weight]));
    this.#total = steps.all.reduce((sum, { weight }) => sum + weight, 0);
    for (const name of steps.ended) this.#ended.add(name);
  }

  report(step: string, progress: StepProgress | 'begun' | 'ended'): void {
    if (progress === 'ended') this.#ended.add(step);
    const within = typeof progress === 'object' ? progress.ratio * (this.#weights.get(step) ?? 0) : 0;
    const ended = [...this.#ended].reduce((sum, name) => sum + (this.#weights.get(name) ?? 0), 0);
    this.#doneRatio = Math.max(this.#doneRatio, Math.min(1, (ended + within) / Math.max(1, this.#total)));
    const isDetail = typeof progress === 'object';
    this.#publish(step, isDetail ? progress.text : progress, isDetail ? progress.convergence : null);
  }

  end(text: string, isDone: boolean): void {
    if (isDone) this.#doneRatio = 1;
    this.#publish('end', text, null);
  }

  #publish(step: string, text: string, convergence: number | null): void {
    const event = {
      ...this.#of,
      atSeconds: this.#clock.nowSeconds(),
      step,
      doneRatio: this.#doneRatio,
      convergence,
      text,
    };
    this.#dispatch
      .publish(event)
      .catch((error: unknown) => this.#log.debug({ step, error: String(error) }, 'progress not published'));
  }
}
