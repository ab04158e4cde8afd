import { LonghaulError } from '../../../../topology/errors.ts';
import type { Observation } from '../../../../planners/estimate/observation.ts';
import type { Plan } from '../../../../planners/plan/plan.ts';
import type { Records, RunRecord, StoredEntry } from '../records.ts';

/** Records that end with the process: for rehearsals, simulation and tests. */
export function createMemoryRecords(): Records {
  const plans = new Map<string, Plan>();
  const runs = new Map<string, RunRecord>();
  const journals = new Map<string, StoredEntry[]>();
  const claims = new Map<string, { readonly epoch: number; readonly run: string }>();
  const observations: Observation[] = [];

  return {
    savePlan: async (plan) => void plans.set(plan.hash, throughJson(plan)),
    plan: async (hash) => plans.get(hash) ?? null,

    createRun: async (run) => {
      if (runs.has(run.id)) return false;
      runs.set(run.id, throughJson(run));
      return true;
    },
    run: async (id) => runs.get(id) ?? null,
    runs: async () => [...runs.values()].reverse(),
    updateRun: async (id, version, change) => {
      const run = runs.get(id);
      if (run?.version !== version) return null;
      const changed = { ...run, ...throughJson(change), version: version + 1 };
      runs.set(id, changed);
      return changed;
    },

    append: async (run, entry) => {
      if (entry.workload !== null) {
        const epoch = claims.get(entry.workload)?.epoch ?? 0;
        if (epoch !== entry.epoch)
          throw new LonghaulError('LH_CLAIM_LOST', [entry.workload, entry.epoch, epoch]);
      }
      const journal = journals.get(run) ?? [];
      journals.set(run, journal);
      return journal.push({ ...throughJson(entry), sequence: journal.length + 1 });
    },
    journal: async (run, after = 0) => journals.get(run)?.slice(after) ?? [],

    takeClaim: async (workload, expected, run) => {
      if ((claims.get(workload)?.epoch ?? 0) !== expected) return null;
      claims.set(workload, { epoch: expected + 1, run });
      return expected + 1;
    },
    claim: async (workload) => claims.get(workload) ?? null,

    appendObservation: async (observation) => void observations.push(throughJson(observation)),
    observations: async () => [...observations],

    close: async () => undefined,
  };
}

/** What every other store does to a value: cut from its owner, and without what JSON does not have. */
function throughJson<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}
