import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { LonghaulError } from '../../../topology/errors.ts';
import { guestKey } from './arguments.ts';
import { type GuestFiles, guestFiles, type QemuHost } from './configuration.ts';
import { definitionSchema, type GuestDefinition, parseDefinition } from './definition.ts';

/**
 * What the driver keeps on disk, so that a restarted agent knows its guests: a definition for every guest whose home is
 * here, and for every QEMU process a record, written before the process is started.
 */
const recordSchema = z.strictObject({
  format: z.literal('longhaul-qemu/1'),
  role: z.enum(['home', 'incoming']),
  definition: definitionSchema,
  /** Where it waits for its stream. */
  incomingUri: z.string().nullable(),
  /** Where its last outgoing stream went. */
  outgoingUri: z.string().nullable(),
});

export type GuestRecord = Readonly<z.infer<typeof recordSchema>>;

export const newRecord = (role: GuestRecord['role'], definition: GuestDefinition): GuestRecord => ({
  format: 'longhaul-qemu/1',
  role,
  definition,
  incomingUri: null,
  outgoingUri: null,
});

export class GuestFolder {
  readonly #host: QemuHost;

  constructor(host: QemuHost) {
    this.#host = host;
  }

  async make(): Promise<void> {
    for (const directory of [this.#host.definitionDirectory, this.#host.runtimeDirectory])
      await mkdir(directory, { recursive: true, mode: 0o700 });
  }

  files(workload: string): GuestFiles {
    return guestFiles(this.#host, guestKey(workload));
  }

  async definition(workload: string): Promise<GuestDefinition | null> {
    const path = this.#definitionPath(workload);
    const text = await readFile(path, 'utf8').catch(() => null);
    return text === null ? null : parseDefinition(parseJson(text, path), path);
  }

  /** Guests whose home is here, running or not. */
  async definitions(): Promise<readonly GuestDefinition[]> {
    const directory = this.#host.definitionDirectory;
    const names = (await readdir(directory)).filter((name) => name.endsWith('.json')).sort();
    return await Promise.all(
      names.map(async (name) => {
        const path = join(directory, name);
        return parseDefinition(parseJson(await readFile(path, 'utf8'), path), path);
      }),
    );
  }

  async saveDefinition(definition: GuestDefinition): Promise<void> {
    await replace(this.#definitionPath(definition.workload), definition);
  }

  async records(): Promise<readonly GuestRecord[]> {
    const keys = await readdir(this.#host.runtimeDirectory);
    const records: GuestRecord[] = [];
    for (const key of keys.sort()) {
      const path = guestFiles(this.#host, key).record;
      const text = await readFile(path, 'utf8').catch(() => null);
      if (text === null) continue; // killed before the record was there: no process either
      const parsed = recordSchema.safeParse(parseJson(text, path));
      if (!parsed.success)
        throw new LonghaulError('LH_INPUT_UNREADABLE', [path, z.prettifyError(parsed.error)]);
      records.push(parsed.data);
    }
    return records;
  }

  async saveRecord(record: GuestRecord): Promise<void> {
    const { directory, record: path } = this.files(record.definition.workload);
    await mkdir(directory, { recursive: true, mode: 0o700 });
    await replace(path, record);
  }

  async removeRecord(workload: string): Promise<void> {
    await rm(this.files(workload).directory, { recursive: true, force: true });
  }

  async removeDefinition(workload: string): Promise<void> {
    await rm(this.#definitionPath(workload), { force: true });
  }

  #definitionPath(workload: string): string {
    return join(this.#host.definitionDirectory, `${encodeURIComponent(workload)}.json`);
  }
}

async function replace(path: string, value: unknown): Promise<void> {
  await writeFile(`${path}.new`, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600, flush: true });
  await rename(`${path}.new`, path);
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new LonghaulError('LH_INPUT_UNREADABLE', [path, (cause as Error).message], { cause });
  }
}
