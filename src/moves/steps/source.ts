import { LonghaulError } from '../../../topology/errors.ts';
import type { GuestState } from '../../site/site.ts';
import type { Move } from '../move.ts';
import { targetSpec } from './target.ts';

/** At the end of the way back: the guest at its source, booted anew if it has ended there and a person wants it so. */
export async function returnedGuest(
  move: Move,
  { mayBoot }: { readonly mayBoot: boolean },
  signal: AbortSignal,
): Promise<GuestState> {
  const { source, workload, claim, planned, facts } = move;
  const guest = await source.guests.inspect(workload.name, signal);
  if (guest.state !== 'stopped') return guest;
  if (!mayBoot) throw new LonghaulError('LH_GUEST_ENDED', [workload.name, source.name]);
  const spec = { ...targetSpec(move, 'guest', facts.definition), host: planned.source.host, nics: [] };
  return await source.guests.start(claim, spec, signal);
}
