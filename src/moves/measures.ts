import type { Method } from '../../topology/resolve/topology.ts';
import type { JournalEntry, StoredEntry } from '../runs/store/records.ts';
import { foldMove } from './journal.ts';
import type { Step } from './step.ts';
import { copyDisks, shutDownSource } from './steps/cold.ts';
import { gatherEvidence } from './steps/evidence.ts';
import { turnNames } from './steps/names.ts';
import { cloneAtTarget } from './steps/redirect.ts';

/** What came of one attempt, in the words of its prediction (planners/estimate/estimate.ts). Null: not measured (yet). */
export interface Measures {
  readonly totalSeconds: number | null;
  readonly pauseSeconds: number | null;
  readonly transferredBytes: number | null;
}

/**
 * A live move is measured by the hypervisors. A cold one is away from the moment it is told to shut down until it is
 * seen to serve at the target, and takes from the first byte until then; a redirected one takes from the order for the
 * clone until clients are sent there. Those spans come from the journal, whose entries a crash does not move.
 */
export function measuresOf(
  method: Method,
  entries: readonly StoredEntry[],
  { workload, attempt }: { readonly workload: string; readonly attempt: number },
): Measures {
  const own = entries.filter((entry) => entry.workload === workload && entry.attempt === attempt);
  const { facts } = foldMove(own, workload, attempt);
  const transferredBytes = facts.transfer?.transferredBytes ?? null;
  switch (method) {
    case 'cold':
      return {
        totalSeconds: spanSeconds(own, copyDisks, gatherEvidence),
        pauseSeconds: spanSeconds(own, shutDownSource, gatherEvidence),
        transferredBytes,
      };
    case 'redirect':
      return {
        totalSeconds: spanSeconds(own, cloneAtTarget, turnNames),
        pauseSeconds: null,
        transferredBytes,
      };
    case 'routed-live':
    case 'stretched-live':
      return {
        totalSeconds: facts.transfer?.elapsedSeconds ?? null,
        pauseSeconds: facts.pauseSeconds ?? null,
        transferredBytes,
      };
  }
}

/** From the first `begin` of one step to the `end` of another. */
function spanSeconds(entries: readonly StoredEntry[], from: Step, to: Step): number | null {
  const at = (event: JournalEntry['event'], { name }: Step): number | null =>
    entries.find((entry) => entry.event === event && entry.step === name)?.atSeconds ?? null;
  const [begin, end] = [at('begin', from), at('end', to)];
  return begin === null || end === null ? null : end - begin;
}
