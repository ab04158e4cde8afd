import path from 'node:path';
import { crash, type CrashResult } from '../src/lab/crash/crash.ts';
import { crashCases } from '../src/lab/crash/cases.ts';
import { crashLabOptions } from '../src/lab/crash/options.ts';
import { takeDown } from '../src/lab/down.ts';
import { labDirectories } from '../src/lab/files.ts';
import { createLayout } from '../src/lab/layout.ts';
import { bringUp } from '../src/lab/up.ts';
import type { LabWorld } from '../src/lab/world.ts';
import { startProcess } from '../src/world/processes.ts';
import { realClock, runCommand } from '../src/world/real.ts';

/**
 * `npm run crash [-- COUNT]`: every real crash (or the first COUNT) in one standing lab, one guest each, as a table. Exit
 * code 1 when one ends wrong.
 */
const cases = crashCases.slice(0, Number(process.argv[2] ?? crashCases.length));
const prefix = 'lhc-';
const ending = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => ending.abort());
const world: LabWorld = {
  run: runCommand,
  start: startProcess,
  clock: realClock,
  directories: labDirectories(prefix),
  longhaul: [process.execPath, ...process.execArgv, path.resolve(import.meta.dirname, '../src/cli/main.ts')],
  say: (line) => process.stderr.write(`lab: ${line}\n`),
  signal: ending.signal,
};
const options = crashLabOptions(prefix, cases.length);
const state = await bringUp(world, options);
let wrong = 0;
try {
  for (const [index, one] of cases.entries()) {
    const guest = state.guests[index];
    if (guest === undefined) break;
    const lab = { world, layout: createLayout(prefix, options.shape), state, options };
    const result = await crash(lab, guest, one);
    if (result.fault !== null) wrong++;
    process.stdout.write(`${rowOf(result)}\n`);
  }
} finally {
  await takeDown(world, prefix);
}
process.exitCode = wrong === 0 ? 0 : 1;

function rowOf({ name, outcome, state, ticksAt, answers, seconds, fault }: CrashResult): string {
  return [
    name.padEnd(46),
    outcome.padEnd(10),
    state.padEnd(10),
    `at ${ticksAt.join('+') || '-'}`,
    answers ? 'answers' : 'silent ',
    `${seconds.toFixed(0)} s`.padStart(6),
    fault ?? 'as it must be',
  ].join('  ');
}
