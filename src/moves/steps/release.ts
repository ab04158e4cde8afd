import { LonghaulError } from '../../../topology/errors.ts';
import type { Step } from '../step.ts';

/** The copy at the source goes; its agent starts it again only for a claim with a higher epoch. */
export const releaseSource: Step = {
  name: 'release source',
  weight: 1,
  isLanding: true,
  deadlineSeconds: ({ limits }) => 2 * limits.callSeconds,
  apply: async ({ source, target, workload, claim }, signal) => {
    const copy = await target.guests.inspect(workload.name, signal);
    if (copy.state !== 'running')
      throw new LonghaulError('LH_EVIDENCE_MISSING', [
        workload.name,
        target.name,
        `it is '${copy.state}' there`,
      ]);
    await source.guests.discard(claim, signal);
    return undefined;
  },
};
