import assert from 'node:assert/strict';
import { UnrecoverableError, WaitingError, type JobsOptions } from 'bullmq';
import { LonghaulError } from '../../../../topology/errors.ts';
import type { Log } from '../../../../topology/world.ts';
import type { Delivery, Dispatch, JobHandler, QueueJob } from '../dispatch.ts';
import {
  backoffSeconds,
  conductorsMax,
  jobKillsMax,
  jobTriesMax,
  lockSeconds,
  stalledCheckSeconds,
} from '../limits.ts';

/** What differs between the back ends: how queues and workers are made, and how progress travels. */
export interface QueueBackend {
  createQueue(name: string): QueuePort;
  createWorker(name: string, process: Process, settings: WorkerSettings): WorkerPort;
  readonly progress: Pick<Dispatch, 'publish' | 'subscribe' | 'latest'> & { close(): Promise<void> };
  /** A worker hands its jobs back before it closes, for which a back end that is gone would be waited for for ever. */
  isReachable(): Promise<boolean>;
}

/** A BullMQ Queue, as far as it is used here. */
interface QueuePort extends Closing {
  add(name: string, data: QueueJob, options: JobsOptions): Promise<unknown>;
  getJob(id: string): Promise<object | undefined>;
}

interface WorkerPort extends Pick<Closing, 'on'> {
  /** Forced: without waiting for its jobs. */
  close(isForced: boolean): Promise<void>;
  waitUntilReady(): Promise<unknown>;
  cancelJob(id: string, reason: string): boolean;
  on(event: 'error', listener: (error: Error) => void): unknown;
  on(event: 'lockRenewalFailed', listener: (ids: string[]) => void): unknown;
}

interface Closing {
  on(event: 'error', listener: (error: Error) => void): unknown;
  close(): Promise<void>;
}

interface TakenJob {
  readonly id?: string | undefined;
  readonly data: QueueJob;
  readonly attemptsMade: number;
  moveToWait(token?: string): Promise<unknown>;
}

export type Process = (job: TakenJob, token?: string, signal?: AbortSignal) => Promise<void>;

export interface WorkerSettings {
  readonly concurrency: number;
  readonly lockDuration: number;
  readonly stalledInterval: number;
  readonly maxStalledCount: number;
  readonly settings: { readonly backoffStrategy: (triesMade: number) => number };
}

/**
 * Dispatch on BullMQ: two queues, since a conductor waits for its moves and must not hold one of their places. An
 * ended job is removed at once, so that its id is free again; what became of it is in the journal.
 */
export function createBullmqDispatch(backend: QueueBackend, log: Log): Dispatch {
  const queues = { conduct: backend.createQueue('conduct'), move: backend.createQueue('move') };
  for (const queue of Object.values(queues)) logErrors(queue, log);
  const workers: WorkerPort[] = [];
  const closing = new AbortController();
  let closed: Promise<void> | null = null;
  const closeAll = async (): Promise<void> => {
    closing.abort(new DOMException('the worker closes', 'AbortError'));
    const isForced = !(await backend.isReachable());
    await Promise.all(workers.map((worker) => worker.close(isForced)));
    await Promise.all(Object.values(queues).map((queue) => queue.close()));
    await backend.progress.close();
  };

  return {
    add: async (job) => {
      await queues[job.kind].add(job.kind, job, {
        jobId: job.id,
        attempts: jobTriesMax,
        backoff: { type: 'custom' },
        removeOnComplete: true,
        removeOnFail: true,
      });
    },
    holds: async ({ id, kind }) => (await queues[kind].getJob(id)) !== undefined,
    work: async (handler, { concurrency }) => {
      assert(workers.length === 0, 'one handler a dispatch');
      const process = createProcess(handler, closing.signal, log);
      for (const [kind, places] of [
        ['conduct', conductorsMax],
        ['move', concurrency],
      ] as const)
        workers.push(startWorker(backend.createWorker(kind, process, settingsFor(places)), log));
      await Promise.all(workers.map((worker) => worker.waitUntilReady()));
    },
    ...backend.progress,
    close: async () => await (closed ??= closeAll()),
  };
}

function settingsFor(concurrency: number): WorkerSettings {
  return {
    concurrency,
    lockDuration: lockSeconds * 1000,
    stalledInterval: stalledCheckSeconds * 1000,
    maxStalledCount: jobKillsMax,
    settings: { backoffStrategy: (triesMade) => backoffSeconds(triesMade) * 1000 },
  };
}

function startWorker(worker: WorkerPort, log: Log): WorkerPort {
  logErrors(worker, log);
  worker.on('lockRenewalFailed', (ids) => {
    for (const id of ids) worker.cancelJob(id, 'the job was given to another worker');
  });
  return worker;
}

function createProcess(handler: JobHandler, closing: AbortSignal, log: Log): Process {
  // BullMQ hands a signal only to a function that declares three parameters.
  return async (job, token, lost) => {
    const signal = lost === undefined ? closing : AbortSignal.any([closing, lost]);
    const delivery: Delivery = { lastTry: job.attemptsMade + 1 >= jobTriesMax };
    try {
      signal.throwIfAborted();
      await handler(job.data, signal, delivery);
    } catch (error) {
      if (closing.aborted) {
        await job.moveToWait(token);
        throw new WaitingError();
      }
      const again = error instanceof LonghaulError && error.kind === 'world';
      log.warn({ job: job.id, triesMade: job.attemptsMade + 1, again, error: String(error) }, 'job failed');
      if (again) throw error;
      throw new UnrecoverableError(String(error));
    }
  };
}

/** A queue or worker that meets an error goes on by itself; without a listener it would end the process. */
function logErrors(emitter: Pick<Closing, 'on'>, log: Log): void {
  emitter.on('error', (error) => log.error({ error: String(error) }, 'queue'));
}
