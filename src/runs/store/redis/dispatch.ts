import { Queue, Worker } from 'bullmq';
import type { Log } from '../../../../topology/world.ts';
import { createBullmqDispatch, type QueueBackend } from '../bullmq/dispatch.ts';
import type { Dispatch, QueueJob, RunEvent } from '../dispatch.ts';
import { createEventBoard } from '../event-board.ts';
import { progressKeptSeconds } from '../limits.ts';
import { prefix, type RedisState } from './connection.ts';

/** BullMQ on Redis: any number of workers on any number of machines. */
export function createRedisDispatch(state: RedisState, log: Log): Dispatch {
  const connection = state.queue;
  return createBullmqDispatch(
    {
      createQueue: (name) => new Queue<QueueJob>(name, { connection, prefix }),
      createWorker: (name, process, settings) =>
        new Worker<QueueJob>(name, process, { ...settings, connection, prefix }),
      progress: createProgress(state),
      isReachable: async () => {
        try {
          await state.records.ping();
          return true;
        } catch {
          return false;
        }
      },
    },
    log,
  );
}

/** Nobody waits for a listener to be taken away: it may be that its server is gone. Progress travels by publish and subscribe; the newest event of each workload is kept for a day. */
function createProgress({ records, listener }: RedisState): QueueBackend['progress'] {
  const board = createEventBoard();
  listener.on('message', (_channel, message) => board.publish(JSON.parse(message) as RunEvent));
  return {
    publish: async (event) => {
      const body = JSON.stringify(event);
      const key = latestKey(event.run);
      await records
        .multi()
        .hset(key, event.workload ?? '', body)
        .expire(key, progressKeptSeconds)
        .publish(channelOf(event.run), body)
        .exec();
    },
    subscribe: async (run, hear) => {
      const unsubscribe = board.subscribe(run, hear);
      await listener.subscribe(channelOf(run));
      return async () => {
        unsubscribe();
        if (!board.hasListeners(run)) void listener.unsubscribe(channelOf(run)).catch(() => undefined);
      };
    },
    latest: async (run) => (await records.hvals(latestKey(run))).map((body) => JSON.parse(body) as RunEvent),
    close: async () => undefined,
  };
}

const latestKey = (run: string): string => `${prefix}:latest:${run}`;
const channelOf = (run: string): string => `${prefix}:progress:${run}`;
