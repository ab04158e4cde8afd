import type { Clock, Log } from '../../topology/world.ts';
import type { GatewayConfiguration } from '../configuration.ts';
import { type Announcement, type Announcements, announcementsOf } from '../desired/announcements.ts';
import type { Placement } from '../desired/desired.ts';
import { announcementFrame } from '../kernel/arp-frame.ts';
import type { KernelPort } from '../kernel/port.ts';
import { peersOf } from '../kernel/sessions.ts';
import { announceAgainSeconds, announcedAheadMax, announceRestSeconds } from '../limits.ts';
import type { Relocation } from '../relocation.ts';

/** Tells the segment at once and once more (RFC 5227 §2.3); a later announcement of the same id takes its place. */
export class Announcer {
  readonly #options;
  readonly #repeats = new Map<string, AbortController>();
  /** What guests were told before they ran, by relocation. */
  readonly #toldAhead = new Map<string, ReadonlySet<string>>();

  constructor(options: { readonly kernel: KernelPort; readonly clock: Clock; readonly log: Log }) {
    this.#options = options;
  }

  async announce(
    configuration: GatewayConfiguration,
    placement: Placement,
    others: readonly Placement[],
  ): Promise<void> {
    const { id, guest } = placement.relocation;
    const announcements = announcementsOf(configuration, placement, others);
    this.#repeats.get(id)?.abort();
    const told = this.#toldAhead.get(id);
    this.#toldAhead.delete(id);
    if (announcements === null) return;
    const { all } = announcements;
    const isForLater = ({ to, address }: Announcement): boolean =>
      told !== undefined && to === guest.mac && !told.has(address);
    const isAtOnce = ({ to }: Announcement): boolean => told === undefined || to !== guest.mac;
    const repeat = new AbortController();
    this.#repeats.set(id, repeat);
    await this.#send(announcements, all.filter(isAtOnce));
    void this.#later(announcements, { id, repeat, rest: all.filter(isForLater) });
  }

  /**
   * To a guest that does not run yet, of those whose packets wait for it: the frames are at its network card before
   * these packets. Were it to answer them first, it would send its old neighbours' share to where they are not, and
   * they would wait for their retransmission timers.
   */
  async announceAhead(
    configuration: GatewayConfiguration,
    relocation: Relocation,
    others: readonly Placement[],
  ): Promise<void> {
    const announcements = announcementsOf(configuration, { relocation, guestHere: true }, others);
    if (announcements === null) return;
    const { id, guest } = relocation;
    const told = new Set<string>();
    this.#toldAhead.set(id, told); // it may run before its peers are known
    const peers = await peersOf(this.#options.kernel, guest.oldAddress);
    const ahead = announcements.all
      .filter(({ to, address }) => to === guest.mac && peers.has(address))
      .slice(0, announcedAheadMax);
    await this.#send(announcements, ahead);
    for (const { address } of ahead) told.add(address);
  }

  close(): void {
    for (const repeat of this.#repeats.values()) repeat.abort();
  }

  async #send({ device, from }: Announcements, some: readonly Announcement[]): Promise<void> {
    if (some.length === 0) return;
    await this.#options.kernel.frames(
      device,
      some.map((one) => announcementFrame(from, one)),
    );
  }

  /** The rest, then everything once more. */
  async #later(
    announcements: Announcements,
    {
      id,
      repeat,
      rest,
    }: { readonly id: string; readonly repeat: AbortController; readonly rest: readonly Announcement[] },
  ): Promise<void> {
    const { clock, log } = this.#options;
    try {
      const restSeconds = rest.length === 0 ? 0 : announceRestSeconds;
      if (rest.length > 0) {
        await clock.sleep(restSeconds, repeat.signal);
        await this.#send(announcements, rest);
      }
      await clock.sleep(announceAgainSeconds - restSeconds, repeat.signal);
      await this.#send(announcements, announcements.all);
    } catch (error) {
      if (!repeat.signal.aborted) log.warn({ relocation: id, error }, 'second announcement not sent');
    } finally {
      if (this.#repeats.get(id) === repeat) this.#repeats.delete(id);
    }
  }
}
