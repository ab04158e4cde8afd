import { AssertionError } from 'node:assert';
import { LonghaulError } from '../../../topology/errors.ts';
import { aroundCalls } from '../../world/around-calls.ts';

/** A full disk, a broken connection, a server that restarts: whatever a store throws is a fault of the world. */
export function withStateFailures<T extends object>(store: T, place: string): T {
  return aroundCalls(store, async (call) => {
    try {
      return await call();
    } catch (error) {
      if (error instanceof LonghaulError || error instanceof AssertionError) throw error;
      const why = error instanceof Error ? error.message : String(error);
      throw new LonghaulError('LH_STATE_FAILED', [place, why], { cause: error });
    }
  });
}
