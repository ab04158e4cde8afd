import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { fileURLToPath } from 'node:url';
import type { FleetSize } from './fleets.ts';

export interface Measured extends FleetSize {
  readonly seconds: number;
  readonly peakMiB: number;
  readonly makespanOverLowerBound: number;
}

const sizes: readonly FleetSize[] = [
  { workloads: 100, sites: 2 },
  { workloads: 100, sites: 5 },
  { workloads: 1000, sites: 2 },
  { workloads: 1000, sites: 5 },
  { workloads: 1000, sites: 20 },
  { workloads: 10_000, sites: 2 },
  { workloads: 10_000, sites: 5 },
  { workloads: 10_000, sites: 20 },
];

/** Each size in a process of its own, so that the peak is its own too. */
export async function scaleOf(): Promise<readonly Measured[]> {
  const program = fileURLToPath(new URL('one-size.ts', import.meta.url));
  const run = promisify(execFile);
  const measured: Measured[] = [];
  for (const { workloads, sites } of sizes) {
    process.stderr.write(`bench planner: ${workloads} workloads over ${sites} sites\n`);
    const { stdout } = await run(process.execPath, [
      ...process.execArgv,
      program,
      String(workloads),
      String(sites),
    ]);
    measured.push(JSON.parse(stdout) as Measured);
  }
  return measured;
}
