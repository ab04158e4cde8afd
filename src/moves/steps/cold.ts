import { LonghaulError } from '../../../topology/errors.ts';
import { formatBytes } from '../../../topology/units.ts';
import type { GuestState } from '../../site/site.ts';
import type { Move } from '../move.ts';
import type { Step } from '../step.ts';
import { makeSureTargetIsOff, requireTarget } from './resume.ts';
import { hasDisksToCopy, targetSpec, transferSettings } from './target.ts';

/** Disks are copied while the guest runs; the rest, written meanwhile, when it is off; then it boots at the target. */
export const copyDisks: Step = {
  name: 'copy disks',
  weight: 80,
  deadlineSeconds: (move) => transferSettings(move).timeoutSeconds,
  apply: async (move, signal) => {
    if (!hasDisksToCopy(move)) return undefined;
    const order = {
      uri: move.facts.uri ?? '',
      content: 'disks',
      settings: transferSettings(move),
      links: move.planned.decision.chosen.path,
    } as const;
    await move.source.guests.startTransfer(move.claim, order, signal);
    const { transfer } = await watchCopy(move, isSeeded, signal);
    return transfer === null ? undefined : { transfer };
  },
  undo: cancelCopy,
};

export const shutDownSource: Step = {
  name: 'shut down source',
  weight: 5,
  deadlineSeconds: ({ workload, limits }) => shutdownPatience * workload.shutdownSeconds + limits.callSeconds,
  apply: async (move, signal) => {
    const guest = await move.source.guests.shutdown(move.claim, signal);
    if (guest.state !== 'stopped' && guest.state !== 'sent')
      throw new LonghaulError('LH_GUEST_STATE', [
        move.workload.name,
        guest.state,
        move.source.name,
        'a cold move',
        'it to shut down',
      ]);
    return undefined;
  },
  undo: async (move, signal) => {
    await cancelCopy(move, signal);
    const { guests } = move.source;
    const { state } = await guests.inspect(move.workload.name, signal);
    if (state === 'running') return;
    const spec = {
      ...targetSpec(move, 'disks', move.facts.definition),
      host: move.planned.source.host,
      nics: [],
    };
    await guests.start(move.claim, spec, signal);
  },
};

export const copyRest: Step = {
  name: 'copy rest',
  weight: 10,
  deadlineSeconds: (move) => transferSettings(move).timeoutSeconds,
  apply: async (move, signal) => {
    if (!hasDisksToCopy(move)) return undefined;
    const { transfer } = await watchCopy(move, ({ state }) => state === 'sent', signal);
    const copy = await move.target.guests.inspect(move.workload.name, signal);
    if (copy.state !== 'loaded')
      throw new LonghaulError('LH_GUEST_STATE', [
        move.workload.name,
        copy.state,
        move.target.name,
        'booting',
        'loaded',
      ]);
    return transfer === null ? undefined : { transfer };
  },
};

/** The point of no return of a cold move. */
export const bootTarget: Step = {
  name: 'boot target',
  weight: 4,
  isPointOfNoReturn: true,
  deadlineSeconds: ({ limits }) => 4 * limits.callSeconds,
  observe: async (move, signal) => {
    await requireTarget(move, [hasDisksToCopy(move) ? 'loaded' : 'absent', 'running'], signal);
    return 'pending';
  },
  apply: async (move, signal) => {
    const spec = targetSpec(move, 'disks', move.facts.definition);
    await move.target.guests.start(move.claim, spec, signal);
    return { resumedAtSeconds: move.clock.nowSeconds() };
  },
  goBack: makeSureTargetIsOff,
};

async function watchCopy(
  move: Move,
  until: (guest: GuestState) => boolean,
  signal: AbortSignal,
): Promise<GuestState> {
  const { guests } = move.source;
  let doneRatio = 0;
  for (let guest = await guests.inspect(move.workload.name, signal); ; ) {
    if (until(guest)) return guest;
    const { transfer, state } = guest;
    if (transfer === null || transfer.status === 'failed' || transfer.status === 'cancelled')
      throw new LonghaulError('LH_TRANSFER_FAILED', [
        move.workload.name,
        move.target.name,
        transfer?.status ?? state,
        transfer?.error ?? `the guest is '${state}'`,
      ]);
    doneRatio = Math.max(doneRatio, transfer.transferredBytes / Math.max(1, transfer.totalBytes));
    const text = `${formatBytes(transfer.transferredBytes)} of disks sent, ${formatBytes(transfer.remainingBytes)} left`;
    move.report({ ratio: Math.min(1, doneRatio), convergence: null, text });
    const seen = { state, status: transfer.status, waitSeconds: move.limits.transferLookSeconds };
    guest = await guests.watch(move.workload.name, seen, signal);
  }
}

/** All is there once, and what is written during one more pass stays about the same: the guest may go down. */
function isSeeded({ state, transfer }: GuestState): boolean {
  if (state === 'sent' || state === 'stopped') return true;
  return transfer !== null && transfer.passes > seedPasses;
}

async function cancelCopy({ source, workload, claim }: Move, signal: AbortSignal): Promise<void> {
  const { state, transfer } = await source.guests.inspect(workload.name, signal);
  if (state === 'absent' || transfer === null) return;
  await source.guests.cancelTransfer(claim, signal);
}

/** A guest that takes so many times as long as it says is not shutting down. */
const shutdownPatience = 3;
const seedPasses = 2;
