import { AssertionError } from 'node:assert';
import { LonghaulError } from '../../../topology/errors.ts';
import { aroundCalls } from '../../world/around-calls.ts';
import type { Records } from './records.ts';

/** A full disk, a broken connection, a server that restarts: whatever a store throws is a fault of the world. */
export function withStateFailures(records: Records, place: string): Records {
  return aroundCalls(records, async (call) => {
    try {
      return await call();
    } catch (error) {
      if (error instanceof LonghaulError || error instanceof AssertionError) throw error;
      const why = error instanceof Error ? error.message : String(error);
      throw new LonghaulError('LH_STATE_FAILED', [place, why], { cause: error });
    }
  });
}
