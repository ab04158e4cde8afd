import fs from 'node:fs';
import path from 'node:path';
import { LonghaulError } from '../../../topology/errors.ts';
import type { Clock, Log } from '../../../topology/world.ts';
import type { Dispatch } from './dispatch.ts';
import { stateFailure, withStateFailures } from './failures.ts';
import { takeLock } from './lock.ts';
import { createMemoryDispatch } from './memory/dispatch.ts';
import { createMemoryRecords } from './memory/records.ts';
import { openDatabase } from './pglite/database.ts';
import { createPgliteDispatch } from './pglite/dispatch.ts';
import { createPgliteRecords } from './pglite/records.ts';
import type { Records } from './records.ts';
import { openRedis, withoutSecrets } from './redis/connection.ts';
import { createRedisDispatch } from './redis/dispatch.ts';
import { createRedisRecords } from './redis/records.ts';

export interface Store {
  readonly records: Records;
  readonly dispatch: Dispatch;
  close(): Promise<void>;
}

/**
 * Opens a state directory, for this process alone:
 *
 *   lock-<n>     who has it open            database/    records and queue (PostgreSQL's files)
 *   socket       the API of that process    log.jsonl    what foreground commands did, as JSON lines
 */
export async function openDirectory(directory: string, log: Log): Promise<Store> {
  makeDirectory(directory);
  const lock = takeLock(directory);
  try {
    const database = await openDatabase(path.join(directory, 'database'));
    const records = withStateFailures(createPgliteRecords(database), directory);
    const dispatch = withStateFailures(await createPgliteDispatch(database, log), directory);
    return {
      records,
      dispatch,
      close: async () => {
        await dispatch.close();
        await records.close();
        await database.close();
        lock.release();
      },
    };
  } catch (error) {
    lock.release();
    throw stateFailure('LH_STATE_UNREACHABLE', directory, error);
  }
}

/** Remembers nothing beyond its process. */
export function createMemoryStore(clock: Clock, log: Log): Store {
  const dispatch = createMemoryDispatch(clock, log);
  return { records: createMemoryRecords(), dispatch, close: () => dispatch.close() };
}

export async function openRedisStore(url: string, log: Log): Promise<Store> {
  const connections = await openRedis(url, log);
  const records = withStateFailures(createRedisRecords(connections.records), withoutSecrets(url));
  const dispatch = withStateFailures(createRedisDispatch(connections, log), withoutSecrets(url));
  return {
    records,
    dispatch,
    close: async () => {
      await dispatch.close();
      await records.close();
      await connections.close();
    },
  };
}

function makeDirectory(directory: string): void {
  try {
    fs.mkdirSync(directory, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw new LonghaulError('LH_STATE_UNREACHABLE', [directory, String(cause)], { cause });
  }
}
