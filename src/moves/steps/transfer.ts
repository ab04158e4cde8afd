import { LonghaulError } from '../../../topology/errors.ts';
import type { GuestState, TransferProgress } from '../../site/site.ts';
import { Course } from '../course.ts';
import type { Move, MoveFacts } from '../move.ts';
import type { Step } from '../step.ts';
import { SessionRefresh } from './session-refresh.ts';
import { whileGuestStandsStill } from './standstill.ts';
import { transferSettings } from './target.ts';

/**
 * Memory and disks cross the WAN while the guest runs. It stops whenever its hypervisor finds the rest small enough,
 * which no limit holds back for sure (a guest that writes little has nothing left): where gateways follow the guest,
 * they have been told before. Ends when the source has sent everything and the target has loaded it; nothing runs
 * until it is resumed.
 */
export const transferMemory: Step = {
  name: 'transfer',
  weight: 85,
  deadlineSeconds: (move) => 2 * transferSettings(move).timeoutSeconds + move.limits.callSeconds,
  apply: async (move, signal) => {
    const first = await move.source.guests.inspect(move.workload.name, signal);
    if (first.state !== 'sent') {
      const order = {
        uri: move.facts.uri ?? '',
        content: 'guest',
        settings: transferSettings(move),
        links: move.planned.decision.chosen.path,
      } as const;
      await move.source.guests.startTransfer(move.claim, order, signal);
    }
    const facts = await conduct(move, signal);
    if (facts.postCopy !== true)
      await whileGuestStandsStill(move, signal, (inner) => untilLoaded(move, inner));
    return facts;
  },
  undo: cancel,
};

export async function untilLoaded({ target, workload, clock }: Move, signal: AbortSignal): Promise<void> {
  for (let guest = await target.guests.inspect(workload.name, signal); ; ) {
    if (guest.state === 'loaded' || guest.state === 'running') return;
    if (guest.state !== 'incoming')
      throw new LonghaulError('LH_GUEST_STATE', [
        workload.name,
        guest.state,
        target.name,
        'the switchover',
        'loaded',
      ]);
    const seen = { state: guest.state, status: guest.transfer?.status ?? null, waitSeconds: 1 };
    const askedAt = clock.monotonicSeconds();
    guest = await target.guests.watch(workload.name, seen, signal);
    if (clock.monotonicSeconds() === askedAt) await clock.sleep(shortestLookSeconds, signal);
  }
}

/** Watches the transfer and corrects its course by the plan's ladder until everything is sent, or post-copy is due. */
async function conduct(move: Move, signal: AbortSignal): Promise<MoveFacts> {
  const refresh = new SessionRefresh(move, signal);
  try {
    const facts = await untilSent(move, refresh, signal);
    await whileGuestStandsStill(move, signal, () => refresh.settled());
    return facts;
  } finally {
    await refresh.close();
  }
}

async function untilSent(move: Move, refresh: SessionRefresh, signal: AbortSignal): Promise<MoveFacts> {
  const { guests } = move.source;
  const course = new Course(move);
  let guest = await guests.inspect(move.workload.name, signal);
  for (;;) {
    const { transfer } = guest;
    if (guest.state === 'sent') return { ...factsOf(transfer), rungs: course.taken };
    requireAlive(move, guest);
    refresh.throwIfFailed();
    if (transfer !== null) {
      move.report(course.progress(transfer));
      const correction = course.correct(transfer);
      if (correction !== null) {
        await move.note(`course: ${correction.action}`, { why: correction.why });
        if (correction.action === 'post-copy')
          return { ...factsOf(transfer), rungs: course.taken, postCopy: true };
        await guests.adjustTransfer(move.claim, correction.change, signal);
      }
      if (course.isSessionListOld(transfer)) refresh.begin();
    }
    const seen = {
      state: guest.state,
      status: transfer?.status ?? null,
      waitSeconds: move.limits.transferLookSeconds,
    };
    guest = await guests.watch(move.workload.name, seen, signal);
  }
}

function requireAlive({ workload, target }: Move, { state, transfer }: GuestState): void {
  const isOver = transfer?.status === 'failed' || transfer?.status === 'cancelled';
  if (isOver || transfer === null || (state !== 'running' && state !== 'paused' && state !== 'sent'))
    throw new LonghaulError('LH_TRANSFER_FAILED', [
      workload.name,
      target.name,
      transfer?.status ?? state,
      transfer?.error ?? `the guest is '${state}'`,
    ]);
}

function factsOf(transfer: TransferProgress | null): MoveFacts {
  if (transfer === null) return {};
  const { stoppedAtSeconds } = transfer;
  return stoppedAtSeconds === null ? { transfer } : { transfer, stoppedAtSeconds };
}

/**
 * Back before the transfer: the guest runs on at the source, also when it had stopped there already. One whose process
 * has ended has nothing to go back to; the end of the way back sees to it (engine.ts).
 */
async function cancel(move: Move, signal: AbortSignal): Promise<void> {
  const { source, workload, claim } = move;
  const before = await source.guests.inspect(workload.name, signal);
  if (before.state === 'running' && before.transfer === null) return;
  const after = await source.guests.cancelTransfer(claim, signal);
  if (after.state !== 'running' && after.state !== 'stopped')
    throw new LonghaulError('LH_GUEST_STATE', [
      workload.name,
      after.state,
      source.name,
      'the way back',
      'running',
    ]);
}

const shortestLookSeconds = 0.05;
