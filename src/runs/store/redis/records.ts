import { LonghaulError } from '../../../../topology/errors.ts';
import type { Observation } from '../../../../planners/estimate/observation.ts';
import type { Plan } from '../../../../planners/plan/plan.ts';
import type { JournalEntry, Records, RunRecord } from '../records.ts';
import { prefix } from './connection.ts';

/** What is asked of an ioredis client. */
export interface RedisCommands {
  hget(key: string, field: string): Promise<string | null>;
  hset(key: string, field: string, value: string): Promise<number>;
  hmget(key: string, ...fields: string[]): Promise<(string | null)[]>;
  lrange(key: string, start: number, stop: number): Promise<string[]>;
  rpush(key: string, value: string): Promise<number>;
  eval(script: string, keyCount: number, ...keysAndValues: (string | number)[]): Promise<unknown>;
}

/**
 * Records in Redis. Bodies are JSON text, never taken apart by Lua (its numbers have 14 digits); whatever has to be
 * compared has a field of its own, and compare and change are one script. Over a connection that breaks before the
 * answer an append may be written twice: readers of the journal take the same line twice for one.
 *
 *   plans          hash  hash → body            journal:<run>   list  body, in order of its number
 *   runs           hash  id → body              claim-epochs    hash  workload → epoch
 *   run-versions   hash  id → version           claim-runs      hash  workload → run
 *   run-order      list  ids, newest first      observations    list  body
 */
export function createRedisRecords(redis: RedisCommands): Records {
  return {
    savePlan: async (plan) => {
      await redis.hset(key('plans'), plan.hash, JSON.stringify(plan));
    },
    plan: async (hash) => planOf(await redis.hget(key('plans'), hash)),

    createRun: async (run) => {
      const keys = [key('runs'), key('run-versions'), key('run-order')];
      return (await redis.eval(createScript, 3, ...keys, run.id, JSON.stringify(run), run.version)) === 1;
    },
    run: async (id) => runOf(await redis.hget(key('runs'), id)),
    runs: async () => {
      const ids = await redis.lrange(key('run-order'), 0, -1);
      if (ids.length === 0) return [];
      const bodies = await redis.hmget(key('runs'), ...ids);
      return bodies.map((body) => runOf(body)).filter((run) => run !== null);
    },
    updateRun: async (id, version, change) => {
      const run = runOf(await redis.hget(key('runs'), id));
      if (run?.version !== version) return null;
      const changed: RunRecord = { ...run, ...change, version: version + 1 };
      const keys = [key('runs'), key('run-versions')];
      const isWritten = await redis.eval(updateScript, 2, ...keys, id, version, JSON.stringify(changed));
      return isWritten === 1 ? changed : null;
    },

    append: async (run, entry) => {
      const { workload, epoch } = entry;
      const keys = [key(`journal:${run}`), key('claim-epochs')];
      const body = JSON.stringify(entry);
      const answer = Number(await redis.eval(appendScript, 2, ...keys, body, workload ?? '', epoch));
      if (answer > 0) return answer;
      throw new LonghaulError('LH_CLAIM_LOST', [workload ?? run, epoch, -answer]);
    },
    journal: async (run, after = 0) => {
      const bodies = await redis.lrange(key(`journal:${run}`), after, -1);
      return bodies.map((body, index) => ({
        ...(JSON.parse(body) as JournalEntry),
        sequence: after + index + 1,
      }));
    },

    takeClaim: async (workload, expected, run) => {
      const keys = [key('claim-epochs'), key('claim-runs')];
      const epoch = Number(await redis.eval(claimScript, 2, ...keys, workload, expected, run));
      return epoch > 0 ? epoch : null;
    },
    claim: async (workload) => {
      const keys = [key('claim-epochs'), key('claim-runs')];
      const [epoch, run] = (await redis.eval(readClaimScript, 2, ...keys, workload)) as [string, string] | [];
      return epoch === undefined || run === undefined ? null : { epoch: Number(epoch), run };
    },

    appendObservation: async (observation) => {
      await redis.rpush(key('observations'), JSON.stringify(observation));
    },
    observations: async () =>
      (await redis.lrange(key('observations'), 0, -1)).map((body) => JSON.parse(body) as Observation),

    close: async () => undefined,
  };
}

const key = (name: string): string => `${prefix}:${name}`;
const planOf = (body: string | null): Plan | null => (body === null ? null : (JSON.parse(body) as Plan));
const runOf = (body: string | null): RunRecord | null =>
  body === null ? null : (JSON.parse(body) as RunRecord);

/** runs, run-versions, run-order; id, body, version → 1 when it is new. */
const createScript = `
if redis.call('HSETNX', KEYS[1], ARGV[1], ARGV[2]) == 0 then return 0 end
redis.call('HSET', KEYS[2], ARGV[1], ARGV[3])
redis.call('LPUSH', KEYS[3], ARGV[1])
return 1`;

/** runs, run-versions; id, version, body → 1 when the version was still that one. */
const updateScript = `
if redis.call('HGET', KEYS[2], ARGV[1]) ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
redis.call('HINCRBY', KEYS[2], ARGV[1], 1)
return 1`;

/** journal, claim-epochs; body, workload or '', epoch → the entry's number, or the newest epoch, negative. */
const appendScript = `
if ARGV[2] ~= '' then
  local epoch = redis.call('HGET', KEYS[2], ARGV[2]) or '0'
  if epoch ~= ARGV[3] then return -tonumber(epoch) end
end
return redis.call('RPUSH', KEYS[1], ARGV[1])`;

/** claim-epochs, claim-runs; workload, expected epoch, run → the new epoch, or 0. */
const claimScript = `
if (redis.call('HGET', KEYS[1], ARGV[1]) or '0') ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[2], ARGV[1], ARGV[3])
return redis.call('HINCRBY', KEYS[1], ARGV[1], 1)`;

/** claim-epochs, claim-runs; workload → epoch and run, or nothing. */
const readClaimScript = `
local epoch = redis.call('HGET', KEYS[1], ARGV[1])
if not epoch then return {} end
return { epoch, redis.call('HGET', KEYS[2], ARGV[1]) }`;
