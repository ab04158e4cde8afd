import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs/promises';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export interface RedisServer {
  readonly url: string;
  /** SIGKILL, then a new process on the same files. */
  crash(): Promise<void>;
  kill(): Promise<void>;
  /** A new process on the same files. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** A real redis-server on a unix socket of its own; `settings` are its command-line options. */
export async function startRedis(settings: readonly string[] = durable): Promise<RedisServer> {
  const directory = await fs.mkdtemp(path.join(os.tmpdir(), 'longhaul-redis-'));
  const socket = path.join(directory, 'socket');
  let child = await spawnRedis(directory, socket, settings);
  const kill = async (): Promise<void> => await end(child, 'SIGKILL');
  const restart = async (): Promise<void> => {
    child = await spawnRedis(directory, socket, settings);
  };
  return {
    url: `unix://${socket}`,
    crash: async () => {
      await kill();
      await restart();
    },
    kill,
    restart,
    stop: async () => {
      await end(child, 'SIGTERM');
      await fs.rm(directory, { recursive: true });
    },
  };
}

export const durable: readonly string[] = ['--appendonly', 'yes', '--appendfsync', 'always'];

async function spawnRedis(
  directory: string,
  socket: string,
  settings: readonly string[],
): Promise<ChildProcess> {
  await fs.rm(socket, { force: true });
  const child = spawn(
    'redis-server',
    ['--port', '0', '--unixsocket', socket, '--dir', directory, '--save', '', ...settings],
    { stdio: 'ignore' },
  );
  for (let tries = 0; !(await answers(socket)); tries++) {
    if (tries > 200 || child.exitCode !== null) throw new Error('redis-server does not start');
    await sleep(50);
  }
  return child;
}

async function answers(socket: string): Promise<boolean> {
  const connection = net.connect(socket);
  try {
    await once(connection, 'connect');
    connection.write('PING\r\n');
    const [answer] = (await once(connection, 'data')) as [Buffer];
    return answer.toString().startsWith('+PONG');
  } catch {
    return false;
  } finally {
    connection.destroy();
  }
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill(signal);
  await ended;
}
