import type { GatewayConfiguration } from '../configuration.ts';
import { createDesired, type Placement } from '../desired/desired.ts';
import type { KernelObject, KernelState } from '../desired/objects.ts';
import { isReturn, type Relocation, type RelocationPhase, type Session } from '../relocation.ts';
import type { Record } from './store.ts';

/** The relocations this gateway knows, and what the kernel shall hold for them; changed in one step each. */
export class RelocationBook {
  readonly #records = new Map<string, Record>();
  readonly #desired;
  #state: { readonly state: KernelState; readonly untilSeconds: number } | null = null;

  constructor(configuration: GatewayConfiguration) {
    this.#desired = createDesired(configuration);
  }

  get(id: string): Record | null {
    return this.#records.get(id) ?? null;
  }

  all(): readonly Record[] {
    return [...this.#records.values()];
  }

  set(record: Record): void {
    this.#records.set(record.relocation.id, record);
    this.#state = null;
  }

  delete(id: string): void {
    this.#records.delete(id);
    this.#state = null;
  }

  placements(): readonly Placement[] {
    return this.all().map(placementOf);
  }

  /** Old addresses of the guests that came here and run. */
  arrived(): ReadonlySet<string> {
    const here = this.placements().filter(
      ({ relocation, guestHere }) => relocation.role === 'target' && guestHere,
    );
    return new Set(here.map(({ relocation }) => relocation.guest.oldAddress));
  }

  /** Made anew only after a change, or when a quarantine has ended: it is asked for before every chunk of changes. */
  desired(nowSeconds: number): KernelState {
    if (this.#state === null || nowSeconds >= this.#state.untilSeconds) {
      const ends = this.all()
        .map(({ relocation }) => relocation.quarantineUntilSeconds ?? Infinity)
        .filter((seconds) => seconds > nowSeconds);
      this.#state = {
        state: this.#desired.state(this.placements(), nowSeconds),
        untilSeconds: ends.reduce((a, b) => Math.min(a, b), Infinity),
      };
    }
    return this.#state.state;
  }

  objectsOf(placement: Placement, nowSeconds: number): readonly KernelObject[] {
    return this.#desired.objectsOf(placement, nowSeconds);
  }
}

/** Only a relocation that follows its guest goes by where the guest runs; every other phase says it. */
export function placementOf({ relocation, guestHere }: Pick<Record, 'relocation' | 'guestHere'>): Placement {
  const isSource = relocation.role === 'source';
  switch (relocation.phase) {
    case 'absent':
    case 'prepared':
      return { relocation, guestHere: isSource };
    case 'following':
    case 'returning':
      return { relocation, guestHere };
    case 'returned':
      return { relocation, guestHere: isSource };
    case 'switched':
    case 'settled':
      return { relocation, guestHere: !isSource };
  }
}

/** The record after a put: the guest stays where it was, unless the new phase says otherwise. */
export function nextRecord(previous: Record | null, relocation: Relocation, nowSeconds: number): Record {
  const record: Record = {
    relocation,
    guestHere: wasHere(previous, relocation),
    switchedAtSeconds: previous?.switchedAtSeconds ?? null,
    ...pendingSessions(previous, relocation),
  };
  return placedAt(record, placementOf(record).guestHere, { previous, nowSeconds });
}

/** With the time of the switch; none while the guest is where it was at first. */
export function placedAt(
  record: Record,
  guestHere: boolean,
  { previous, nowSeconds }: { readonly previous: Record | null; readonly nowSeconds: number },
): Record {
  const isAtFirst = guestHere === (record.relocation.role === 'source');
  const hasMoved = guestHere !== wasHere(previous, record.relocation);
  const switchedAtSeconds = isAtFirst ? null : hasMoved ? nowSeconds : record.switchedAtSeconds;
  return { ...record, guestHere, switchedAtSeconds };
}

function wasHere(previous: Record | null, { role }: Relocation): boolean {
  return previous === null ? role === 'source' : placementOf(previous).guestHere;
}

/** Sessions are handed over once: one that has ended since must not come back to life. */
function pendingSessions(
  previous: Record | null,
  relocation: Relocation,
): Pick<Record, 'sessionsToInsert' | 'areSessionsOver'> {
  const isLeaving = relocation.phase === 'settled' || relocation.phase === 'absent';
  const guestIsElsewhere = relocation.role === 'target' || !wasHere(previous, relocation);
  const isComing = relocation.role === 'target' ? forwardPhases : returnPhases;
  const takesSessions = isComing.includes(relocation.phase);
  const isBack = previous !== null && isReturn(previous.relocation.phase);
  const known = new Set(previous?.relocation.sessions.map(sessionKey));
  const fresh = relocation.sessions.filter((session) => !known.has(sessionKey(session)));
  return {
    sessionsToInsert: takesSessions ? [...(previous?.sessionsToInsert ?? []), ...fresh] : [],
    areSessionsOver: isLeaving && previous !== null && (guestIsElsewhere || isBack),
  };
}

/** While the guest has still to come, by role of the gateway to which it comes. */
const forwardPhases: readonly RelocationPhase[] = ['prepared', 'following'];
const returnPhases: readonly RelocationPhase[] = ['returning'];

function sessionKey(session: Session): string {
  const { protocol, sourceAddress, sourcePort, targetAddress, targetPort } = session;
  return `${protocol} ${sourceAddress}:${sourcePort} ${targetAddress}:${targetPort}`;
}
