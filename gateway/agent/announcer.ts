import type { Clock, Log } from '../../topology/world.ts';
import type { GatewayConfiguration } from '../configuration.ts';
import { announcementsOf } from '../desired/announcements.ts';
import type { Placement } from '../desired/desired.ts';
import { announcementFrame } from '../kernel/arp-frame.ts';
import type { KernelPort } from '../kernel/port.ts';
import { announceAgainSeconds, announcedAheadMax } from '../limits.ts';
import type { Relocation } from '../relocation.ts';

/** Tells the segment at once and once more (RFC 5227 §2.3); a later announcement of the same id takes its place. */
export class Announcer {
  readonly #options;
  readonly #repeats = new Map<string, AbortController>();

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
    await kernel.frames(device, frames);
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
    const { device, from, all } = announcements;
    const frames = all
      .filter(({ to }) => to === relocation.guest.mac)
      .slice(0, announcedAheadMax)
      .map((one) => announcementFrame(from, one));
    await this.#options.kernel.frames(device, frames);
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
