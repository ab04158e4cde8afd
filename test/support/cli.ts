import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { vi, expect } from 'vitest';

const bin = path.join(import.meta.dirname, '../../bin/longhaul.js');

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A `longhaul` process under way. */
export interface Running {
  readonly child: ChildProcess;
  stdout(): string;
  stderr(): string;
  /** Until its standard error says so. */
  says(pattern: RegExp): Promise<void>;
  ended: Promise<Ended>;
}

export function startLonghaul(args: readonly string[], cwd: string): Running {
  const environment = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith('LONGHAUL_')),
  );
  const child = spawn(process.execPath, [bin, ...args], {
    cwd,
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name].setEncoding('utf8').on('data', (chunk: string) => (said[name] += chunk));
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, ...said }));
  return {
    child,
    stdout: () => said.stdout,
    stderr: () => said.stderr,
    says: async (pattern) => {
      await vi.waitFor(
        () => {
          if (child.exitCode !== null && !pattern.test(said.stderr))
            throw new Error(`longhaul ${args.join(' ')} ended: ${said.stdout}${said.stderr}`);
          expect(said.stderr).toMatch(pattern);
        },
        { timeout: 120_000, interval: 20 },
      );
    },
    ended,
  };
}

export async function longhaul(args: readonly string[], cwd: string): Promise<Ended> {
  return await startLonghaul(args, cwd).ended;
}
