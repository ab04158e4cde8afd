import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { LonghaulError } from '../../topology/errors.ts';
import { relocationSchema, schemaProblems, sessionSchema } from './relocation-schema.ts';

/**
 * The desired state on disk: one file a relocation, replaced whole. What is written has been flushed before the kernel
 * is touched, so that after a crash the kernel is brought to what was asked for, and never swept by mistake.
 */
const format = 'longhaul-relocation/1';

const recordSchema = z.strictObject({
  format: z.literal(format),
  relocation: relocationSchema,
  /** Where the guest ran last (`following`); the kernel knows better, unless it was restarted too. */
  guestHere: z.boolean(),
  switchedAtSeconds: z.number().nullable(),
  /** Not yet known to connection tracking. */
  sessionsToInsert: z.array(sessionSchema),
  /** Connection tracking has still to forget the sessions of the old address. */
  areSessionsOver: z.boolean(),
});
export type Record = Readonly<Omit<z.infer<typeof recordSchema>, 'format'>>;

export interface RelocationStore {
  load(): Promise<readonly Record[]>;
  write(record: Record): Promise<void>;
  remove(id: string): Promise<void>;
}

export function createRelocationStore(directory: string, site: string): RelocationStore {
  const pathOf = (id: string) => join(directory, `${id}.json`);
  return {
    load: async () => {
      await mkdir(directory, { recursive: true, mode: 0o700 });
      const names = (await readdir(directory)).filter((name) => name.endsWith('.json')).sort();
      return await Promise.all(names.map((name) => read(join(directory, name), site)));
    },
    write: async (record) => {
      const path = pathOf(record.relocation.id);
      const text = `${JSON.stringify({ format, ...record }, undefined, 1)}\n`;
      await writeFlushed(`${path}.new`, text);
      await rename(`${path}.new`, path);
      await flushDirectory(directory);
    },
    remove: async (id) => {
      await rm(pathOf(id), { force: true });
      await flushDirectory(directory);
    },
  };
}

async function read(path: string, site: string): Promise<Record> {
  try {
    const parsed = recordSchema.safeParse(JSON.parse(await readFile(path, 'utf8')));
    if (parsed.success) return parsed.data;
    throw new LonghaulError('LH_GATEWAY_STATE_UNREADABLE', [site, path, schemaProblems(parsed.error)]);
  } catch (cause) {
    if (cause instanceof LonghaulError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new LonghaulError('LH_GATEWAY_STATE_UNREADABLE', [site, path, reason], { cause });
  }
}

async function writeFlushed(path: string, text: string): Promise<void> {
  await using file = await open(path, 'w', 0o600);
  await file.writeFile(text);
  await file.sync();
}

async function flushDirectory(directory: string): Promise<void> {
  await using handle = await open(directory, 'r');
  await handle.sync();
}
