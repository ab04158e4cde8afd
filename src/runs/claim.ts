import { LonghaulError } from '../../topology/errors.ts';
import { foldMove } from '../moves/journal.ts';
import type { Claim } from '../site/site.ts';
import { isOver } from './run-state.ts';
import type { Records } from './store/records.ts';

/**
 * Takes the claim on a workload for this worker: whoever held it before, in this run or an ended one, can no longer
 * journal, and so can no longer pass the point of no return.
 */
export async function takeClaim(records: Records, workload: string, run: string): Promise<Claim> {
  for (let tries = 0; tries < triesMax; tries++) {
    const current = await records.claim(workload);
    if (current !== null && current.run !== run) await requireFree(records, workload, current.run);
    const epoch = await records.takeClaim(workload, current?.epoch ?? 0, run);
    if (epoch !== null) return { workload, epoch, run };
  }
  const current = await records.claim(workload);
  throw new LonghaulError('LH_CLAIM_LOST', [workload, 'not taken', current?.epoch ?? 0]);
}

/** A run that still moves the workload, or waits for a person about it, keeps it. */
export async function requireFree(records: Records, workload: string, run: string): Promise<void> {
  const record = await records.run(run);
  if (record === null || record.state === 'done') return;
  const entries = await records.journal(run);
  const last = entries.findLast((entry) => entry.workload === workload);
  if (isOver(record.state) && last === undefined) return;
  const outcome = last === undefined ? null : foldMove(entries, workload, last.attempt).outcome;
  if (
    outcome !== null &&
    outcome.result !== 'needs-person' &&
    (outcome.again === null || isOver(record.state))
  )
    return;
  throw new LonghaulError('LH_CLAIM_HELD', [workload, run, record.state], {
    settle: `longhaul run ${run}, or longhaul cancel ${run}`,
  });
}

const triesMax = 5;
