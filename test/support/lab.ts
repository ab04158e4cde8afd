import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { labDirectories } from '../../src/lab/files.ts';
import { examineMachine } from '../../src/lab/requirements.ts';
import type { LabWorld } from '../../src/lab/world.ts';
import { startProcess } from '../../src/world/processes.ts';
import { realClock, runCommand } from '../../src/world/real.ts';

/** The tests' own labs: another prefix than the product's, so that a standing lab is not touched. */
export const testPrefix = 'lht-';

export const labWorld = (prefix = testPrefix): LabWorld => ({
  run: runCommand,
  start: startProcess,
  clock: realClock,
  directories: labDirectories(prefix),
  longhaul: [process.execPath, '--import', 'tsx', path.resolve(import.meta.dirname, '../../src/cli/main.ts')],
  say: () => undefined,
  signal: new AbortController().signal,
  goesFirst: false,
});

/** What this machine lacks for the lab, one line each. */
export async function labNeeds(): Promise<readonly (string | null)[]> {
  return (await examineMachine(runCommand)).map(({ what, missing }) =>
    missing === null ? null : `${what}: ${missing}`,
  );
}

/** Runs a program in a namespace and answers its output; its failure is the test's. */
export function runIn(namespace: string, argv: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync('ip', ['netns', 'exec', namespace, ...argv], {
    encoding: 'utf8',
    timeout: 60_000,
  });
  if (status !== 0) throw new Error(`${argv.join(' ')} in ${namespace}: ${status}: ${stderr}${stdout}`);
  return stdout;
}

export interface PingReport {
  readonly sent: number;
  readonly received: number;
  readonly minSeconds: number;
  readonly meanSeconds: number;
}

export function ping(
  namespace: string,
  address: string,
  { count = 20, options = [] as readonly string[] } = {},
): PingReport {
  const argv = ['ping', '-q', '-n', '-i', '0.05', '-c', String(count), ...options, address];
  const { stdout } = spawnSync('ip', ['netns', 'exec', namespace, ...argv], {
    encoding: 'utf8',
    timeout: 60_000,
  });
  const [, sent, received] = /(\d+) packets transmitted, (\d+) received/.exec(stdout) ?? [];
  const [, min, mean] = /= ([\d.]+)\/([\d.]+)\//.exec(stdout) ?? [];
  return {
    sent: Number(sent),
    received: Number(received),
    minSeconds: Number(min) / 1000,
    meanSeconds: Number(mean) / 1000,
  };
}

/** Processes that carry a lab's mark, by pid: what a lab has left running. */
export function markedProcesses(prefix: string): readonly number[] {
  const state = labDirectories(prefix).runtime;
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .filter((entry) => {
      try {
        return readFileSync(`/proc/${entry}/cmdline`, 'utf8').includes(`${state}/`);
      } catch {
        return false;
      }
    })
    .map(Number);
}
