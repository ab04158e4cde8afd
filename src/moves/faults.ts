import { LonghaulError, type ErrorCode } from '../../topology/errors.ts';
import type { RunRequest } from '../runs/store/records.ts';
import { MoveGivenUp } from './give-up.ts';
import type { MoveState } from './journal.ts';
import type { Move } from './move.ts';

/* What an error means to the attempt that it meets: wait and try again, go back, or leave it to somebody else. */

export class CancelRequested extends Error {
  constructor(request: RunRequest) {
    super(`asked to ${request}`);
  }
}

/** Certain: no order to run has reached the target in this try. Unlike any other fault past the point of no return. */
export class NotOrdered extends LonghaulError {
  constructor({ code, values }: LonghaulError) {
    super(code, values);
  }
}

export const takenOver: ReadonlySet<ErrorCode> = new Set(['LH_CLAIM_LOST', 'LH_EPOCH_STALE']);

/** Asking again would only hear the same. */
const decided: ReadonlySet<ErrorCode> = new Set([
  'LH_TRANSFER_FAILED',
  'LH_GUEST_STATE',
  'LH_HYPERVISOR_FAILED',
]);

export const hasTimedOut = (error: unknown): boolean =>
  error instanceof LonghaulError && error.code === 'LH_STEP_TIMEOUT';

export const hasEnded: ErrorCode = 'LH_GUEST_ENDED';

export const isPassing = (error: unknown): boolean =>
  error instanceof LonghaulError && error.kind === 'world' && !decided.has(error.code);

export function undoingOf(
  error: unknown,
  { run, method }: Pick<Move, 'run' | 'method'>,
): NonNullable<MoveState['undoing']> {
  if (error instanceof MoveGivenUp) return error.undoing;
  const base = { reason: messageOf(error), code: codeOf(error), settle: null, again: null };
  if (error instanceof CancelRequested) return { ...base, result: 'cancelled' };
  if (error instanceof LonghaulError && error.kind === 'person')
    return { ...base, result: 'needs-person', settle: error.settle ?? `longhaul run ${run}` };
  const isPassingFault = error instanceof LonghaulError && error.kind === 'world';
  return { ...base, result: 'failed', again: isPassingFault ? { method } : null };
}

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
export const codeOf = (error: unknown): string | null => (error instanceof LonghaulError ? error.code : null);

export function failureOf(error: unknown): Readonly<Record<string, unknown>> {
  return { code: codeOf(error), message: messageOf(error) };
}
