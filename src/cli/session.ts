import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { LonghaulError } from '../../topology/errors.ts';
import type { Log } from '../../topology/world.ts';
import { createRemoteService } from '../api/client.ts';
import { createApi } from '../api/server.ts';
import { type App, createApp } from '../app.ts';
import type { Config } from '../config/config.ts';
import type { RunService } from '../runs/service.ts';
import { lockHolder } from '../runs/store/lock.ts';
import { createMemoryStore, openDirectory, openRedisStore, type Store } from '../runs/store/open.ts';
import { realClock } from '../world/real.ts';

/**
 * How a command comes to a RunService. A state directory belongs to one process at a time; who finds it taken speaks
 * to that process over its socket, everybody else opens it:
 *
 *   held, socket answers ─▶ remote              held, no socket yet ─▶ look again
 *   free, or Redis       ─▶ local; to `work` also takes jobs, and in a directory serves the socket
 */
export interface Session {
  readonly service: RunService;
  /** Null where another process does the work. */
  readonly app: App | null;
  close(): Promise<void>;
}

export type Role = 'look' | 'work';

export async function openSession(config: Config, role: Role, log: Log): Promise<Session> {
  const { state } = config;
  if (state.kind === 'redis')
    return await localSession({ config, role, log }, await openRedisStore(state.url.reveal(), log));
  if (role === 'look' && !fs.existsSync(state.path))
    return await localSession({ config, role, log }, createMemoryStore(realClock, log));
  return await openDirectorySession({ config, role, log }, state.path);
}

/** The process that has the directory open, if one has: nothing is opened, and nobody waited for. */
export async function openHeldSession({ state }: Config): Promise<Session | null> {
  if (state.kind !== 'directory' || !fs.existsSync(state.path) || lockHolder(state.path) === null)
    return null;
  const socket = socketOf(state.path);
  return (await answers(socket)) ? remoteSession(socket) : null;
}

function remoteSession(socket: string): Session {
  const service = createRemoteService(socket);
  return { service, app: null, close: () => service.close() };
}

export const socketOf = (directory: string): string => path.join(directory, 'socket');

interface SessionParts {
  readonly config: Config;
  readonly role: Role;
  readonly log: Log;
}

async function openDirectorySession(parts: SessionParts, directory: string): Promise<Session> {
  const socket = socketOf(directory);
  requireSocketFits(socket);
  const deadline = realClock.monotonicSeconds() + waitSecondsMax;
  for (;;) {
    if (fs.existsSync(directory) && lockHolder(directory) !== null && (await answers(socket)))
      return remoteSession(socket);
    try {
      return await localSession(parts, await openDirectory(directory, parts.log));
    } catch (error) {
      const isTaken = error instanceof LonghaulError && error.code === 'LH_STATE_LOCKED';
      if (!isTaken || realClock.monotonicSeconds() > deadline) throw error;
      await realClock.sleep(lookSeconds); // it is starting, or only looks something up
    }
  }
}

/** A first start of an embedded database on a slow machine takes a quarter of it. */
const waitSecondsMax = 60;
const lookSeconds = 0.1;

async function localSession({ config, role, log }: SessionParts, store: Store): Promise<Session> {
  const { state } = config;
  const simulation =
    state.kind === 'directory' ? { directory: path.join(state.path, 'simulated') } : 'shared';
  const app = createApp({ store, config, simulation, clock: realClock, log });
  if (role === 'look') return { service: app.service, app, close: () => app.close() };
  try {
    await app.work();
    const stopServing = state.kind === 'directory' ? await serveSocket(app, state.path, log) : null;
    return {
      service: app.service,
      app,
      close: async () => {
        await stopServing?.();
        await app.close();
      },
    };
  } catch (error) {
    await app.close();
    throw error;
  }
}

/** The lock is ours, so a socket that lies there is a dead process's. */
async function serveSocket(app: App, directory: string, log: Log): Promise<() => Promise<void>> {
  const socket = socketOf(directory);
  fs.rmSync(socket, { force: true });
  const server = createApi({ service: app.service, clock: realClock, log, callers: 'socket', tls: null });
  await server.listen({ path: socket });
  fs.chmodSync(socket, 0o600);
  return async () => {
    await server.close();
    fs.rmSync(socket, { force: true });
  };
}

/** sun_path of unix(7): 108 bytes with the final zero. */
const socketBytesMax = 107;

function requireSocketFits(socket: string): void {
  if (Buffer.byteLength(socket) > socketBytesMax)
    throw new LonghaulError('LH_OPTION_INVALID', [
      '--state',
      `its socket '${socket}' would have more than ${socketBytesMax} bytes, the system's limit; choose a shorter path`,
    ]);
}

async function answers(socket: string): Promise<boolean> {
  return await new Promise((resolve) => {
    const connection = net.connect(socket);
    connection.once('connect', () => {
      connection.destroy();
      resolve(true);
    });
    connection.once('error', () => resolve(false));
  });
}
