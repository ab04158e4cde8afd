import type { Plan } from '../../planners/plan/plan.ts';
import { LonghaulError } from '../../topology/errors.ts';
import { isOver } from './run-state.ts';
import { viewOf } from './run-view.ts';
import type { Records } from './store/records.ts';

/**
 * Refuses a plan that moves what an open run is still to move: what that has not begun it has not claimed (claim.ts). One
 * that is cancelled begins nothing more.
 */
export async function requireUnplanned(records: Records, plan: Plan): Promise<void> {
  const wanted = new Set(plan.moves.map(({ workload }) => workload));
  for (const { id, state, request, plan: hash } of await records.runs()) {
    if (isOver(state) || request !== 'none') continue;
    const other = await records.plan(hash);
    if (other?.moves.some(({ workload }) => wanted.has(workload)) !== true) continue;
    const waiting = viewOf(other, await records.journal(id)).find(
      ({ planned, stage }) => stage === 'waiting' && wanted.has(planned.workload),
    );
    if (waiting !== undefined)
      throw new LonghaulError('LH_CLAIM_HELD', [waiting.planned.workload, id, state], {
        settle: `longhaul run ${id}, or longhaul cancel ${id}`,
      });
  }
}
