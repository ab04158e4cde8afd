import { LonghaulError } from '../../../topology/errors.ts';
import type { GuestState } from '../../site/site.ts';
import { CallNotDelivered } from '../../site/unreachable.ts';
import { NotOrdered } from '../faults.ts';
import type { Move } from '../move.ts';
import type { Step } from '../step.ts';
import { whileGuestStandsStill } from './standstill.ts';
import { untilLoaded } from './transfer.ts';

/**
 * The point of no return: the source has finished sending, the target has loaded, and now the target's agent lets it
 * run. With post-copy it comes earlier, as from its beginning neither side has all the pages.
 */
export const resumeTarget: Step = {
  name: 'resume target',
  weight: 1,
  isPointOfNoReturn: true,
  deadlineSeconds: ({ limits }) => 4 * limits.callSeconds,
  apply: async (move, signal) => {
    if (move.facts.postCopy === true) await beginPostCopy(move, signal);
    const guest = await orderToRun(move, signal);
    const resumedAtSeconds = guest.transfer?.resumedAtSeconds ?? move.clock.nowSeconds();
    const stoppedAtSeconds = await stoppedAt(move, signal);
    if (stoppedAtSeconds === null) return { resumedAtSeconds };
    return {
      resumedAtSeconds,
      stoppedAtSeconds,
      pauseSeconds: Math.max(0, resumedAtSeconds - stoppedAtSeconds),
    };
  },
  goBack: makeSureTargetIsOff,
};

/** With post-copy the order has begun at the source. */
async function orderToRun({ target, claim, facts }: Move, signal: AbortSignal): Promise<GuestState> {
  try {
    return await target.guests.resume(claim, signal);
  } catch (error) {
    if (error instanceof CallNotDelivered && facts.postCopy !== true) throw new NotOrdered(error);
    throw error;
  }
}

/** Post-copy: pages that are still at the source follow; only then has the target all of them. */
export const pullPages: Step = {
  name: 'pull pages',
  weight: 1,
  deadlineSeconds: (move) => move.planned.decision.chosen.settings?.timeoutSeconds ?? move.limits.callSeconds,
  apply: async (move, signal) => {
    const { source, target, workload, limits, facts } = move;
    if (facts.postCopy !== true) return undefined;
    for (let guest = await source.guests.inspect(workload.name, signal); ; ) {
      const { transfer } = guest;
      if (guest.state === 'sent') return transfer === null ? undefined : { transfer };
      if (guest.state !== 'paused')
        throw new LonghaulError('LH_TRANSFER_FAILED', [
          workload.name,
          target.name,
          transfer?.status ?? guest.state,
          transfer?.error ?? 'post-copy broke off',
        ]);
      const seen = {
        state: guest.state,
        status: transfer?.status ?? null,
        waitSeconds: limits.transferLookSeconds,
      };
      guest = await source.guests.watch(workload.name, seen, signal);
    }
  },
};

export async function requireTarget(
  move: Move,
  ready: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const { target, workload } = move;
  const { state } = await whileGuestStandsStill(move, signal, (inner) =>
    target.guests.inspect(workload.name, inner),
  );
  if (ready.includes(state)) return;
  throw new LonghaulError('LH_GUEST_STATE', [
    workload.name,
    state,
    target.name,
    'the switchover',
    ready.join(' or '),
  ]);
}

/**
 * For the way back out of the switchover window. A target that answers is asked, and its copy taken away so that
 * nothing can resume it later; one that does not answer needs a person's word.
 */
export async function makeSureTargetIsOff(
  move: Move,
  signal: AbortSignal,
  { isTargetDown }: { readonly isTargetDown: boolean },
): Promise<void> {
  const { source, target, workload, claim, run } = move;
  const original = await source.guests.inspect(workload.name, signal);
  if (original.transfer?.status === 'post-copy' || original.state === 'absent' || original.state === 'failed')
    throw refused(move, `its copy at '${source.name}' is '${original.state}' and not whole`);
  try {
    await target.agent.acknowledge(claim, signal);
    const copy = await target.guests.inspect(workload.name, signal);
    if (copy.state === 'running') throw refused(move, `it already runs at '${target.name}'`);
    await target.guests.discard(claim, signal);
  } catch (error) {
    const isUnreachable = error instanceof LonghaulError && error.code === 'LH_AGENT_UNREACHABLE';
    if (!isUnreachable) throw error;
    if (isTargetDown) return;
    const why = `'${target.name}' cannot be asked whether it runs there (${error.message}); make sure that it is off`;
    throw refused(move, why, `longhaul rollback ${run} --target-is-down`);
  }
}

const refused = ({ workload, run }: Move, why: string, settle = `longhaul run ${run}`): LonghaulError =>
  new LonghaulError('LH_ROLLBACK_REFUSED', [workload.name, why], { settle });

/** Begun, or found begun; answers when the target can run. */
async function beginPostCopy(move: Move, signal: AbortSignal): Promise<void> {
  const { guests } = move.source;
  const { state, transfer } = await guests.inspect(move.workload.name, signal);
  if (state === 'running' && transfer?.status === 'active')
    await guests.adjustTransfer(move.claim, { mode: 'post-copy' }, signal);
  await untilLoaded(move, signal);
}

async function stoppedAt({ source, workload, facts }: Move, signal: AbortSignal): Promise<number | null> {
  if (facts.stoppedAtSeconds !== undefined) return facts.stoppedAtSeconds;
  const { transfer } = await source.guests.inspect(workload.name, signal);
  return transfer?.stoppedAtSeconds ?? null;
}
