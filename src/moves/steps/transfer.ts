import { LonghaulError } from '../../../topology/errors.ts';
import type { GuestState, TransferProgress } from '../../site/site.ts';
import { Course } from '../course.ts';
import type { Move, MoveFacts } from '../move.ts';
import type { Step } from '../step.ts';
import { follow } from './addresses.ts';
import { transferSettings } from './target.ts';

/**
 * Memory and disks cross the WAN while the guest runs. Until the gateways follow the guest its downtime limit is held
 * at almost nothing, so that it does not stop before they are ready.
 */
export const transferMemory: Step = {
  name: 'transfer',
  weight: 80,
  deadlineSeconds: (move) => 2 * transferSettings(move).timeoutSeconds + move.limits.callSeconds,
  apply: async (move, signal) => {
    const settings = transferSettings(move);
    const isGated = (move.facts.relocations ?? []).length > 0;
    const first = await move.source.agent.guests.inspect(move.workload.name, signal);
    if (first.state !== 'sent')
      await move.source.agent.guests.startTransfer(
        move.claim,
        {
          uri: move.facts.uri ?? '',
          content: 'guest',
          settings: isGated ? { ...settings, downtimeLimitSeconds: heldLimitSeconds } : settings,
        },
        signal,
      );
    const isEnough = isGated ? isNearlyThere(settings.downtimeLimitSeconds) : isSent;
    return await conduct(move, { until: isEnough, refresh: false }, signal);
  },
  undo: cancel,
};

/** The guest may stop now; the source sends the last of it, the target loads it. Nothing runs until it is resumed. */
export const switchOver: Step = {
  name: 'switch over',
  weight: 5,
  deadlineSeconds: (move) => 2 * transferSettings(move).timeoutSeconds + move.limits.callSeconds,
  apply: async (move, signal) => {
    if (move.facts.postCopy === true) return undefined;
    const { guests } = move.source.agent;
    const { downtimeLimitSeconds } = transferSettings(move);
    const before = await guests.inspect(move.workload.name, signal);
    if (before.state === 'running' && before.transfer !== null)
      await guests
        .adjustTransfer(move.claim, { downtimeLimitSeconds }, signal)
        .catch(ignoreIfJustEnded(move, signal));
    const facts = await conduct(move, { until: isSent, refresh: true }, signal);
    if (facts.postCopy !== true) await untilLoaded(move, signal);
    return facts;
  },
  undo: cancel,
};

export async function untilLoaded({ target, workload, clock }: Move, signal: AbortSignal): Promise<void> {
  for (let guest = await target.agent.guests.inspect(workload.name, signal); ; ) {
    if (guest.state === 'loaded' || guest.state === 'running') return;
    if (guest.state !== 'incoming')
      throw new LonghaulError('LH_GUEST_STATE', [
        workload.name,
        guest.state,
        target.model.name,
        'the switchover',
        'loaded',
      ]);
    const seen = { state: guest.state, status: guest.transfer?.status ?? null, waitSeconds: 1 };
    const askedAt = clock.monotonicSeconds();
    guest = await target.agent.guests.watch(workload.name, seen, signal);
    if (clock.monotonicSeconds() === askedAt) await clock.sleep(shortestLookSeconds, signal);
  }
}

/** Watches the transfer, corrects its course by the plan's ladder, and ends when it is far enough. */
async function conduct(
  move: Move,
  { until, refresh }: { readonly until: (guest: GuestState) => boolean; readonly refresh: boolean },
  signal: AbortSignal,
): Promise<MoveFacts> {
  const { guests } = move.source.agent;
  const course = new Course(move);
  let guest = await guests.inspect(move.workload.name, signal);
  for (;;) {
    const { transfer } = guest;
    if (until(guest)) return { ...factsOf(transfer), rungs: course.taken };
    requireAlive(move, guest);
    if (transfer !== null) {
      move.report(course.progress(transfer));
      const correction = course.correct(transfer);
      if (correction !== null) {
        await move.note(`course: ${correction.action}`, { why: correction.why });
        if (correction.action === 'post-copy')
          return { ...factsOf(transfer), rungs: course.taken, postCopy: true };
        await guests.adjustTransfer(move.claim, correction.change, signal);
      }
      if (refresh && course.isSessionListOld(transfer)) await follow(move, signal);
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
      target.model.name,
      transfer?.status ?? state,
      transfer?.error ?? `the guest is '${state}'`,
    ]);
}

const isSent = ({ state }: GuestState): boolean => state === 'sent';

/** The first pass is done, and what is left would nearly fit the pause. */
function isNearlyThere(limitSeconds: number): (guest: GuestState) => boolean {
  return ({ state, transfer }) => {
    if (state === 'sent') return true;
    if (transfer?.status !== 'active' || transfer.passes < 2) return false;
    return (
      transfer.remainingBytes <= nearness * limitSeconds * transfer.bytesPerSecond ||
      transfer.passes >= passesBeforeGate
    );
  };
}

function factsOf(transfer: TransferProgress | null): MoveFacts {
  if (transfer === null) return {};
  const { stoppedAtSeconds } = transfer;
  return stoppedAtSeconds === null ? { transfer } : { transfer, stoppedAtSeconds };
}

/** Back before the transfer: the guest runs on at the source, also when it had stopped there already. */
async function cancel(move: Move, signal: AbortSignal): Promise<void> {
  const { source, workload, claim } = move;
  const before = await source.agent.guests.inspect(workload.name, signal);
  if (before.state === 'running' && before.transfer === null) return;
  const after = await source.agent.guests.cancelTransfer(claim, signal);
  if (after.state !== 'running')
    throw new LonghaulError('LH_GUEST_STATE', [
      workload.name,
      after.state,
      source.model.name,
      'the way back',
      'running',
    ]);
}

/** The guest stopped between our look and our word: what was to be allowed has happened. */
function ignoreIfJustEnded(move: Move, signal: AbortSignal): (error: unknown) => Promise<void> {
  return async (error) => {
    const guest = await move.source.agent.guests.inspect(move.workload.name, signal);
    if (guest.state === 'running') throw error;
  };
}

/** QEMU counts the limit in whole milliseconds. */
const heldLimitSeconds = 0.001;
/** What is left may be so many pauses long when the gateways are told to follow: that takes two round trips. */
const nearness = 4;
/** A guest that writes steadily never comes nearer than it is after a few passes. */
const passesBeforeGate = 4;
const shortestLookSeconds = 0.05;
