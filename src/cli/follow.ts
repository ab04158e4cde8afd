import type { RunStatus } from '../runs/status.ts';
import type { RunRecord } from '../runs/store/records.ts';
import { createProgress } from './render/progress.ts';
import type { Session } from './session.ts';

/**
 * Shows a run until it ends or waits for a person; null when it was left to itself. Ctrl-C where this process does
 * the work asks the run to cancel, a second one leaves it as it is; where another process does, the first one leaves.
 */
export async function followRun({ service, app }: Session, { id }: RunRecord): Promise<RunStatus | null> {
  const progress = createProgress({
    isTerminal: process.stderr.isTTY,
    get columns() {
      return process.stderr.columns;
    },
    write: (text) => void process.stderr.write(text),
  });
  const leaving = new AbortController();
  let interrupts = 0;
  const interrupt = (): void => {
    interrupts++;
    if (app === null || interrupts > 1) {
      leaving.abort();
      return;
    }
    progress.say(
      'Cancelling: moves before their point of no return go back, the others finish. Ctrl-C again leaves.',
    );
    service.request(id, 'cancel').catch((error: unknown) => progress.say(String(error)));
  };
  const leave = (): void => leaving.abort();
  process.on('SIGINT', interrupt).on('SIGTERM', leave);
  try {
    for await (const update of service.watch(id, leaving.signal))
      if (update.kind === 'progress') progress.show(update.event);
    progress.end();
    return await service.show(id);
  } catch (error) {
    if (!leaving.signal.aborted) throw error;
    progress.end();
    progress.say(app === null ? goesOn(id) : isLeft(id));
    return null;
  } finally {
    process.off('SIGINT', interrupt).off('SIGTERM', leave);
  }
}

const goesOn = (id: string): string =>
  `Run ${id} goes on in the process that carries it out. longhaul show ${id} looks, longhaul cancel ${id} cancels.`;
const isLeft = (id: string): string =>
  `Run ${id} is left where it stands; nobody carries it out now. longhaul run ${id} goes on, longhaul cancel ${id} takes back what can be.`;

/** Design, command line: 0 done, 1 failed or taken back, 4 a person has to settle it. */
export function exitCodeOfRun({ state }: Pick<RunRecord, 'state'>): number {
  return { done: 0, failed: 1, cancelled: 1, 'needs-person': 4, pending: 1, running: 1 }[state];
}
