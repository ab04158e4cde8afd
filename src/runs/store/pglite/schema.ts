import type { PGlite } from '@electric-sql/pglite';

/**
 * The tables of Records, in a schema of their own beside BullMQ's. Bodies are JSON text as it was given (a plan's
 * hash is taken over it). A change of the schema is a further entry here; entries are never edited.
 */
const migrations: readonly string[] = [
  `CREATE TABLE longhaul.plan (hash text PRIMARY KEY, body text NOT NULL);
   CREATE TABLE longhaul.run (number serial, id text PRIMARY KEY, version int NOT NULL, body text NOT NULL);
   CREATE TABLE longhaul.journal (run text, sequence int, body text NOT NULL, PRIMARY KEY (run, sequence));
   CREATE TABLE longhaul.claim (workload text PRIMARY KEY, epoch int NOT NULL, run text NOT NULL);
   CREATE TABLE longhaul.observation (number serial PRIMARY KEY, body text NOT NULL);`,
];

export async function migrateRecords(database: PGlite): Promise<void> {
  await database.transaction(async (transaction) => {
    await transaction.exec(
      `SET LOCAL synchronous_commit = on;
       CREATE SCHEMA IF NOT EXISTS longhaul;
       CREATE TABLE IF NOT EXISTS longhaul.migration (version int PRIMARY KEY);`,
    );
    const { rows } = await transaction.query<{ version: number }>(
      'SELECT coalesce(max(version), 0) AS version FROM longhaul.migration',
    );
    const current = rows[0]?.version ?? 0;
    for (const [index, migration] of migrations.slice(current).entries()) {
      await transaction.exec(migration);
      await transaction.query('INSERT INTO longhaul.migration VALUES ($1)', [current + index + 1]);
    }
  });
}
