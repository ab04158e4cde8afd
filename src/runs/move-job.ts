import { LonghaulError } from '../../topology/errors.ts';
import type { Plan, PlannedMove } from '../../planners/plan/plan.ts';
import type { Method } from '../../topology/resolve/topology.ts';
import { Engine } from '../moves/engine.ts';
import { takenOver } from '../moves/faults.ts';
import { foldMove, isFinal, MoveJournal, type Outcome } from '../moves/journal.ts';
import { stepsOf } from '../moves/methods.ts';
import { boundSite } from '../site/bounded.ts';
import type { Site } from '../site/site.ts';
import { takeClaim } from './claim.ts';
import { methodOf, plannedParts } from './move-of.ts';
import { observationOf } from './observation.ts';
import type { RunParts } from './parts.ts';
import { MoveProgress } from './progress.ts';
import type { QueueJob } from './store/dispatch.ts';
import type { StoredEntry } from './store/records.ts';

export type MoveJob = Extract<QueueJob, { kind: 'move' }>;

/**
 * Carries one attempt of one move to its outcome, or on from where an earlier delivery of the same job stopped. What
 * goes wrong inside the move is an outcome in the journal, not an error of the job.
 */
export async function runMoveJob(
  parts: RunParts,
  job: MoveJob,
  { signal, lastTry }: { readonly signal: AbortSignal; readonly lastTry: boolean },
): Promise<void> {
  const log = parts.log.child({ run: job.run, workload: job.workload, attempt: job.attempt });
  try {
    await carryOut({ ...parts, log }, job, signal);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof LonghaulError && takenOver.has(error.code)) {
      log.warn({ code: error.code }, 'another worker has taken the move over');
      return;
    }
    if (!(error instanceof LonghaulError) || (error.kind === 'world' && !lastTry)) throw error;
    await refuse(parts, job, error);
  }
}

async function carryOut(parts: RunParts, job: MoveJob, signal: AbortSignal): Promise<void> {
  const { records, clock, log, limits } = parts;
  const { plan, planned } = await plannedOf(parts, job);
  const before = await records.journal(job.run);
  if (isFinal(foldMove(before, job.workload, job.attempt).outcome)) {
    await observe(parts, job, plan);
    return;
  }
  const claim = await takeClaim(records, job.workload, job.run);
  const journal = new MoveJournal(records, { clock, claim, attempt: job.attempt });
  await journal.append('note', 'claim', { text: `claimed with epoch ${claim.epoch}` });
  const state = await journal.state();
  const method = attemptMethod(before, planned, job.attempt);
  const steps = stepsOf[method];
  const common = plannedParts(plan, { planned, method, sites: boundSites(parts, plan) });
  const progress = new MoveProgress(parts, job, { all: steps, ended: state.ended });
  const engine = new Engine({
    steps,
    move: { ...common, run: job.run, attempt: job.attempt, claim, limits, clock, log },
    journal,
    state,
    request: async () => (await records.run(job.run))?.request ?? 'none',
    report: (step, each) => progress.report(step, each),
    signal,
  });
  const outcome = await engine.run();
  log.info({ result: outcome.result, reason: outcome.reason }, 'move ended');
  progress.end(outcome.reason, outcome.result === 'moved');
  await observe(parts, job, plan);
}

function boundSites({ sitesOf, clock, limits }: RunParts, plan: Plan): ReadonlyMap<string, Site> {
  const bound = { clock, seconds: limits.callSeconds };
  return new Map([...sitesOf(plan.topology)].map(([name, site]) => [name, boundSite(site, bound)]));
}

/** The ladder of the attempt before may have changed the method. */
export function attemptMethod(
  entries: readonly StoredEntry[],
  planned: PlannedMove,
  attempt: number,
): Method {
  const before = attempt > 1 ? foldMove(entries, planned.workload, attempt - 1).outcome : null;
  return before?.again?.method ?? methodOf(planned);
}

async function plannedOf(
  { records }: RunParts,
  { run, workload }: MoveJob,
): Promise<{ readonly plan: Plan; readonly planned: PlannedMove }> {
  const record = await records.run(run);
  const plan = record === null ? null : await records.plan(record.plan);
  const planned = plan?.moves.find((move) => move.workload === workload);
  if (plan === null || planned === undefined)
    throw new LonghaulError('LH_PLAN_STALE', [
      record?.plan ?? run,
      `the state has no move of '${workload}' for run '${run}'`,
    ]);
  return { plan, planned };
}

/** Without a claim nothing can be written for the workload: the run's own journal has it. */
async function refuse({ records, clock }: RunParts, job: MoveJob, error: LonghaulError): Promise<void> {
  const outcome: Outcome = {
    result: 'needs-person',
    reason: error.message,
    code: error.code,
    remains: [],
    settle: error.settle ?? `longhaul run ${job.run}`,
    again: null,
  };
  await records.append(job.run, {
    atSeconds: clock.nowSeconds(),
    workload: null,
    attempt: job.attempt,
    epoch: 0,
    step: 'claim',
    event: 'outcome',
    detail: { ...outcome, of: job.workload },
  });
}

/** Once an attempt; an observation that a crash kept twice differs in nothing. */
async function observe({ records, clock, log }: RunParts, job: MoveJob, plan: Plan): Promise<void> {
  const entries = await records.journal(job.run);
  const { run, workload, attempt } = job;
  const planned = plan.moves.find((move) => move.workload === workload);
  if (planned === undefined) return;
  const method = attemptMethod(entries, planned, attempt);
  const observation = observationOf(plan, { entries, run, workload, attempt, method });
  const isKept = entries.some(
    ({ step, detail }) => step === 'observation' && detail['id'] === observation?.id,
  );
  if (observation === null || isKept) return;
  await records.appendObservation(observation);
  await records.append(run, {
    atSeconds: clock.nowSeconds(),
    workload: null,
    attempt,
    epoch: 0,
    step: 'observation',
    event: 'note',
    detail: { id: observation.id, of: workload },
  });
  log.info({ id: observation.id }, 'observation kept');
}
