import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, test } from 'vitest';
import { openDatabase } from '../../src/runs/store/pglite/database.ts';
import { createPgliteRecords } from '../../src/runs/store/pglite/records.ts';
import { openRedis } from '../../src/runs/store/redis/connection.ts';
import { createRedisRecords } from '../../src/runs/store/redis/records.ts';
import type { StoredEntry } from '../../src/runs/store/records.ts';
import { silentLog } from '../support/log.ts';
import { startRedis } from '../support/redis.ts';
import { program, requires } from '../support/requires.ts';

const script = path.join(import.meta.dirname, '../support/append-until-killed.ts');

/** Lets a process append until it has been told `count` acknowledgements, and kills it; answers what it was told. */
async function appendAndKill(
  args: readonly string[],
  count: number,
  told: (acknowledged: number) => void = () => undefined,
): Promise<readonly number[]> {
  const child = spawn(process.execPath, ['--import', 'tsx', script, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  const acknowledged: number[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    acknowledged.push(Number(line));
    told(acknowledged.length);
    if (acknowledged.length === count) child.kill('SIGKILL');
  }
  await ended;
  return acknowledged;
}

/** All that was acknowledged is there under its number, and at most `unsure` appends more that were under way. */
function expectWhole(journal: readonly StoredEntry[], acknowledged: readonly number[], unsure: number): void {
  const last = acknowledged.at(-1) ?? 0;
  expect(acknowledged).toEqual(acknowledged.toSorted((a, b) => a - b));
  expect(journal.map(({ sequence }) => sequence)).toEqual(journal.map((_, index) => index + 1));
  expect(journal.length).toBeGreaterThanOrEqual(last);
  expect(journal.length).toBeLessThanOrEqual(last + unsure);
}

describe('journal on pglite', () => {
  test('every acknowledged entry is there after kill -9, three times over', async () => {
    const directory = await fs.mkdtemp(path.join(os.tmpdir(), 'longhaul-kill-'));
    const database = path.join(directory, 'database');
    for (const count of [25, 120, 300]) {
      const acknowledged = await appendAndKill(['pglite', database], count);
      const reopened = await openDatabase(database);
      expectWhole(await createPgliteRecords(reopened).journal('a'), acknowledged, 1);
      await reopened.close();
    }
    await fs.rm(directory, { recursive: true });
  });

  test('a database that died while it was made is made anew', async () => {
    const directory = await fs.mkdtemp(path.join(os.tmpdir(), 'longhaul-kill-'));
    const database = path.join(directory, 'database');
    await fs.mkdir(`${database}.new/base`, { recursive: true });
    await fs.writeFile(`${database}.new/PG_VERSION`, '18\n');
    const opened = await openDatabase(database);
    expect(await createPgliteRecords(opened).runs()).toEqual([]);
    await opened.close();
    expect(await fs.readdir(directory)).toEqual(['database']);
    await fs.rm(directory, { recursive: true });
  });
});

requires('journal on redis', [program('redis-server')], () => {
  test('every acknowledged entry is there after kill -9 of the writer and of the server', async () => {
    const server = await startRedis();
    let crash = Promise.resolve();
    const acknowledged = await appendAndKill(['redis', server.url], 300, (count) => {
      if (count === 100 || count === 200) crash = crash.then(() => server.crash());
    });
    await crash;
    const connections = await openRedis(server.url, silentLog);
    expectWhole(await createRedisRecords(connections.records).journal('a'), acknowledged, 1);
    await connections.close();
    await server.stop();
  });

  test.each([
    {
      settings: ['--appendonly', 'no'],
      message: /may lose what it was given: it writes no append-only file/,
    },
    {
      settings: ['--appendonly', 'yes', '--maxmemory-policy', 'allkeys-lru'],
      message: /may lose what it was given: it may evict keys \(maxmemory-policy allkeys-lru\)/,
    },
  ])('a server that may forget is refused: $settings', async ({ settings, message }) => {
    const server = await startRedis(settings);
    await expect(openRedis(server.url, silentLog)).rejects.toMatchObject({
      code: 'LH_STATE_VOLATILE',
      message,
    });
    await server.stop();
  });

  test('a server that is not there is named, its password is not', async () => {
    await expect(openRedis('redis://joe:secret@127.0.0.1:1/0', silentLog)).rejects.toMatchObject({
      code: 'LH_STATE_UNREACHABLE',
      message: expect.stringMatching(
        /^State at 'redis:\/\/\[secret\]@127.0.0.1:1\/0' cannot be reached: /,
      ) as string,
    });
  });

  test('a copy of a connection, as BullMQ makes for a worker, ends once the state is closed, and tells its errors', async () => {
    const server = await startRedis();
    const told: string[] = [];
    const log = { ...silentLog, warn: (_: unknown, message?: string) => void told.push(message ?? '') };
    const connections = await openRedis(server.url, log);
    const copy = connections.queue.duplicate();
    await copy.connect();
    await server.kill();
    await connections.close();
    await expect.poll(() => copy.status, { timeout: 10_000 }).toBe('end');
    told.length = 0;
    await expect(copy.connect()).rejects.toThrow(); // as a worker does that is just being closed
    await expect.poll(() => copy.status).toBe('end');
    expect(told).toEqual(['redis']);
    await server.stop();
  });
});
