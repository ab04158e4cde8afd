import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { inject, test as base } from 'vitest';

/**
 * `longhaul` as it is shipped (compiled, in a process of its own), in a directory of its own. No wait here is without
 * an end: who waits too long is told which command it was and everything that it said.
 */
export interface Place {
  readonly directory: string;
  /** As after a first start, without what it costs: an empty state in `.longhaul`. */
  prepareState(): Promise<void>;
  start(...args: readonly string[]): Running;
  longhaul(...args: readonly string[]): Promise<Ended>;
  write(name: string, content: unknown): Promise<void>;
}

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A process under way. */
export interface Running {
  /** Until its standard error has that; throws when it ends without. */
  says(pattern: RegExp): Promise<void>;
  said(): string;
  signal(signal: NodeJS.Signals): void;
  ended(): Promise<Ended>;
  kill(): Promise<void>;
}

/** Every process that a test leaves running is killed behind it. */
export const test = base.extend<{ place: Place }>({
  place: async ({ task: _ }, use) => {
    const directory = await fs.mkdtemp(path.join(os.tmpdir(), 'longhaul-e2e-'));
    const started: Running[] = [];
    const start = (...args: readonly string[]): Running => {
      const running = startLonghaul(args, directory);
      started.push(running);
      return running;
    };
    await use({
      directory,
      prepareState: async () =>
        await fs.cp(inject('emptyState'), path.join(directory, '.longhaul'), { recursive: true }),
      start,
      longhaul: async (...args) => await start(...args).ended(),
      write: async (name, content) =>
        await fs.writeFile(
          path.join(directory, name),
          typeof content === 'string' ? content : JSON.stringify(content),
        ),
    });
    for (const running of started) await running.kill();
    await fs.rm(directory, { recursive: true });
  },
});

/** A command that looks at files of the project. */
export async function longhaul(args: readonly string[], directory: string): Promise<Ended> {
  return await startLonghaul(args, directory).ended();
}

const bin = path.join(import.meta.dirname, '../../bin/longhaul.js');

function startLonghaul(args: readonly string[], directory: string): Running {
  const child = spawn(process.execPath, [bin, ...args], {
    cwd: directory,
    env: { ...ownEnvironment(), HOME: directory },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const text = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name].setEncoding('utf8').on('data', (chunk: string) => (text[name] += chunk));
  const closed = once(child, 'close').then(() => ({ code: child.exitCode, ...text }));
  const fault = (what: string): Error =>
    new Error(`longhaul ${args.join(' ')}: ${what}; it said:\n${text.stdout}${text.stderr}`);
  return {
    said: () => text.stderr,
    says: async (pattern) => {
      for (let waitedSeconds = 0; !pattern.test(text.stderr); waitedSeconds += lookSeconds) {
        if (hasEnded(child)) throw fault(`ended without ${String(pattern)}`);
        if (waitedSeconds > patienceSeconds) throw fault(`no ${String(pattern)} in ${patienceSeconds} s`);
        await sleep(lookSeconds * 1000);
      }
    },
    signal: (signal) => void child.kill(signal),
    ended: async () => {
      const late = new AbortController();
      try {
        return await Promise.race([
          closed,
          sleep(patienceSeconds * 1000, null, { signal: late.signal }).then(() => {
            throw fault(`still runs after ${patienceSeconds} s`);
          }),
        ]);
      } finally {
        late.abort();
      }
    },
    kill: async () => {
      child.kill('SIGKILL');
      await closed;
    },
  };
}

/** The slowest command takes some five seconds of a processor; a machine may have much else to do. */
const patienceSeconds = 100;
const lookSeconds = 0.02;

const hasEnded = ({ exitCode, signalCode }: ChildProcess): boolean =>
  exitCode !== null || signalCode !== null;

function ownEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('LONGHAUL_')));
}
