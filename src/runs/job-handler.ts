import { conduct } from './conductor.ts';
import { runMoveJob } from './move-job.ts';
import type { RunParts } from './parts.ts';
import type { JobHandler } from './store/dispatch.ts';

/** What a worker does with the jobs it takes: `dispatch.work(createJobHandler(parts), …)`. */
export function createJobHandler(parts: RunParts): JobHandler {
  return async (job, signal, { lastTry }) => {
    if (job.kind === 'conduct') await conduct(parts, job.run, signal);
    else await runMoveJob(parts, job, { signal, lastTry });
  };
}
