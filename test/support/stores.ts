import type { Dispatch } from '../../src/runs/store/dispatch.ts';
import { createMemoryDispatch } from '../../src/runs/store/memory/dispatch.ts';
import { createMemoryRecords } from '../../src/runs/store/memory/records.ts';
import type { Records } from '../../src/runs/store/records.ts';
import { realClock } from '../../src/world/real.ts';
import { silentLog } from './log.ts';

/** One place where state can be kept; `open` gives what a process sees that starts on it. */
export interface StoreUnderTest {
  readonly name: string;
  /** Null when it can run here, else what is missing. */
  readonly lacks: string | null;
  /** An empty store of its own for one test; `reopen` is a second process after the first has closed. */
  fresh(): Promise<FreshStore>;
}

interface FreshStore {
  open(): Promise<OpenStore>;
  remove(): Promise<void>;
}

export interface OpenStore {
  readonly records: Records;
  readonly dispatch: Dispatch;
  close(): Promise<void>;
}

const memory: StoreUnderTest = {
  name: 'memory',
  lacks: null,
  fresh: async () => {
    const records = createMemoryRecords();
    return {
      open: async () => {
        const dispatch = createMemoryDispatch(realClock, silentLog);
        return { records, dispatch, close: () => dispatch.close() };
      },
      remove: async () => undefined,
    };
  },
};

export const stores: readonly StoreUnderTest[] = [memory];
