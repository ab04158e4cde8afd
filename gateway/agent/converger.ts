import type { Clock, Log } from '../../topology/world.ts';
import type { GatewayConfiguration } from '../configuration.ts';
import { guestDeviceName, tunnelDeviceName } from '../desired/marks.ts';
import { keyOf, mainTable, objectText, type KernelState } from '../desired/objects.ts';
import type { KernelPort } from '../kernel/port.ts';
import {
  differenceOf,
  observe,
  reconcile,
  type ApplyReport,
  type Difference,
  type TableSpelling,
} from '../kernel/reconcile.ts';
import { followsGuest } from '../relocation.ts';
import { deleteSessions, insertSessions } from '../kernel/sessions.ts';
import type { RelocationBook } from './book.ts';
import { sessionsKey } from './status.ts';
import type { Record } from './store.ts';

export interface ConvergerOptions {
  readonly configuration: GatewayConfiguration;
  readonly kernel: KernelPort;
  readonly clock: Clock;
  readonly log: Log;
  readonly book: RelocationBook;
  readonly persist: (id: string) => Promise<void>;
}

/** Brings the kernel to what the book says, whatever happened before; its callers see to it that it runs once at a time. */
export class Converger {
  readonly #options: ConvergerOptions;
  /** Why the last attempt to change an object failed, by its key. */
  readonly errors = new Map<string, string>();
  readonly #spelling: TableSpelling = new Map();

  constructor(options: ConvergerOptions) {
    this.#options = options;
  }

  /**
   * After a start: while an agent was gone nobody followed the guests, but the kernel kept the last switch, which may
   * not have reached the disk. With its devices gone the kernel was restarted too, and the disk is all there is.
   * Answers to which relocations a guest may have come meanwhile, unannounced.
   */
  async adopt(signal: AbortSignal): Promise<readonly string[]> {
    const { book } = this.#options;
    const following = book.all().filter(({ relocation }) => followsGuest(relocation.phase));
    if (following.length === 0) return [];
    const { observed } = await this.look(signal);
    for (const record of following) {
      const guestHere = this.#guestHere(record, observed);
      if (guestHere !== null) book.set({ ...record, guestHere });
    }
    return book
      .all()
      .filter(
        ({ relocation: { role, phase }, guestHere }) => role === 'target' && followsGuest(phase) && guestHere,
      )
      .map(({ relocation }) => relocation.id);
  }

  async converge(
    signal: AbortSignal,
  ): Promise<{ readonly observed: KernelState; readonly difference: Difference }> {
    const { kernel, clock, book } = this.#options;
    const { report, ...seen } = await reconcile({
      kernel,
      desired: () => book.desired(clock.nowSeconds()),
      spelling: this.#spelling,
      signal,
    });
    this.#note(report);
    kernel.keepReady(this.#announcingDevices());
    for (const record of book.all()) await this.#settleSessions(record, seen.difference);
    return seen;
  }

  /** Changes nothing. */
  async look(
    signal: AbortSignal,
  ): Promise<{ readonly observed: KernelState; readonly difference: Difference }> {
    const { kernel, clock, book } = this.#options;
    const desired = () => book.desired(clock.nowSeconds());
    const observed = await observe({ kernel, desired, spelling: this.#spelling, signal });
    return { observed, difference: differenceOf(observed, desired()) };
  }

  #guestHere({ relocation }: Record, observed: KernelState): boolean | null {
    const { networks, peers } = this.#options.configuration;
    const tunnel = tunnelDeviceName(peers.find(({ site }) => site === relocation.peer.site)?.vni ?? 0);
    if (!observed.has(`device ${tunnel}`)) return null;
    const { oldAddress } = relocation.guest;
    const isAway = observed.has(`route ${oldAddress} ${mainTable}`);
    const isSource = relocation.role === 'source';
    if (isSource && relocation.phase === 'following') return !isAway;
    const segment = networks.find(({ name }) => name === relocation.network)?.device ?? '';
    const device = isSource ? segment : guestDeviceName(relocation.oldSubnet.defaultGatewayMac, segment);
    if (observed.has(`neighbour ${oldAddress} ${device}`)) return true;
    // On the way home the first put may have died before it said either.
    return relocation.phase === 'following' || isAway ? false : null;
  }

  #note({ added, removed, failed }: ApplyReport): void {
    const { log } = this.#options;
    this.errors.clear();
    for (const { object, change, error } of failed) {
      this.errors.set(keyOf(object), error);
      log.error({ object: objectText(object), change, error }, 'kernel object not changed');
    }
    if (added.length + removed.length > 0)
      log.info({ added: added.map(objectText), removed: removed.map(objectText) }, 'kernel objects changed');
  }

  /** Where the next switch will have to speak without delay. */
  #announcingDevices(): readonly string[] {
    const { configuration, book } = this.#options;
    const devices = book.all().flatMap(({ relocation }) => {
      const network = configuration.networks.find(({ name }) => name === relocation.network);
      if (!followsGuest(relocation.phase) || network === undefined) return [];
      return relocation.role === 'source'
        ? [network.device]
        : [guestDeviceName(relocation.oldSubnet.defaultGatewayMac, network.device)];
    });
    return [...new Set(devices)];
  }

  async #settleSessions(record: Record, { surplus }: Difference): Promise<void> {
    const { book, persist, log } = this.#options;
    const { id, phase } = record.relocation;
    // While something is too much, its rules could mark the sessions again that are being ended.
    const isClean = surplus.length === 0;
    try {
      if (record.sessionsToInsert.length > 0) await this.#insert(record);
      if (record.areSessionsOver && isClean) await this.#end(record);
      if (phase === 'absent' && isClean) {
        book.delete(id);
        await persist(id);
      }
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      this.errors.set(sessionsKey(id), text);
      log.error({ relocation: id, error: text }, 'sessions not changed');
    }
  }

  async #insert({ relocation, sessionsToInsert }: Record): Promise<void> {
    const { kernel, configuration } = this.#options;
    const peer = configuration.peers.find(({ site }) => site === relocation.peer.site);
    if (peer === undefined) return;
    await insertSessions(kernel, sessionsToInsert, peer.vni);
    await this.#change(relocation.id, { sessionsToInsert: [] });
  }

  async #end({ relocation }: Record): Promise<void> {
    const { kernel } = this.#options;
    const { role, phase, guest } = relocation;
    const which = role === 'source' && phase === 'settled' ? 'all' : 'marked';
    await deleteSessions(kernel, guest.oldAddress, which);
    // Of a new address that is no longer mapped; their translation would outlive it by days.
    if (role === 'target' && phase === 'absent') await deleteSessions(kernel, guest.newAddress, 'all');
    await this.#change(relocation.id, { areSessionsOver: false });
  }

  /** On the record as it is now: the fast path may have changed it. */
  async #change(id: string, change: Partial<Record>): Promise<void> {
    const { book, persist } = this.#options;
    const record = book.get(id);
    if (record === null) return;
    book.set({ ...record, ...change });
    await persist(id);
  }
}
