import { openDatabase } from '../../src/runs/store/pglite/database.ts';
import { createPgliteRecords } from '../../src/runs/store/pglite/records.ts';
import { openRedis } from '../../src/runs/store/redis/connection.ts';
import { createRedisRecords } from '../../src/runs/store/redis/records.ts';
import type { Records } from '../../src/runs/store/records.ts';
import { silentLog } from './log.ts';
import { makeEntry } from './values.ts';

/** `pglite DIRECTORY` or `redis URL`: appends for ever, and says of each entry that it was acknowledged. */
const [store, place] = process.argv.slice(2) as [string, string];
const records: Records =
  store === 'pglite'
    ? createPgliteRecords(await openDatabase(place))
    : createRedisRecords((await openRedis(place, silentLog)).records);
for (;;) {
  const sequence = await records.append(
    'a',
    makeEntry({ step: 'x'.repeat(Math.ceil(Math.random() * 5000)) }),
  );
  process.stdout.write(`${sequence}\n`);
}
