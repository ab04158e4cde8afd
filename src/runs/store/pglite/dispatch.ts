import { createPostgresBackend, withBackend } from 'bullmq';
import type { Log } from '../../../../topology/world.ts';
import { createBullmqDispatch } from '../bullmq/dispatch.ts';
import type { Dispatch, QueueJob } from '../dispatch.ts';
import { createEventBoard } from '../event-board.ts';
import type { PGlite } from '@electric-sql/pglite';
import { createPool } from './pool.ts';

const { Queue, Worker } = withBackend(createPostgresBackend);

/**
 * BullMQ on the embedded database. No other process can have a job of it in hand, so what an earlier one left behind
 * (a lock that has not run out, a backoff) is dropped at the start: its runs are known to Records.
 */
export async function createPgliteDispatch(database: PGlite, log: Log): Promise<Dispatch> {
  await database.exec('DELETE FROM bullmq.job');
  const board = createEventBoard();
  return createBullmqDispatch(
    {
      createQueue: (name) => new Queue<QueueJob>(name, { connection: createPool(database) }),
      createWorker: (name, process, settings) =>
        new Worker<QueueJob>(name, process, { ...settings, connection: createPool(database) }),
      progress: {
        publish: async (event) => board.publish(event),
        subscribe: async (run, listener) => {
          const unsubscribe = board.subscribe(run, listener);
          return async () => unsubscribe();
        },
        latest: async (run) => board.latest(run),
        close: async () => undefined,
      },
      isReachable: async () => true,
    },
    log,
  );
}
