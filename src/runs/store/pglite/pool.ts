import { EventEmitter } from 'node:events';
import type { PGlite } from '@electric-sql/pglite';

/**
 * A `pg.Pool` as far as BullMQ's PostgreSQL back end looks. There is one session behind it, shared with Records, so
 * a client is only a name for it; what spans several statements goes through PGlite's own `transaction`. BullMQ opens
 * transactions by hand in its migrations alone, and these run before anybody else does anything.
 */
export function createPool(database: PGlite): Pool {
  const pool = Object.assign(new EventEmitter(), {
    /** Tells BullMQ that a lost LISTEN would be noticed: in one process there is nothing to lose. */
    options: { keepAlive: true },
    query: <R>(text: string, params?: readonly unknown[]) => runQuery<R>(database, text, params),
    connect: async () => createClient(database),
    end: async () => undefined,
  });
  return pool;
}

interface QueryResult<R> {
  readonly rows: R[];
  readonly rowCount: number;
}

interface Queryable extends EventEmitter {
  query<R>(text: string, params?: readonly unknown[]): Promise<QueryResult<R>>;
}

interface Client extends Queryable {
  release(): void;
}

interface Pool extends Queryable {
  readonly options: { readonly keepAlive: boolean };
  connect(): Promise<Client>;
  end(): Promise<void>;
}

function createClient(database: PGlite): Client {
  const client = new EventEmitter();
  const stop = database.onNotification((channel, payload) => {
    client.emit('notification', { channel, payload });
  });
  return Object.assign(client, {
    query: <R>(text: string, params?: readonly unknown[]) => runQuery<R>(database, text, params),
    release: stop,
  });
}

/** Only the simple protocol takes several statements in one text (the migrations); only the other takes parameters. */
async function runQuery<R>(
  database: PGlite,
  text: string,
  params: readonly unknown[] = [],
): Promise<QueryResult<R>> {
  if (params.length > 0) {
    const { rows, affectedRows } = await database.query<R>(text, [...params]);
    return { rows, rowCount: affectedRows ?? rows.length };
  }
  const last = (await database.exec(text)).at(-1);
  const rows = (last?.rows ?? []) as R[];
  return { rows, rowCount: last?.affectedRows ?? rows.length };
}
