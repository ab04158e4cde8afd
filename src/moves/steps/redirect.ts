import type { BalancerChange } from '../../../gateway/balancer/change.ts';
import type { PlannedMove } from '../../../planners/plan/plan.ts';
import { LonghaulError } from '../../../topology/errors.ts';
import type { CloneSpec } from '../../site/site.ts';
import { formatSeconds } from '../../../topology/units.ts';
import type { Move, MoveFacts } from '../move.ts';
import type { Step } from '../step.ts';
import { namesForgottenAfterSeconds } from './drain.ts';

/** A clone serves beside the source, gets all new sessions, and the source goes when its last one has ended. */
export const cloneAtTarget: Step = {
  name: 'clone at target',
  weight: 60,
  deadlineSeconds: ({ planned, workload, limits }) => {
    const expected = planned.decision.chosen.estimate?.totalSeconds?.p90 ?? 0;
    return clonePatience * Math.max(expected, workload.clone?.seconds ?? 0) + limits.callSeconds;
  },
  apply: async ({ planned, workload, target, claim }, signal) => {
    if (workload.clone === null)
      throw new LonghaulError('LH_PLAN_STALE', [workload.name, 'it has no clone template']);
    const host = planned.decision.chosen.target?.host ?? '';
    const addresses = planned.addresses.map(({ newNetwork, newAddress }) => ({
      network: newNetwork,
      address: newAddress,
    }));
    const { template } = workload.clone;
    await target.guests.clone(claim, { host, template, addresses, ...imageOf(planned) }, signal);
    return undefined;
  },
  undo: async ({ source, target, workload, claim }, signal) => {
    const copy = await target.guests.inspect(workload.name, signal);
    if (copy.state === 'absent') return;
    const original = await source.guests.inspect(workload.name, signal);
    if (original.state !== 'running')
      throw new LonghaulError('LH_GUEST_STATE', [
        workload.name,
        original.state,
        source.name,
        'taking away its clone',
        'it to run',
      ]);
    if (copy.state === 'running') await target.guests.shutdown(claim, signal);
    await target.guests.discard(claim, signal);
  },
};

/** Over the links and at the rate that the plan keeps for it. */
function imageOf({ decision, reservations }: PlannedMove): Pick<CloneSpec, 'image'> {
  const { path: links, estimate } = decision.chosen;
  const [first] = reservations;
  if (first === undefined || estimate === null || estimate.transferredBytes.p50 === 0) return {};
  const payloadShare = estimate.transferredBytes.p50 / estimate.wireBytes.p50;
  return { image: { links, maxBandwidthBytesPerSecond: first.bytesPerSecond * payloadShare } };
}

export const checkClone: Step = {
  name: 'check clone',
  weight: 5,
  deadlineSeconds: ({ limits, workload }) =>
    2 * limits.evidenceSeconds + workload.bootSeconds + limits.callSeconds,
  apply: async (move, signal) => {
    const { clock, limits, workload, target } = move;
    const untilSeconds = clock.monotonicSeconds() + limits.evidenceSeconds + workload.bootSeconds;
    for (;;) {
      const lacking = await lackingOfClone(move, signal);
      if (lacking.length === 0) return undefined;
      if (clock.monotonicSeconds() >= untilSeconds)
        throw new LonghaulError('LH_TRANSFER_FAILED', [
          workload.name,
          target.name,
          'clone',
          lacking.join('; '),
        ]);
      await clock.sleep(limits.evidenceLookSeconds, signal);
    }
  },
};

/** New sessions go to the clone from here on; the open ones stay where they are. */
export const redirectSessions: Step = {
  name: 'redirect sessions',
  weight: 2,
  deadlineSeconds: ({ limits, balancerSites }) => limits.callSeconds * Math.max(1, 2 * balancerSites.length),
  apply: async (move, signal) => {
    await balance(move, { clone: 'serving', source: 'serving' }, signal);
    await balance(move, { clone: 'serving', source: 'draining' }, signal);
    return undefined;
  },
  undo: async (move, signal) => {
    await balance(move, { clone: 'draining', source: 'serving' }, signal);
    await balance(move, { clone: 'absent', source: 'serving' }, signal);
  },
};

/** Whatever waits for the move may begin: the clone serves all that is new. */
export const landClone: Step = {
  name: 'clone serves',
  weight: 0,
  isLanding: true,
  deadlineSeconds: ({ limits }) => limits.callSeconds,
  apply: async ({ clock }) => ({ drainSinceSeconds: clock.nowSeconds() }),
};

export const drainSource: Step = {
  name: 'drain source',
  weight: 10,
  deadlineSeconds: (move) =>
    namesForgottenAfterSeconds(move) + move.runLimits.drainSecondsMax + move.limits.callSeconds,
  apply: async (move, signal) => {
    const { clock, limits, facts, runLimits } = move;
    const sinceSeconds = facts.drainSinceSeconds ?? clock.nowSeconds();
    const forgottenAt = (facts.dnsNewSinceSeconds ?? sinceSeconds) + namesForgottenAfterSeconds(move);
    for (;;) {
      const open = await openSessions(move, signal);
      const nowSeconds = clock.nowSeconds();
      const isLate = nowSeconds - sinceSeconds >= runLimits.drainSecondsMax;
      if (nowSeconds >= forgottenAt && (open === 0 || isLate))
        return await drained(move, { open, sinceSeconds });
      const waits =
        nowSeconds < forgottenAt
          ? `, resolvers forget the old address in ${formatSeconds(Math.ceil(forgottenAt - nowSeconds))}`
          : '';
      move.report({
        ratio: Math.min(1, (nowSeconds - sinceSeconds) / Math.max(1, runLimits.drainSecondsMax)),
        convergence: null,
        text: `${open} old sessions are open${waits}`,
      });
      await clock.sleep(limits.drainLookSeconds, signal);
    }
  },
};

/** The source goes down: only the clone is left, and nothing is taken back from here on. */
export const retireSource: Step = {
  name: 'retire source',
  weight: 2,
  isPointOfNoReturn: true,
  deadlineSeconds: ({ workload, limits }) => shutdownPatience * workload.shutdownSeconds + limits.callSeconds,
  apply: async ({ source, target, workload, claim }, signal) => {
    const clone = await target.guests.inspect(workload.name, signal);
    if (clone.state !== 'running')
      throw new LonghaulError('LH_EVIDENCE_MISSING', [
        workload.name,
        target.name,
        `its clone is '${clone.state}'`,
      ]);
    const original = await source.guests.inspect(workload.name, signal);
    if (original.state === 'running') await source.guests.shutdown(claim, signal);
    return undefined;
  },
};

export const forgetSource: Step = {
  name: 'forget source',
  weight: 1,
  deadlineSeconds: ({ limits, balancerSites }) => limits.callSeconds * Math.max(1, balancerSites.length),
  apply: async (move, signal) => {
    await balance(move, { clone: 'serving', source: 'absent' }, signal);
    return undefined;
  },
};

type Member = BalancerChange['members'][number]['state'];

async function balance(
  move: Move,
  states: { readonly clone: Member; readonly source: Member },
  signal: AbortSignal,
): Promise<void> {
  const change = balancerChange(move, states);
  if (change === null) return;
  for (const { agent, model } of move.balancerSites) {
    const status = await agent.balancers?.apply(move.claim, change, signal);
    if (status?.converged === false)
      throw new LonghaulError('LH_BALANCER_NOT_CONVERGED', [
        change.pool,
        move.workload.name,
        model.name,
        status.error ?? JSON.stringify(status.members),
      ]);
  }
}

/** Null where the workload is behind no balancer; then its names do it all. */
function balancerChange(
  { workload, planned }: Move,
  { clone, source }: { readonly clone: Member; readonly source: Member },
): BalancerChange | null {
  const pool = workload.clone?.pool ?? null;
  if (pool === null) return null;
  const members = planned.addresses.flatMap(({ oldAddress, newAddress }) => [
    { address: newAddress, state: clone },
    { address: oldAddress, state: source },
  ]);
  return { workload: workload.name, pool, members };
}

async function openSessions(move: Move, signal: AbortSignal): Promise<number> {
  const change = balancerChange(move, { clone: 'serving', source: 'draining' });
  const old = new Set(move.planned.addresses.map(({ oldAddress }) => oldAddress));
  let open = 0;
  for (const { agent } of change === null ? [] : move.balancerSites) {
    const status = await agent.balancers?.observe(change as BalancerChange, signal);
    for (const member of status?.members ?? []) if (old.has(member.address)) open += member.sessions;
  }
  const { gateway } = await move.source.agent.describe(signal);
  if (gateway === null) return open;
  for (const address of old) {
    const sessions = await move.source.agent.relocations.sessions(address, signal);
    open = Math.max(open, sessions.length);
  }
  return open;
}

async function drained(
  move: Move,
  { open, sinceSeconds }: { readonly open: number; readonly sinceSeconds: number },
): Promise<MoveFacts> {
  if (open > 0) await move.note('drain deadline: open sessions end with the source', { count: open });
  return { drain: { seconds: move.clock.nowSeconds() - sinceSeconds, sessionsReset: open } };
}

async function lackingOfClone(move: Move, signal: AbortSignal): Promise<readonly string[]> {
  const { target, workload, planned, clock, limits } = move;
  const { state } = await target.guests.inspect(workload.name, signal);
  if (state !== 'running') return [`the clone is '${state}'`];
  const before = await target.guests.heartbeat(workload.name, signal);
  await clock.sleep(limits.evidenceLookSeconds, signal);
  const after = await target.guests.heartbeat(workload.name, signal);
  if (before !== null && after !== null && after.count <= before.count) return ['its counter stands still'];
  const { gateway } = await target.agent.describe(signal);
  if (gateway === null) return [];
  const lacking: string[] = [];
  for (const { newAddress } of planned.addresses)
    for (const port of workload.ports.length === 0 ? [null] : workload.ports)
      if ((await target.agent.relocations.answers(newAddress, port, signal)) === false)
        lacking.push(`${newAddress}${port === null ? '' : `:${port}`} does not answer`);
  return lacking;
}

const clonePatience = 3;
const shutdownPatience = 3;
