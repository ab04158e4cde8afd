import type { Command } from 'commander';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Log } from '../../topology/world.ts';
import { type Config, type Flags, readConfig } from '../config/config.ts';
import { createLog } from '../world/real.ts';
import { openSession, type Role, type Session } from './session.ts';

/** The options of every command that looks at runs. */
export function addStateOption(command: Command): Command {
  return command.option(
    '--state <place>',
    'where runs are remembered: a directory, or redis://… (LONGHAUL_STATE; default ./.longhaul)',
  );
}

/** And those of a command that carries them out. */
export function addWorkOptions(command: Command): Command {
  return addStateOption(command)
    .option('--concurrency <moves>', 'moves this process carries out at once (default 16)')
    .option('--limits <preset>', 'patience of moves: wan, or lab (default wan)')
    .option('--speed <factor>', 'simulated sites: times as fast as real time (default 60)');
}

/** Standard error belongs to progress, so what a foreground command logs goes beside the state. */
export async function withSession<T>(
  flags: Flags,
  role: Role,
  work: (session: Session, config: Config) => Promise<T>,
): Promise<T> {
  const config = readConfig(flags);
  const session = await openSession(config, role, foregroundLog(config, role));
  try {
    return await work(session, config);
  } finally {
    await session.close();
  }
}

/** Who only looks leaves nothing behind where nothing was. */
export function foregroundLog({ state, logLevel }: Config, role: Role): Log {
  const directory =
    state.kind === 'directory' ? state.path : path.join(os.homedir(), '.local', 'state', 'longhaul');
  if (role === 'look' && !fs.existsSync(directory)) return createLog(2, 'silent');
  fs.mkdirSync(directory, { recursive: true, mode: 0o700 });
  return createLog(path.join(directory, 'log.jsonl'), logLevel);
}
