import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { LonghaulError } from '../../topology/errors.ts';
import type { Clock, CommandResult, Log, Random, RunCommand } from '../../topology/world.ts';
import { commandOutputBytesMax } from './limits.ts';

/** The world as it is: the machine's clocks, its processes, and a log of JSON lines. */
export const realClock: Clock = {
  nowSeconds: () => Date.now() / 1000,
  monotonicSeconds: () => performance.now() / 1000,
  sleep: async (seconds, signal) => {
    signal?.throwIfAborted();
    try {
      await sleep(seconds * 1000, undefined, signal === undefined ? {} : { signal });
    } catch (cause) {
      signal?.throwIfAborted();
      throw cause;
    }
  },
};

/** Not to be guessed from outside, as message ids must not be. */
export const realRandom: Random = { next: () => randomInt(2 ** 32) / 2 ** 32 };

/** JSON lines to the file descriptor (2: standard error) or file. */
export function createLog(target: number | string, level: string): Log {
  return pino({ level, base: null }, pino.destination({ dest: target, sync: true, mkdir: true }));
}

/** Runs the argument vector as a child process; output beyond the limit is cut. */
export const runCommand: RunCommand = async (argv, { stdin, timeoutSeconds, signal }) => {
  const [program, ...rest] = argv;
  if (program === undefined) throw new LonghaulError('LH_COMMAND_FAILED', ['', -1, 'no program']);
  signal?.throwIfAborted();
  const timeout = AbortSignal.timeout(timeoutSeconds * 1000);
  const ends = signal === undefined ? timeout : AbortSignal.any([timeout, signal]);
  const child = spawn(program, rest, {
    stdio: ['pipe', 'pipe', 'pipe'],
    signal: ends,
    killSignal: 'SIGKILL',
  });
  return await new Promise<CommandResult>((resolve, reject) => {
    const output = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (chunk: string) => {
        if (output[name].length < commandOutputBytesMax) output[name] += chunk;
      });
    }
    child.on('error', (cause) => {
      if (timeout.aborted)
        reject(new LonghaulError('LH_COMMAND_TIMEOUT', [argv.join(' '), timeoutSeconds], { cause }));
      else
        reject(
          signal?.aborted === true
            ? (signal.reason as Error)
            : new LonghaulError('LH_COMMAND_FAILED', [argv.join(' '), -1, cause.message], { cause }),
        );
    });
    child.on('close', (code) => resolve({ exitCode: code ?? -1, ...output }));
    child.stdin.on('error', () => undefined); // a child that does not read its input is not an error
    child.stdin.end(stdin ?? '');
  });
};
