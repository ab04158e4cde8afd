import { LonghaulError } from '../../../topology/errors.ts';
import { differencesOf } from '../differences.ts';
import type { Step } from '../step.ts';

/** The plan was made from a description of the world; this looks whether it is still so for this one move. */
export const checkWorld: Step = {
  name: 'check world',
  weight: 1,
  deadlineSeconds: ({ limits }) => 2 * limits.callSeconds,
  apply: async (move, signal) => {
    const [source, target] = await Promise.all([
      move.source.agent.describe(signal),
      move.target.agent.describe(signal),
    ]);
    const differences = differencesOf(move, { source, target });
    if (differences.length > 0)
      throw new LonghaulError('LH_PLAN_STALE', [move.workload.name, differences.join('; ')], {
        settle: 'longhaul plan TOPOLOGY RUNBOOK, after probing the topology again',
      });
    return undefined;
  },
};
