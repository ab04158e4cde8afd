import { AssertionError } from 'node:assert';
import { LonghaulError } from '../../../topology/errors.ts';
import { aroundCalls } from '../../world/around-calls.ts';

/** A full disk, a broken connection, a server that restarts: whatever a store throws is a fault of the world. */
export function withStateFailures<T extends object>(store: T, place: string): T {
  return aroundCalls(store, async (call) => {
    try {
      return await call();
    } catch (error) {
      throw stateFailure('LH_STATE_FAILED', place, error);
    }
  });
}

/** What is no fault of ours is told as one of the state. */
export function stateFailure(
  code: 'LH_STATE_FAILED' | 'LH_STATE_UNREACHABLE',
  place: string,
  error: unknown,
): unknown {
  if (error instanceof LonghaulError || error instanceof AssertionError) return error;
  return new LonghaulError(code, [place, wordsOf(error)], { cause: error });
}

/** The file system inside PGlite throws plain objects: a name and the number of an errno. */
function wordsOf(error: unknown): string {
  const { message, name, errno } = error as Partial<Record<'message' | 'name' | 'errno', unknown>>;
  if (typeof message === 'string' && message !== '') return message;
  if (typeof errno === 'number') return `its files cannot be used any more (${String(name)} ${errno})`;
  return JSON.stringify(error) ?? String(error);
}
