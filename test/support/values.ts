import type { Observation } from '../../planners/estimate/observation.ts';
import { planHash } from '../../planners/plan/hash.ts';
import type { Plan } from '../../planners/plan/plan.ts';
import type { JournalEntry, RunRecord } from '../../src/runs/store/records.ts';
import { runbookOf, topologyOf } from './topology.ts';

/** Small whole values for tests of the store and the shells. */
export function makePlan(name: string): Plan {
  const plan: Omit<Plan, 'hash'> = {
    format: 'longhaul-plan/1',
    name,
    topology: topologyOf(),
    runbook: runbookOf({ kind: 'evacuate', from: 'paris', to: [] }),
    model: { id: 'none', fittedTo: 'nothing' },
    startSeconds: null,
    verdict: 'feasible',
    hasteRatio: 1,
    moves: [],
    stays: [],
    placements: [],
    recurrence: null,
    outcome: [],
    changes: [],
    makespan: { scheduledSeconds: 0, p50Seconds: 0, p90Seconds: 0, lowerBoundSeconds: 0 },
    latestSafeStartSeconds: null,
    latestSafeStartBecause: null,
    links: [],
    warnings: [],
  };
  return { ...plan, hash: planHash(plan) };
}

export function makeRun(id: string, change: Partial<RunRecord> = {}): RunRecord {
  return {
    id,
    plan: 'ab12',
    state: 'pending',
    request: 'none',
    createdAtSeconds: 1_700_000_000,
    startedAtSeconds: null,
    endedAtSeconds: null,
    settle: null,
    version: 1,
    ...change,
  };
}

export function makeEntry(change: Partial<JournalEntry> = {}): JournalEntry {
  return {
    atSeconds: 1_700_000_000.5,
    workload: null,
    attempt: 1,
    epoch: 0,
    step: 'start',
    event: 'note',
    detail: {},
    ...change,
  };
}

export function makeObservation(id: string): Observation {
  return {
    id,
    guest: { memoryBytes: 2 ** 30 },
    link: { bitsPerSecond: 1e9, rttSeconds: 0.02 },
    outcome: {
      status: 'completed',
      totalSeconds: 12.5,
      downtimeSeconds: 0.1,
      setupSeconds: null,
      pauseSeconds: 0.12,
      sessionStallSeconds: null,
      transferredBytes: 2 ** 30,
      wireBytes: null,
      passes: 3,
      normalPages: null,
      zeroPages: null,
      postcopyRequests: 0,
      throttlePercentMax: 0,
      syncs: [],
    },
  };
}
