import { LonghaulError } from '../../topology/errors.ts';
import type { Clock } from '../../topology/world.ts';
import { isOver } from './run-state.ts';
import type { RunUpdate } from './service.ts';
import type { Dispatch, RunEvent } from './store/dispatch.ts';
import type { Records } from './store/records.ts';

export interface WatchParts {
  readonly records: Pick<Records, 'run'>;
  readonly dispatch: Pick<Dispatch, 'subscribe' | 'latest'>;
  readonly clock: Clock;
}

/** How often a run's record is looked at: progress is told by events, its state is not. */
const lookSeconds = 0.5;

/** A state that fails for longer is told: a Redis that is started again has read its file by then. */
const statePatienceSeconds = 15;

/** First where the run and each of its workloads stand, then every change, until the run ends or waits for a person. */
export async function* watchRun(
  { records, dispatch, clock }: WatchParts,
  id: string,
  signal: AbortSignal,
): AsyncGenerator<RunUpdate> {
  const events: RunEvent[] = [];
  const unsubscribe = await dispatch.subscribe(id, (event) => {
    events.push(event);
  });
  try {
    events.unshift(...(await dispatch.latest(id)));
    for (let version = 0; ; ) {
      const run = await patiently(clock, () => records.run(id), signal);
      if (run === null) throw new LonghaulError('LH_RUN_UNKNOWN', [id]);
      for (const event of events.splice(0)) yield { kind: 'progress', event };
      if (run.version !== version) yield { kind: 'run', run };
      if (isOver(run.state)) return;
      version = run.version;
      await clock.sleep(lookSeconds, signal);
    }
  } finally {
    await unsubscribe();
  }
}

async function patiently<T>(clock: Clock, ask: () => Promise<T>, signal: AbortSignal): Promise<T> {
  const untilSeconds = clock.monotonicSeconds() + statePatienceSeconds;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      const isPassing = error instanceof LonghaulError && error.code === 'LH_STATE_FAILED';
      if (!isPassing || clock.monotonicSeconds() > untilSeconds) throw error;
      await clock.sleep(lookSeconds, signal);
    }
  }
}
