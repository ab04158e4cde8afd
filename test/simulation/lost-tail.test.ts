import { describe, expect, test } from 'vitest';
import type { Plan } from '../../planners/plan/plan.ts';
import { createJobHandler } from '../../src/runs/job-handler.ts';
import { carryOnRun } from '../../src/runs/start.ts';
import { createMemoryDispatch } from '../../src/runs/store/memory/dispatch.ts';
import { createMemoryRecords } from '../../src/runs/store/memory/records.ts';
import type { Records, RunRecord, StoredEntry } from '../../src/runs/store/records.ts';
import { silentLog } from '../support/log.ts';
import {
  planFor,
  runToEnd,
  type Simulation,
  simulationOf,
  untilOver,
  type Way,
  waysBetween,
  waysInside,
  worldText,
} from '../support/simulation.ts';

/**
 * A state that was brought back from a backup, or lost what its disk had not yet written: the journal ends early, the
 * world has gone on. Whoever carries the run on finds the guest where the journal does not expect it.
 */
async function recordsWith(plan: Plan, run: RunRecord, entries: readonly StoredEntry[]): Promise<Records> {
  const records = createMemoryRecords();
  await records.savePlan(plan);
  await records.createRun({ ...run, state: 'running', endedAtSeconds: null, version: 1 });
  if (entries.some(({ workload }) => workload !== null)) await records.takeClaim('web', 0, run.id);
  for (const { sequence: _, ...entry } of entries) await records.append(run.id, entry);
  return records;
}

async function carryOn(simulation: Simulation, records: Records): Promise<RunRecord> {
  const { clock, parts } = simulation;
  const again = { ...parts, records, dispatch: createMemoryDispatch(clock, silentLog) };
  await again.dispatch.work(createJobHandler(again), { concurrency: 1000 });
  return await clock.run(async () => {
    await carryOnRun(again, 'run1');
    return await untilOver(clock, records, 'run1');
  });
}

describe.each([...waysBetween, ...waysInside])('%s', (way) => {
  test('the journal ends anywhere, the run had ended: it is done, or a person is asked, and the world stays as it is', async () => {
    const plan = planFor(way);
    const whole = await simulationOf(plan);
    const run = await runToEnd(whole, plan);
    const journal = await whole.records.journal('run1');
    const calm = await worldText(whole);
    const failures: string[] = [];
    for (let length = 0; length < journal.length; length += strideOf(way)) {
      const simulation = await simulationOf(plan);
      await runToEnd(simulation, plan);
      const record = await carryOn(simulation, await recordsWith(plan, run, journal.slice(0, length)));
      const world = await worldText(simulation);
      const isRight = record.state === 'done' || record.state === 'needs-person';
      if (!isRight || world !== calm) failures.push(`${length} entries: ${record.state}\n${world}`);
    }
    expect(failures).toEqual([]);
  });
});

/** All of the first way, of the others every third. */
const strideOf = (way: Way): number => (way === 'routed-live' || process.env['SIM'] === 'all' ? 1 : 3);
