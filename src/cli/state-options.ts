import type { Command } from 'commander';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { LonghaulError } from '../../topology/errors.ts';
import type { Log } from '../../topology/world.ts';
import { type Config, type Flags, readConfig } from '../config/config.ts';
import { createLog } from '../world/real.ts';
import { printNote } from './render/output.ts';
import type { Role, Session } from './session.ts';

/** The options of every command that looks at runs. */
export function addStateOption(command: Command): Command {
  return command.option(
    '--state <place>',
    'where runs are remembered: a directory, or redis://… (LONGHAUL_STATE; default ./.longhaul)',
  );
}

/** And those of a command that carries them out. */
export function addWorkOptions(command: Command): Command {
  return addPaceOptions(addStateOption(command)).option(
    '--speed <factor>',
    'simulated sites: times as fast as real time (default 60)',
  );
}

export function addPaceOptions(command: Command): Command {
  return command
    .option('--concurrency <moves>', 'moves this process carries out at once (default 16)')
    .option('--limits <preset>', 'patience of moves: wan, or lab (default wan)');
}

/**
 * Standard error belongs to progress, so what a foreground command logs goes beside the state. When the process that
 * has the state open goes away meanwhile, `work` is done again from its beginning, perhaps in this process.
 */
export async function withSession<T>(
  flags: Flags,
  role: Role,
  work: (session: Session, config: Config) => Promise<T>,
): Promise<T> {
  const config = readConfig(flags);
  for (let sessions = 1; ; sessions++) {
    const session = await startSession(config, role, foregroundLog(config, role));
    try {
      return await work(session, config);
    } catch (error) {
      const isLost =
        session.app === null && error instanceof LonghaulError && error.code === 'LH_API_UNREACHABLE';
      if (!isLost || sessions >= sessionsMax) throw error;
      printNote('the process that had the state open has ended; looking again');
    } finally {
      await session.close();
    }
  }
}

/** Each loss is the end of a process that somebody started. */
const sessionsMax = 5;

/** Queue, database and server are only loaded by a command that needs them. */
export async function startSession(config: Config, role: Role, log: Log): Promise<Session> {
  const { openSession } = await import('./session.ts');
  return await openSession(config, role, log);
}

/** Of a process that has the state open; null: none has. */
export async function startHeldSession(config: Config): Promise<Session | null> {
  const { openHeldSession } = await import('./session.ts');
  return await openHeldSession(config);
}

/** Who only looks leaves nothing behind where nothing was. */
export function foregroundLog({ state, logLevel }: Config, role: Role): Log {
  const directory =
    state.kind === 'directory' ? state.path : path.join(os.homedir(), '.local', 'state', 'longhaul');
  if (role === 'look' && !fs.existsSync(directory)) return createLog(2, 'silent');
  fs.mkdirSync(directory, { recursive: true, mode: 0o700 });
  return createLog(path.join(directory, 'log.jsonl'), logLevel);
}
