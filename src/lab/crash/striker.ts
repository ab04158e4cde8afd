import { subscribe } from 'node:diagnostics_channel';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { MoveJournal } from '../../moves/journal.ts';
import { sendSignal } from '../../world/processes.ts';
import { realClock } from '../../world/real.ts';
import { connectRelay } from '../relay.ts';
import { readState } from '../state.ts';
import { strikeSchema, type Struck } from './strike.ts';

/**
 * Loaded into a worker before its own first line (`node --import striker.js?strike=FILE`): watches the journal and the
 * calls to agents, and breaks what the file says at its moment. The worker is the product's, unchanged; what dies, dies
 * by SIGKILL.
 */
const strikeFile = new URL(import.meta.url).searchParams.get('strike') ?? '';
const strike = strikeSchema.parse(JSON.parse(readFileSync(strikeFile, 'utf8')));

let step = '';
let calls = 0;
let isDone = false;

async function strikeNow(where: string): Promise<void> {
  if (isDone) return;
  isDone = true;
  const { cut, runtime, told, kill, killByPidFile, isSuicide } = strike;
  const processes = (await readState(runtime))?.processes ?? [];
  const named = processes.filter(({ name }) => kill.includes(name)).map(({ pid }) => pid);
  const filed = killByPidFile.map((file) => Number(readFileSync(file, 'utf8').trim()));
  if (cut !== null) await connectRelay(runtime).cut('wan', cut);
  const struck: Struck = { atSeconds: realClock.nowSeconds(), where };
  writeFileSync(`${told}.new`, JSON.stringify(struck));
  renameSync(`${told}.new`, told);
  for (const pid of [...named, ...filed]) sendSignal({ pid, startTicks: 0 }, 'SIGKILL');
  if (isSuicide) process.kill(process.pid, 'SIGKILL');
}

const journal = MoveJournal.prototype;
const append = Object.getOwnPropertyDescriptor(journal, 'append')?.value as typeof journal.append;
journal.append = async function watched(this: MoveJournal, ...entry) {
  const [event, name] = entry;
  const isHere = name === strike.step;
  if (isHere && event === 'end' && (strike.moment === 'unnoted' || strike.moment === 'inside'))
    await strikeNow(`${name}: done, not noted`);
  await append.call(this, ...entry);
  if (event === 'begin') step = name;
  if (isHere && event === 'begin' && strike.moment === 'begun') await strikeNow(`${name}: begun`);
  if (isHere && event === 'point-of-no-return' && strike.moment === 'committed')
    await strikeNow(`${name}: point of no return noted`);
};

interface Sent {
  readonly request: { readonly origin?: unknown; readonly method: string; readonly path: string };
}

subscribe('undici:client:sendHeaders', (message) => {
  const { origin, method, path } = (message as Sent).request;
  if (isDone || strike.moment !== 'inside' || step !== strike.step || path.startsWith('/claims/')) return;
  const { addresses, kind, count } = strike.call;
  if (!addresses.includes(new URL(String(origin)).hostname) || (method === 'GET') !== (kind === 'look'))
    return;
  if (++calls < count) return;
  void realClock
    .sleep(strike.delaySeconds)
    .then(async () => await strikeNow(`${strike.step}: ${method} ${path.split('?')[0] ?? ''} under way`));
});
