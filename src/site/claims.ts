import { mkdir, open, readdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { LonghaulError } from '../../topology/errors.ts';
import { claimsMax } from './limits.ts';
import type { Claim } from './site.ts';

/**
 * What an agent remembers of claims: per workload the highest epoch it has seen, and the hosts that the guest is leaving
 * or has left. Every change is on the disk before the call that made it acts, so a kill -9 forgets nothing.
 *
 * A departure fences the source: on a host with one the guest is not started by autostart, and `start` needs it settled.
 *
 *   null ── startTransfer ─▶ transfer ── cancelTransfer ─▶ null, or shutdown where the guest stays stopped
 *   null ── shutdown ─▶ shutdown ── start ─▶ null
 *   transfer, shutdown ── discard ─▶ released ── resume, start with a higher epoch ─▶ null
 */
const recordSchema = z.strictObject({
  format: z.literal('longhaul-claim/1'),
  workload: z.string(),
  epoch: z.int().nonnegative(),
  run: z.string(),
  /** By host. */
  departures: z.record(
    z.string(),
    z.strictObject({ kind: z.enum(['transfer', 'shutdown', 'released']), epoch: z.int().nonnegative() }),
  ),
});

export type ClaimRecord = Readonly<z.infer<typeof recordSchema>>;
export type Departure = ClaimRecord['departures'][string] | null;

/** Where the records lie; durable when `save` resolves. */
export interface ClaimStorage {
  load(): Promise<readonly ClaimRecord[]>;
  save(record: ClaimRecord): Promise<void>;
}

export class ClaimBook {
  readonly #site: string;
  readonly #storage: ClaimStorage;
  readonly #records: Map<string, ClaimRecord>;

  private constructor(site: string, storage: ClaimStorage, records: readonly ClaimRecord[]) {
    this.#site = site;
    this.#storage = storage;
    this.#records = new Map(records.map((record) => [record.workload, record]));
  }

  static async open(site: string, storage: ClaimStorage): Promise<ClaimBook> {
    return new ClaimBook(site, storage, await storage.load());
  }

  departure(workload: string, host: string): Departure {
    return this.#records.get(workload)?.departures[host] ?? null;
  }

  /** Remembers the claim; refuses one that is older than what was seen, or as old and of another run. */
  async accept({ workload, epoch, run }: Claim): Promise<void> {
    const seen = this.#records.get(workload);
    if (seen !== undefined && (epoch < seen.epoch || (epoch === seen.epoch && run !== seen.run)))
      throw new LonghaulError('LH_EPOCH_STALE', [this.#site, seen.epoch, workload, epoch]);
    if (seen?.epoch === epoch) return;
    const departures = seen?.departures ?? {};
    await this.#save({ format: 'longhaul-claim/1', workload, epoch, run, departures });
  }

  /** Only for a claim that was accepted before. */
  async setDeparture({ workload, epoch, run }: Claim, host: string, departure: Departure): Promise<void> {
    const { [host]: _, ...others } = this.#records.get(workload)?.departures ?? {};
    const departures = departure === null ? others : { ...others, [host]: departure };
    await this.#save({ format: 'longhaul-claim/1', workload, epoch, run, departures });
  }

  async #save(record: ClaimRecord): Promise<void> {
    await this.#storage.save(record);
    this.#records.set(record.workload, record);
  }
}

/** For rehearsals and tests: survives the agent that uses it, not the process. */
export function createMemoryClaims(): ClaimStorage {
  const records = new Map<string, ClaimRecord>();
  return {
    load: async () => [...records.values()],
    save: async (record) => void records.set(record.workload, record),
  };
}

/** One file a workload: written beside, flushed, renamed over, and the directory flushed. */
export function createClaimDirectory(directory: string): ClaimStorage {
  return {
    load: async () => {
      await mkdir(directory, { recursive: true, mode: 0o700 });
      const names = (await readdir(directory)).filter((name) => name.endsWith('.json'));
      if (names.length > claimsMax)
        throw new LonghaulError('LH_INPUT_INVALID', [
          `${directory} holds ${names.length} claims; at most ${claimsMax}`,
        ]);
      const records: ClaimRecord[] = [];
      for (const name of names) records.push(await readRecord(join(directory, name)));
      return records;
    },
    save: async (record) => {
      const path = join(directory, `${encodeURIComponent(record.workload)}.json`);
      await writeDurably(`${path}.new`, `${JSON.stringify(record)}\n`);
      await rename(`${path}.new`, path);
      await flushDirectory(directory);
    },
  };
}

async function readRecord(path: string): Promise<ClaimRecord> {
  const text = await readFile(path, 'utf8');
  try {
    return recordSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new LonghaulError(
      'LH_INPUT_UNREADABLE',
      [
        path,
        'not a longhaul-claim/1 record; restore it, as without it a stale worker could act on this workload',
      ],
      { cause },
    );
  }
}

async function writeDurably(path: string, text: string): Promise<void> {
  const file = await open(path, 'w', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function flushDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
