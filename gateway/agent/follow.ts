import { LonghaulError } from '../../topology/errors.ts';
import type { Clock, Log } from '../../topology/world.ts';
import type { GatewayConfiguration } from '../configuration.ts';
import { followsGuest, type Relocation } from '../relocation.ts';
import { objectText, stateOf, type KernelObject } from '../desired/objects.ts';
import { addLine, isDone, removeLine, type IpObject } from '../kernel/ip.ts';
import type { KernelPort } from '../kernel/port.ts';
import { differenceOf } from '../kernel/reconcile.ts';
import { placedAt, placementOf, type RelocationBook } from './book.ts';
import type { GuestPresence } from './gateway-agent.ts';
import type { Record } from './store.ts';

export interface FollowOptions {
  readonly configuration: GatewayConfiguration;
  readonly kernel: KernelPort;
  readonly clock: Clock;
  readonly log: Log;
  readonly book: RelocationBook;
  readonly announce: (previous: Record, next: Record) => Promise<void>;
}

/** Switches every following relocation of the workload; answers which. Nothing is read, nothing is waited for first. */
export async function follow(
  options: FollowOptions,
  { workload, guest }: { readonly workload: string; readonly guest: GuestPresence },
): Promise<readonly string[]> {
  const isHere = ({ role }: Relocation): boolean =>
    guest === 'runs' || (guest === 'waits' && role === 'target');
  const moving = options.book
    .all()
    .filter(
      ({ relocation, guestHere: wasHere }) =>
        relocation.workload === workload && followsGuest(relocation.phase) && wasHere !== isHere(relocation),
    );
  await Promise.all(moving.map((record) => switchOne(options, record, isHere(record.relocation))));
  return moving.map(({ relocation }) => relocation.id);
}

async function switchOne(options: FollowOptions, record: Record, guestHere: boolean): Promise<void> {
  const { book, kernel, clock, log, announce } = options;
  const startedSeconds = clock.monotonicSeconds();
  const nowSeconds = clock.nowSeconds();
  const next = placedAt(record, guestHere, { previous: record, nowSeconds });
  book.set(next);
  const change = differenceOf(
    stateOf(book.objectsOf(placementOf(record), nowSeconds)),
    stateOf(book.objectsOf(placementOf(next), nowSeconds)),
  );
  const missing = change.missing as readonly IpObject[];
  const surplus = change.surplus.toReversed() as readonly IpObject[];
  const lines = [...missing.map((object) => addLine(object, true)), ...surplus.map(removeLine)];
  const errors = await kernel.lines(lines);
  const fields = { relocation: record.relocation.id, guest: guestHere ? 'here' : 'away' };
  log.info({ ...fields, lines, seconds: clock.monotonicSeconds() - startedSeconds }, 'switched');
  await announce(record, next);
  const done: readonly (readonly [KernelObject, 'add' | 'remove'])[] = [
    ...missing.map((object) => [object, 'add'] as const),
    ...surplus.map((object) => [object, 'remove'] as const),
  ];
  const failure = done.flatMap(([object, verb], index) => {
    const error = errors[index] ?? null;
    return error === null || isDone(object, verb, error) ? [] : [{ object, error }];
  })[0];
  if (failure === undefined) return;
  const { object, error } = failure;
  throw new LonghaulError('LH_KERNEL_APPLY_FAILED', [objectText(object), options.configuration.site, error]);
}
