import { PGlite } from '@electric-sql/pglite';
import { NodeFS } from '@electric-sql/pglite/nodefs';
import fs from 'node:fs';
import path from 'node:path';
import { DEFAULT_SCHEMA, runMigrations } from 'bullmq';
import { createPool } from './pool.ts';
import { migrateRecords } from './schema.ts';

/**
 * PostgreSQL in this process, its files in `directory`. Exactly one process may have it open: the state directory's
 * lock sees to that.
 *
 * PGlite as delivered neither asks the disk to keep what it writes (it starts with `-F`) nor could it (its file
 * system has no fsync). Here it does both, so that a committed record survives a power failure; the queue, which may
 * be lost, commits without waiting for the disk (records use `durably`).
 */
export async function openDatabase(directory: string): Promise<PGlite> {
  if (!fs.existsSync(directory)) await createDatabase(directory);
  const database = await startDatabase(directory);
  await runMigrations(await createPool(database).connect(), DEFAULT_SCHEMA);
  await migrateRecords(database);
  return database;
}

/** Runs `work` in a transaction that is on the disk when this resolves. */
export async function durably<T>(
  database: PGlite,
  work: (transaction: Pick<PGlite, 'query'>) => Promise<T>,
): Promise<T> {
  return await database.transaction(async (transaction) => {
    await transaction.query('SET LOCAL synchronous_commit = on');
    return await work(transaction);
  });
}

/** Made beside its place and moved there when it is whole: a process that dies meanwhile leaves nothing half made. */
async function createDatabase(directory: string): Promise<void> {
  const unfinished = `${directory}.new`;
  fs.rmSync(unfinished, { recursive: true, force: true });
  fs.mkdirSync(unfinished, { recursive: true, mode: 0o700 });
  await (await startDatabase(unfinished)).close();
  for (const entry of fs.readdirSync(unfinished, { recursive: true, withFileTypes: true }))
    syncPath(path.join(entry.parentPath, entry.name));
  syncPath(unfinished);
  fs.renameSync(unfinished, directory);
  syncPath(path.dirname(directory));
}

async function startDatabase(directory: string): Promise<PGlite> {
  return await PGlite.create({
    fs: new SyncedNodeFS(directory),
    startParams: [
      ...PGlite.defaultStartParams.filter((param) => param !== '-F'),
      ...[
        '-c',
        'wal_sync_method=fsync',
        '-c',
        'synchronous_commit=off',
        '-c',
        `search_path=${DEFAULT_SCHEMA}`,
      ],
    ],
  });
}

/** PGlite's file system with the one operation it lacks. */
class SyncedNodeFS extends NodeFS {
  override async init(...args: Parameters<NodeFS['init']>): ReturnType<NodeFS['init']> {
    const { emscriptenOpts } = await super.init(...args);
    const addSync = (module: unknown): void => {
      const { NODEFS } = module as NodeFileSystemModule;
      NODEFS.stream_ops.fsync = ({ nfd }) => {
        fs.fsyncSync(nfd);
        return 0;
      };
    };
    return { emscriptenOpts: { ...emscriptenOpts, preRun: [...(emscriptenOpts.preRun ?? []), addSync] } };
  }
}

interface NodeFileSystemModule {
  readonly NODEFS: { readonly stream_ops: { fsync?: (stream: { readonly nfd: number }) => number } };
}

function syncPath(name: string): void {
  const descriptor = fs.openSync(name, 'r');
  try {
    fs.fsyncSync(descriptor);
  } finally {
    fs.closeSync(descriptor);
  }
}
