/**
 * One end of a TCP session, in a process of its own so that it can live in any network namespace.
 *
 *   session serve PORT                     echoes until it is killed
 *   session open HOST PORT MILLISECONDS    sends a numbered 64-byte record so often without waiting for echoes;
 *                                          0: only one at the start and one at the end (an idle session)
 * `open` prints "open" when the first record has come back. At the end of its input it stops sending, waits for the
 * echoes still missing and prints what happened as JSON (SessionResult).
 */
import { connect, createServer } from 'node:net';

export interface SessionResult {
  readonly sent: number;
  readonly bytesLost: number;
  readonly longestGapSeconds: number;
  readonly error: string | null;
}

const recordBytes = 64;
const drainMilliseconds = 20_000;
const [mode, ...rest] = process.argv.slice(2);

if (mode === 'serve') serve(Number(rest[0]));
else open({ host: rest[0] ?? '', port: Number(rest[1]), every: Number(rest[2]) });

function serve(port: number): void {
  const server = createServer((socket) => {
    socket.setNoDelay(true);
    socket.on('error', () => undefined);
    socket.on('data', (data) => socket.write(data));
  });
  server.listen(port, () => process.stdout.write('ready\n'));
}

function open({ host, port, every }: { host: string; port: number; every: number }): void {
  const seen = { sent: 0, records: 0, wrong: 0, longestGapSeconds: 0 };
  let unread = Buffer.alloc(0);
  let lastEcho: number | null = null;
  let timer: NodeJS.Timeout | undefined;
  let isEnding = false;
  const socket = connect({ host, port, noDelay: true });
  const send = () => socket.write(record(seen.sent++));
  const finish = (error: string | null): never => {
    const bytesLost = (seen.sent - seen.records + seen.wrong) * recordBytes;
    const { sent, longestGapSeconds } = seen;
    const result: SessionResult = { sent, bytesLost, longestGapSeconds, error };
    process.stdout.write(`${JSON.stringify(result)}\n`);
    process.exit(0);
  };
  const noteEcho = () => {
    const now = performance.now();
    if (lastEcho !== null && every > 0)
      seen.longestGapSeconds = Math.max(seen.longestGapSeconds, (now - lastEcho) / 1000);
    if (lastEcho === null) {
      process.stdout.write('open\n');
      if (every > 0) timer = setInterval(send, every);
    }
    lastEcho = now;
  };
  socket.on('connect', send);
  socket.on('error', ({ message }) => finish(message));
  socket.on('close', () => finish('closed by the other side'));
  socket.on('data', (data) => {
    noteEcho();
    unread = Buffer.concat([unread, data]);
    for (; unread.length >= recordBytes; unread = unread.subarray(recordBytes)) {
      if (!unread.subarray(0, recordBytes).equals(record(seen.records++))) seen.wrong++;
    }
    if (isEnding && seen.records === seen.sent) finish(null);
  });
  process.stdin.on('end', () => {
    clearInterval(timer);
    isEnding = true;
    if (every === 0) send();
    else if (seen.records === seen.sent) finish(null);
    setTimeout(() => finish('echoes missing'), drainMilliseconds);
  });
  process.stdin.resume();
}

function record(index: number): Buffer {
  return Buffer.from(`${String(index).padStart(recordBytes - 1, '0')}\n`);
}
