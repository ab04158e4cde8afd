import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { QmpConnection, type QmpEvent } from '../../../../src/hypervisors/qemu/qmp.ts';
import { realClock } from '../../../../src/world/real.ts';

/** A monitor that says what the test tells it to. */
let folder: string;
let server: Server | null = null;
const signal = AbortSignal.timeout(20_000);
const events: QmpEvent[] = [];
const ends: string[] = [];

type Command = { execute?: string; 'exec-oob'?: string; id: number; arguments: Record<string, unknown> };

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lh-qmp-'));
  events.length = 0;
  ends.length = 0;
});
afterEach(async () => {
  server?.close();
  await rm(folder, { recursive: true });
});

async function monitor(
  greet: (socket: Socket) => void,
  answer: (command: Command, socket: Socket) => void,
): Promise<void> {
  server = createServer((socket) => {
    greet(socket);
    createInterface({ input: socket }).on('line', (line) => answer(JSON.parse(line) as Command, socket));
  });
  await new Promise<void>((resolve) => server!.listen(join(folder, 'qmp'), resolve));
}
const say = (socket: Socket, value: unknown): void => void socket.write(`${JSON.stringify(value)}\r\n`);
const greeting = { QMP: { version: {}, capabilities: ['oob'] } };
const open = async (): Promise<QmpConnection> =>
  await QmpConnection.open(
    {
      workload: 'app',
      path: join(folder, 'qmp'),
      clock: realClock,
      listener: { event: (event) => void events.push(event), closed: (why) => void ends.push(why) },
    },
    signal,
  );

test('out-of-band commands are negotiated; answers find their command in whatever order they come', async () => {
  const commands: unknown[] = [];
  const held: { id: number; socket: Socket }[] = [];
  await monitor(
    (socket) => say(socket, greeting),
    (command, socket) => {
      commands.push(command);
      if (command.execute === 'query-status') held.push({ id: command.id, socket });
      else say(socket, { return: command['exec-oob'] ?? {}, id: command.id });
      if (command['exec-oob'] === 'yank')
        for (const one of held) say(one.socket, { return: 'late', id: one.id });
    },
  );
  const connection = await open();
  const status = connection.execute('query-status', {}, signal);
  expect(await connection.executeOutOfBand('yank', { instances: [] }, signal)).toBe('yank');
  expect(await status).toBe('late');
  expect(commands[0]).toEqual({ execute: 'qmp_capabilities', arguments: { enable: ['oob'] }, id: 1 });
  connection.close();
});

test('events carry the microseconds QEMU stamped them with, also where a line comes in pieces', async () => {
  await monitor(
    (socket) => {
      say(socket, greeting);
      const text = JSON.stringify({
        timestamp: { seconds: 1_700_000_000, microseconds: 250_000 },
        event: 'STOP',
      });
      socket.write(text.slice(0, 20));
      setTimeout(() => socket.write(`${text.slice(20)}\n`), 20);
    },
    (command, socket) => setTimeout(() => say(socket, { return: {}, id: command.id }), 60),
  );
  const connection = await open();
  expect(events).toEqual([{ name: 'STOP', data: {}, atSeconds: 1_700_000_000.25 }]);
  connection.close();
});

test('a refusal is told in the words of QEMU', async () => {
  await monitor(
    (socket) => say(socket, greeting),
    (command, socket) =>
      say(
        socket,
        command.execute === 'cont'
          ? { error: { class: 'GenericError', desc: 'Migration is not finalized yet' }, id: command.id }
          : { return: {}, id: command.id },
      ),
  );
  const connection = await open();
  await expect(connection.execute('cont', {}, signal)).rejects.toMatchObject({
    code: 'LH_QMP_REFUSED',
    message: "QEMU of 'app' refused 'cont': Migration is not finalized yet",
  });
  connection.close();
});

test('a command that is not answered ends by its deadline, one whose monitor hangs up at once', async () => {
  await monitor(
    (socket) => say(socket, greeting),
    (command, socket) => {
      if (command.execute === 'qmp_capabilities') say(socket, { return: {}, id: command.id });
      if (command.execute === 'quit') socket.destroy();
    },
  );
  const connection = await open();
  await expect(connection.executeBriefly('query-migrate', {}, signal)).rejects.toMatchObject({
    message: "QEMU of 'app' did not answer 'query-migrate' within 1 s",
  });
  await expect(connection.execute('quit', {}, signal)).rejects.toMatchObject({ code: 'LH_QMP_LOST' });
  await expect(connection.execute('query-status', {}, signal)).rejects.toMatchObject({ code: 'LH_QMP_LOST' });
  expect(ends).toHaveLength(1);
});

test('what is no monitor is not talked to', async () => {
  await monitor(
    (socket) => void socket.write('SSH-2.0-OpenSSH_9.2\r\n'),
    () => undefined,
  );
  await expect(open()).rejects.toMatchObject({ code: 'LH_QMP_LOST' });
});
