import { LonghaulError } from '../../../topology/errors.ts';
import { withDeadline } from '../../world/deadline.ts';
import type { Move } from '../move.ts';

/** Asks the target for something while the guest stands still: no answer in time is a reason to go back at once. */
export async function whileGuestStandsStill<T>(
  { clock, limits, workload, target }: Move,
  signal: AbortSignal,
  task: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const seconds = limits.standstillSeconds;
  const late = (): Error =>
    new LonghaulError('LH_TRANSFER_FAILED', [
      workload.name,
      target.name,
      'standing still',
      `the target has not answered for ${seconds} s`,
    ]);
  return await withDeadline({ clock, seconds, signal }, late, task);
}
