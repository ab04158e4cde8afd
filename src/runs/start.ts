import type { Plan } from '../../planners/plan/plan.ts';
import { LonghaulError } from '../../topology/errors.ts';
import { change } from './conductor.ts';
import type { RunParts } from './parts.ts';
import { isOver } from './run-state.ts';
import { carriedOn } from './run-view.ts';
import type { RunRecord, RunRequest } from './store/records.ts';

type Store = Pick<RunParts, 'records' | 'dispatch' | 'clock'>;

/** Begins to carry out a plan; a run of that id that exists already is carried on instead. */
export async function startRun(store: Store, plan: Plan, id: string): Promise<RunRecord> {
  const { records, dispatch, clock } = store;
  await records.savePlan(plan);
  const created = await records.createRun({
    id,
    plan: plan.hash,
    state: 'pending',
    request: 'none',
    createdAtSeconds: clock.nowSeconds(),
    startedAtSeconds: null,
    endedAtSeconds: null,
    settle: null,
    version: 1,
  });
  if (!created) return await carryOnRun(store, id);
  await dispatch.add({ id, kind: 'conduct', run: id });
  return await existing(store, id);
}

/** After an interruption, or when what a person was needed for is settled; a run that is done stays so. */
export async function carryOnRun(store: Store, id: string): Promise<RunRecord> {
  const { state } = await existing(store, id);
  const fields = isOver(state) ? { request: 'none' as const, endedAtSeconds: null, settle: null } : {};
  if (state === 'done') return await existing(store, id);
  if (isOver(state))
    await store.records.append(id, {
      atSeconds: store.clock.nowSeconds(),
      workload: null,
      attempt: 1,
      epoch: 0,
      step: carriedOn,
      event: 'note',
      detail: {},
    });
  const record = await change(store, id, { input: 'carried-on', ...fields });
  await store.dispatch.add({ id, kind: 'conduct', run: id });
  return record;
}

/** Asks a run to cancel or to roll back; one that has stopped in its switchover window is woken for a rollback. */
export async function requestRun(
  store: Store,
  id: string,
  request: Exclude<RunRequest, 'none'>,
): Promise<RunRecord> {
  for (;;) {
    const record = await existing(store, id);
    const isWoken = record.state === 'needs-person' && request !== 'cancel';
    if (isOver(record.state) && !isWoken) return record;
    const fields = isWoken ? { state: 'running' as const, endedAtSeconds: null, settle: null } : {};
    const changed = await store.records.updateRun(id, record.version, { ...fields, request });
    if (changed === null) continue;
    await store.dispatch.add({ id, kind: 'conduct', run: id });
    return changed;
  }
}

async function existing({ records }: Store, id: string): Promise<RunRecord> {
  const record = await records.run(id);
  if (record === null) throw new LonghaulError('LH_RUN_UNKNOWN', [id]);
  return record;
}
