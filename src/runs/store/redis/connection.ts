import { Redis } from 'ioredis';
import { LonghaulError } from '../../../../topology/errors.ts';
import type { Log } from '../../../../topology/world.ts';
import { redisCommandSeconds, redisConnectSeconds, redisReconnectsMax } from '../limits.ts';

/** Everything of ours begins with it; the braces keep it on one node of a cluster. */
export const prefix = '{longhaul}';

export interface RedisState {
  /** For Records: a call that gets no answer fails, and whoever called decides. */
  readonly records: Redis;
  /** For queues and workers, which wait for as long as it takes. */
  readonly queue: Redis;
  /** Listens to progress; a connection that subscribes can do nothing else. */
  readonly listener: Redis;
  close(): Promise<void>;
}

/**
 * Connects to `redis://…`, `rediss://…` or `unix:///path`. Refuses a server that may forget: the journal decides what
 * is done to running workloads, and a journal with holes is worse than none.
 */
export async function openRedis(url: string, log: Log): Promise<RedisState> {
  let isClosed = false;
  // A worker's own connection, a copy of ours, was seen to go on after its close where the server had gone: for ever.
  const retryStrategy = (tries: number): number | null => (isClosed ? null : Math.min(tries * 50, 2000));
  const records = connect(url, log, {
    commandTimeout: redisCommandSeconds * 1000,
    maxRetriesPerRequest: redisReconnectsMax,
    retryStrategy,
  });
  try {
    await records.connect();
    await refuseForgetful(records, url, log);
  } catch (cause) {
    records.disconnect();
    if (cause instanceof LonghaulError) throw cause;
    throw new LonghaulError('LH_STATE_UNREACHABLE', [withoutSecrets(url), textOf(cause)], { cause });
  }
  const queue = connect(url, log, { maxRetriesPerRequest: null, retryStrategy });
  const listener = connect(url, log, { maxRetriesPerRequest: null, retryStrategy });
  return {
    records,
    queue,
    listener,
    close: async () => {
      isClosed = true;
      for (const connection of [records, queue, listener]) connection.disconnect();
    },
  };
}

/** The URL as it may be printed and logged. */
export function withoutSecrets(url: string): string {
  return url.replace(/\/\/[^/@]*@/, '//[secret]@');
}

interface ConnectionOptions {
  readonly commandTimeout?: number;
  readonly maxRetriesPerRequest: number | null;
  readonly retryStrategy: (tries: number) => number | null;
}

function connect(url: string, log: Log, options: ConnectionOptions): Redis {
  const common = { ...options, lazyConnect: true, connectTimeout: redisConnectSeconds * 1000 };
  const redis = url.startsWith('unix://')
    ? new Redis({ ...common, path: url.slice('unix://'.length) })
    : new Redis(url, common);
  return tellErrors(redis, (error) =>
    log.warn({ state: withoutSecrets(url), error: textOf(error) }, 'redis'),
  );
}

/** Copies tell theirs too: BullMQ takes its listeners from a worker's when it closes it, and it may fail once more. */
function tellErrors(redis: Redis, tell: (error: unknown) => void): Redis {
  const duplicate = redis.duplicate.bind(redis);
  redis.on('error', tell);
  redis.duplicate = (...override) => tellErrors(duplicate(...override), tell);
  return redis;
}

async function refuseForgetful(redis: Redis, url: string, log: Log): Promise<void> {
  const info = parseInfo(`${await redis.info('persistence')}\n${await redis.info('memory')}`);
  const policy = info.get('maxmemory_policy') ?? 'noeviction';
  const faults = [
    ...(info.get('aof_enabled') === '1'
      ? []
      : ['it writes no append-only file (appendonly no); set `appendonly yes`']),
    ...(policy === 'noeviction'
      ? []
      : [`it may evict keys (maxmemory-policy ${policy}); set \`maxmemory-policy noeviction\``]),
  ];
  if (faults.length > 0)
    throw new LonghaulError('LH_STATE_VOLATILE', [withoutSecrets(url), faults.join('; ')]);
  const sync = await appendSync(redis);
  if (sync !== 'always')
    log.warn(
      { state: withoutSecrets(url), appendfsync: sync },
      'redis answers before its disk has it: a power failure of its machine may lose the last second (appendfsync always)',
    );
}

/** Managed servers forbid CONFIG; then nobody knows. */
async function appendSync(redis: Redis): Promise<string> {
  try {
    const answer: unknown = await redis.call('CONFIG', 'GET', 'appendfsync');
    return Array.isArray(answer) ? String(answer[1]) : String(Object.values(answer as object)[0]);
  } catch {
    return 'unknown';
  }
}

function parseInfo(text: string): ReadonlyMap<string, string> {
  return new Map(
    text.split('\n').flatMap((line) => {
      const [key, value] = line.trim().split(':');
      return key === undefined || value === undefined ? [] : [[key, value] as const];
    }),
  );
}

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
