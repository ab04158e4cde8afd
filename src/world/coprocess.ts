import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import type { StartCoprocess } from '../../topology/world.ts';

/** A constant script; the arguments pass through it as they are. One pipe keeps errors in their place in the output. */
const merged = ['-c', 'exec "$@" 2>&1', 'sh'];
const closeSecondsMax = 1;

export const startCoprocess: StartCoprocess = (argv, onOutput) => {
  const child = spawn('/bin/sh', [...merged, ...argv], { stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdout.setEncoding('utf8').on('data', onOutput);
  child.stdin.on('error', () => undefined); // the child has ended: `ended` says so
  const ended = new Promise<string>((resolve) => {
    child.on('error', ({ message }) => resolve(message));
    child.on('close', (code, signal) => resolve(signal ?? `exit code ${code ?? -1}`));
  });
  return {
    write: async (data) => {
      await new Promise<void>((resolve) => {
        child.stdin.write(data, () => resolve());
      });
    },
    ended,
    close: async () => {
      child.stdin.end();
      await Promise.race([ended, sleep(closeSecondsMax * 1000, undefined, { ref: false })]);
      child.kill('SIGKILL');
      await ended;
    },
  };
};
