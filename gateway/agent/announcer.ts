import type { Clock, Log } from '../../topology/world.ts';
import type { GatewayConfiguration } from '../configuration.ts';
import { type Announcement, type Announcements, announcementsOf } from '../desired/announcements.ts';
import type { Placement } from '../desired/desired.ts';
import { announcementFrame } from '../kernel/arp-frame.ts';
import type { KernelPort } from '../kernel/port.ts';
import { announceAgainSeconds, announcedAheadMax } from '../limits.ts';
import type { Relocation } from '../relocation.ts';

/** Tells the segment at once and once more (RFC 5227 §2.3); a later announcement of the same id takes its place. */
export class Announcer {
  readonly #options;
  readonly #repeats = new Map<string, AbortController>();
  /** Relocations whose guest was told ahead. */
  readonly #toldAhead = new Set<string>();

  constructor(options: { readonly kernel: KernelPort; readonly clock: Clock; readonly log: Log }) {
    this.#options = options;
  }

  async announce(
    configuration: GatewayConfiguration,
    placement: Placement,
    others: readonly Placement[],
  ): Promise<void> {
    const { kernel } = this.#options;
    const { id } = placement.relocation;
    const announcements = announcementsOf(configuration, placement, others);
    this.#repeats.get(id)?.abort();
    if (announcements === null) return;
    const { device, from, all } = announcements;
    const frames = all.map((one) => announcementFrame(from, one));
    const repeat = new AbortController();
    this.#repeats.set(id, repeat);
    const told = this.#toldAhead.delete(id) ? ahead(announcements, placement.relocation) : [];
    // What it has just been told would only keep it from its sessions.
    const news = all.filter((one) => !told.includes(one)).map((one) => announcementFrame(from, one));
    if (news.length > 0) await kernel.frames(device, news);
    void this.#again(id, repeat, () => kernel.frames(device, frames));
  }

  /**
   * To a guest that does not run yet: the frames wait at its network card before the packets parked for it. Were it to
   * answer those first, it would send its old neighbours' share to where they are not, and they would wait for their
   * retransmission timers.
   */
  async announceAhead(
    configuration: GatewayConfiguration,
    relocation: Relocation,
    others: readonly Placement[],
  ): Promise<void> {
    const announcements = announcementsOf(configuration, { relocation, guestHere: true }, others);
    if (announcements === null) return;
    const { device, from } = announcements;
    const told = ahead(announcements, relocation);
    await this.#options.kernel.frames(
      device,
      told.map((one) => announcementFrame(from, one)),
    );
    this.#toldAhead.add(relocation.id);
  }

  close(): void {
    for (const repeat of this.#repeats.values()) repeat.abort();
  }

  async #again(id: string, repeat: AbortController, send: () => Promise<void>): Promise<void> {
    const { clock, log } = this.#options;
    try {
      await clock.sleep(announceAgainSeconds, repeat.signal);
      await send();
    } catch (error) {
      if (!repeat.signal.aborted) log.warn({ relocation: id, error }, 'second announcement not sent');
    } finally {
      if (this.#repeats.get(id) === repeat) this.#repeats.delete(id);
    }
  }
}

function ahead({ all }: Announcements, { guest }: Relocation): readonly Announcement[] {
  return all.filter(({ to }) => to === guest.mac).slice(0, announcedAheadMax);
}
