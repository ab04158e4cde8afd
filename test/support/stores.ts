import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll } from 'vitest';
import type { Dispatch } from '../../src/runs/store/dispatch.ts';
import { createMemoryDispatch } from '../../src/runs/store/memory/dispatch.ts';
import { createMemoryRecords } from '../../src/runs/store/memory/records.ts';
import { openDatabase } from '../../src/runs/store/pglite/database.ts';
import { createPgliteDispatch } from '../../src/runs/store/pglite/dispatch.ts';
import { createPgliteRecords } from '../../src/runs/store/pglite/records.ts';
import type { Records } from '../../src/runs/store/records.ts';
import { realClock } from '../../src/world/real.ts';
import { createRedisDispatch } from '../../src/runs/store/redis/dispatch.ts';
import { openRedis } from '../../src/runs/store/redis/connection.ts';
import { createRedisRecords } from '../../src/runs/store/redis/records.ts';
import { silentLog } from './log.ts';
import { startRedis } from './redis.ts';
import { program } from './requires.ts';

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

const pglite: StoreUnderTest = {
  name: 'pglite',
  lacks: null,
  fresh: async () => {
    const directory = await copyOfEmptyDatabase();
    return {
      open: async () => {
        const database = await openDatabase(path.join(directory, 'database'));
        const records = createPgliteRecords(database);
        const dispatch = await createPgliteDispatch(database, silentLog);
        const close = once(async () => {
          await dispatch.close();
          await records.close();
          await database.close();
        });
        return { records, dispatch, close };
      },
      remove: () => fs.rm(directory, { recursive: true }),
    };
  },
};

const redis: StoreUnderTest = {
  name: 'redis',
  lacks: program('redis-server'),
  fresh: async () => {
    const server = await startRedis();
    return {
      open: async () => {
        const connections = await openRedis(server.url, silentLog);
        const dispatch = createRedisDispatch(connections, silentLog);
        const close = once(async () => {
          await dispatch.close();
          await connections.close();
        });
        return { records: createRedisRecords(connections.records), dispatch, close };
      },
      remove: () => server.stop(),
    };
  },
};

let emptyDatabase: Promise<string> | null = null;

afterAll(async () => {
  if (emptyDatabase !== null) await fs.rm(await emptyDatabase, { recursive: true });
});

/** Making a database takes seconds, copying one a fraction of it. */
async function copyOfEmptyDatabase(): Promise<string> {
  emptyDatabase ??= makeEmptyDatabase();
  const directory = await fs.mkdtemp(path.join(os.tmpdir(), 'longhaul-state-'));
  await fs.cp(await emptyDatabase, directory, { recursive: true });
  return directory;
}

async function makeEmptyDatabase(): Promise<string> {
  const directory = await fs.mkdtemp(path.join(os.tmpdir(), 'longhaul-empty-'));
  await (await openDatabase(path.join(directory, 'database'))).close();
  return directory;
}

function once(work: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | null = null;
  return () => (done ??= work());
}

export const stores: readonly StoreUnderTest[] = [memory, pglite, redis];
