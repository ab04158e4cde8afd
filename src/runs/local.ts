import assert from 'node:assert/strict';
import { LonghaulError } from '../../topology/errors.ts';
import type { Clock } from '../../topology/world.ts';
import type { Plan } from '../../planners/plan/plan.ts';
import { requireConsent } from './consent.ts';
import { refuseNewCopies } from './new-copies.ts';
import { isOver } from './run-state.ts';
import type { Consent, RunService } from './service.ts';
import { carryOnRun, requestRun, startRun } from './start.ts';
import { statusOf } from './status.ts';
import type { Dispatch } from './store/dispatch.ts';
import type { Records, RunRecord, RunRequest } from './store/records.ts';
import { requireUnplanned } from './unplanned.ts';
import { watchRun } from './watch.ts';

export interface LocalParts {
  readonly records: Records;
  readonly dispatch: Dispatch;
  /** For waiting; not that of simulated sites. */
  readonly clock: Clock;
  /** The clock that the plan's sites go by. */
  readonly clockOf: (plan: Plan) => Promise<Clock>;
  /** Throws LH_PLAN_STALE with each difference when the plan does not fit the live world. */
  readonly check: (plan: Plan) => Promise<void>;
}

/** Runs, in the process that has their state open. */
export function createLocalService(parts: LocalParts): RunService {
  const { records, dispatch } = parts;
  const storeOf = async (id: string): Promise<Parameters<typeof startRun>[0]> => ({
    records,
    dispatch,
    clock: await parts.clockOf(await planOf(records, await runOf(records, id))),
  });
  return {
    start: async (plan, consent) => {
      const open = (await records.runs()).find((run) => run.plan === plan.hash && isOpen(run));
      return open === undefined
        ? await startNew(parts, plan, consent)
        : await carryOnRun(await storeOf(open.id), open.id);
    },
    resume: async (id) => await carryOnRun(await storeOf(id), id),
    request: async (id, request) => {
      refuseEnded(await runOf(records, id), request);
      return await requestRun(await storeOf(id), id, request);
    },
    runs: async () => await records.runs(),
    show: async (id) => {
      const run = await runOf(records, id);
      const [plan, journal, latest] = await Promise.all([
        planOf(records, run),
        records.journal(id),
        dispatch.latest(id),
      ]);
      return statusOf(run, { plan, journal, latest });
    },
    plan: async (id) => await planOf(records, await runOf(records, id)),
    journal: async (id, after) => await records.journal((await runOf(records, id)).id, after),
    watch: (id, signal) => watchRun(parts, id, signal),
  };
}

/** It goes on, or would as soon as somebody settles it. */
function isOpen({ state }: RunRecord): boolean {
  return !isOver(state) || state === 'needs-person';
}

function refuseEnded(run: RunRecord, request: RunRequest): void {
  if (isOpen(run)) return;
  const verb = request === 'cancel' ? 'cancel' : 'roll back';
  throw new LonghaulError('LH_RUN_ENDED', [run.id, run.state, verb]);
}

async function runOf(records: Records, id: string): Promise<RunRecord> {
  const run = await records.run(id);
  if (run === null) throw new LonghaulError('LH_RUN_UNKNOWN', [id]);
  return run;
}

async function planOf(records: Records, run: RunRecord): Promise<Plan> {
  const plan = await records.plan(run.plan);
  assert(plan !== null, `run ${run.id} was created after its plan was saved`);
  return plan;
}

async function startNew(parts: LocalParts, plan: Plan, consent: Consent): Promise<RunRecord> {
  refuseNewCopies(plan);
  requireConsent(plan, consent);
  const { records } = parts;
  await requireUnplanned(records, plan);
  await parts.check(plan);
  const clock = await parts.clockOf(plan);
  const id = await freeId(records, plan);
  const run = await startRun({ ...parts, clock }, plan, id);
  await records.append(id, {
    atSeconds: clock.nowSeconds(),
    workload: null,
    attempt: 1,
    epoch: 0,
    step: 'asked for',
    event: 'note',
    detail: { ...consent, changeTicket: plan.runbook.changeTicket },
  });
  return run;
}

/** The plan's name, the head of its hash and a number: readable, and fit to be part of a job's id. */
async function freeId(records: Records, plan: Plan): Promise<string> {
  const slug = plan.name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '')
    .slice(0, 40);
  for (let number = 1; ; number++) {
    const id = `${slug === '' ? 'run' : slug}-${plan.hash.slice(0, 6)}-${number}`;
    if ((await records.run(id)) === null) return id;
  }
}
