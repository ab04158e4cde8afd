import assert from 'node:assert/strict';
import { LonghaulError } from '../../../../topology/errors.ts';
import type { Observation } from '../../../../planners/estimate/observation.ts';
import type { Plan } from '../../../../planners/plan/plan.ts';
import type { JournalEntry, Records, RunChange, RunRecord } from '../records.ts';
import type { PGlite } from '@electric-sql/pglite';
import { durably } from './database.ts';

/** Records as tables in the embedded database. Whoever opened the database closes it. */
export function createPgliteRecords(database: PGlite): Records {
  const write = async <R>(text: string, values: unknown[]): Promise<readonly R[]> =>
    await durably(database, async (transaction) => (await transaction.query<R>(text, values)).rows);
  const read = async <R>(text: string, values: unknown[] = []): Promise<readonly R[]> =>
    (await database.query<R>(text, values)).rows;
  const readBodies = async <T>(text: string, values: unknown[] = []): Promise<readonly T[]> =>
    (await read<{ body: string }>(text, values)).map(({ body }) => JSON.parse(body) as T);

  return {
    savePlan: async (plan) => {
      await write('INSERT INTO longhaul.plan VALUES ($1, $2) ON CONFLICT DO NOTHING', [
        plan.hash,
        JSON.stringify(plan),
      ]);
    },
    plan: async (hash) =>
      (await readBodies<Plan>('SELECT body FROM longhaul.plan WHERE hash = $1', [hash]))[0] ?? null,

    createRun: async (run) => {
      const rows = await write(
        'INSERT INTO longhaul.run (id, version, body) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING RETURNING id',
        [run.id, run.version, JSON.stringify(run)],
      );
      return rows.length === 1;
    },
    run: async (id) =>
      (await readBodies<RunRecord>('SELECT body FROM longhaul.run WHERE id = $1', [id]))[0] ?? null,
    runs: async () => await readBodies<RunRecord>('SELECT body FROM longhaul.run ORDER BY number DESC'),
    updateRun: async (id, version, change) =>
      await durably(database, async (transaction) => await changeRun(transaction, { id, version, change })),

    append: async (run, entry) =>
      await durably(database, async (transaction) => await appendEntry(transaction, run, entry)),
    journal: async (run, after = 0) => {
      const rows = await read<{ sequence: number; body: string }>(
        'SELECT sequence, body FROM longhaul.journal WHERE run = $1 AND sequence > $2 ORDER BY sequence',
        [run, after],
      );
      return rows.map(({ sequence, body }) => ({ ...(JSON.parse(body) as JournalEntry), sequence }));
    },

    takeClaim: async (workload, expected, run) => {
      const rows =
        expected === 0
          ? await write<{ epoch: number }>(
              'INSERT INTO longhaul.claim VALUES ($1, 1, $2) ON CONFLICT DO NOTHING RETURNING epoch',
              [workload, run],
            )
          : await write<{ epoch: number }>(
              `UPDATE longhaul.claim SET epoch = epoch + 1, run = $3
               WHERE workload = $1 AND epoch = $2 RETURNING epoch`,
              [workload, expected, run],
            );
      return rows[0]?.epoch ?? null;
    },
    claim: async (workload) =>
      (
        await read<{ epoch: number; run: string }>(
          'SELECT epoch, run FROM longhaul.claim WHERE workload = $1',
          [workload],
        )
      )[0] ?? null,

    appendObservation: async (observation) => {
      await write('INSERT INTO longhaul.observation (body) VALUES ($1)', [JSON.stringify(observation)]);
    },
    observations: async () =>
      await readBodies<Observation>('SELECT body FROM longhaul.observation ORDER BY number'),

    close: async () => undefined,
  };
}

type Transaction = Pick<PGlite, 'query'>;

async function changeRun(
  transaction: Transaction,
  { id, version, change }: { readonly id: string; readonly version: number; readonly change: RunChange },
): Promise<RunRecord | null> {
  const { rows } = await transaction.query<{ body: string }>(
    'SELECT body FROM longhaul.run WHERE id = $1 AND version = $2',
    [id, version],
  );
  if (rows[0] === undefined) return null;
  const changed = { ...(JSON.parse(rows[0].body) as RunRecord), ...change, version: version + 1 };
  await transaction.query('UPDATE longhaul.run SET version = $2, body = $3 WHERE id = $1', [
    id,
    changed.version,
    JSON.stringify(changed),
  ]);
  return changed;
}

async function appendEntry(transaction: Transaction, run: string, entry: JournalEntry): Promise<number> {
  const { workload } = entry;
  if (workload !== null) {
    const { rows } = await transaction.query<{ epoch: number }>(
      'SELECT epoch FROM longhaul.claim WHERE workload = $1',
      [workload],
    );
    const epoch = rows[0]?.epoch ?? 0;
    if (epoch !== entry.epoch) throw new LonghaulError('LH_CLAIM_LOST', [workload, entry.epoch, epoch]);
  }
  const { rows } = await transaction.query<{ sequence: number }>(
    `INSERT INTO longhaul.journal
     SELECT $1, coalesce(max(sequence), 0) + 1, $2 FROM longhaul.journal WHERE run = $1 RETURNING sequence`,
    [run, JSON.stringify(entry)],
  );
  assert(rows[0] !== undefined, 'an insert answers its row');
  return rows[0].sequence;
}
