import type { Clock, Log } from '../../topology/world.ts';
import type { GatewayConfiguration } from '../configuration.ts';
import {
  type Announcement,
  type Announcements,
  announcementsOf,
  gatheringOf,
  neighbourAddresses,
} from '../desired/announcements.ts';
import type { Placement } from '../desired/desired.ts';
import { announcementFrame } from '../kernel/arp-frame.ts';
import { askForNeighbours, neighboursOn } from '../kernel/neighbours.ts';
import type { KernelPort } from '../kernel/port.ts';
import { peersOf } from '../kernel/sessions.ts';
import {
  announceAgainSeconds,
  announcedAheadMax,
  announcedAtOnceMax,
  announcePauseSeconds,
  announceRestSeconds,
  askedAddressesMax,
  neighbourAnswerSeconds,
} from '../limits.ts';
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
    const told = this.#toldAhead.get(id);
    this.#toldAhead.delete(id);
    const repeat = this.#takeOver(id);
    if (announcements === null) {
      this.#repeats.delete(id);
      return;
    }
    const { all } = announcements;
    const isForLater = ({ to, address }: Announcement): boolean =>
      told !== undefined && to === guest.mac && !told.has(address);
    const isAtOnce = ({ to }: Announcement): boolean => told === undefined || to !== guest.mac;
    await this.#send(announcements, all.filter(isAtOnce));
    const rest = all.filter(isForLater);
    void this.#inBackground(id, repeat, (signal) => this.#later(announcements, rest, signal));
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

  /**
   * Of a guest that may stop at any moment: its neighbours are told to reach it through this gateway, in the background.
   * Whose packets for it do not come through is told that it is where it was: there were none, or the site lets nothing
   * out to where it came from.
   */
  gather(configuration: GatewayConfiguration, relocation: Relocation): void {
    const { id } = relocation;
    void this.#inBackground(id, this.#takeOver(id), (signal) =>
      this.#gather(configuration, relocation, signal),
    );
  }

  close(): void {
    for (const repeat of this.#repeats.values()) repeat.abort();
  }

  async #send(
    { device, from }: Pick<Announcements, 'device' | 'from'>,
    some: readonly Announcement[],
  ): Promise<void> {
    if (some.length === 0) return;
    await this.#options.kernel.frames(
      device,
      some.map((one) => announcementFrame(from, one)),
    );
  }

  /** The rest, then everything once more; a few at a time, as nobody waits for them. */
  async #later(
    announcements: Announcements,
    rest: readonly Announcement[],
    signal: AbortSignal,
  ): Promise<void> {
    const { clock } = this.#options;
    const restSeconds = rest.length === 0 ? 0 : announceRestSeconds;
    if (rest.length > 0) await clock.sleep(restSeconds, signal);
    await this.#sendSlowly(announcements, rest, signal);
    await clock.sleep(announceAgainSeconds - restSeconds, signal);
    await this.#sendSlowly(announcements, announcements.all, signal);
  }

  async #sendSlowly(
    announcements: Announcements,
    some: readonly Announcement[],
    signal: AbortSignal,
  ): Promise<void> {
    for (let from = 0; from < some.length; from += announcedAtOnceMax) {
      if (from > 0) await this.#options.clock.sleep(announcePauseSeconds, signal);
      await this.#send(announcements, some.slice(from, from + announcedAtOnceMax));
    }
  }

  async #gather(
    configuration: GatewayConfiguration,
    relocation: Relocation,
    signal: AbortSignal,
  ): Promise<void> {
    const { kernel, clock, log } = this.#options;
    const network = configuration.networks.find(({ name }) => name === relocation.network);
    if (network === undefined) return;
    const { device, defaultGatewayMac: from } = network;
    const own = relocation.oldSubnet.defaultGateway;
    const addresses = neighbourAddresses(relocation).filter((address) => address !== own);
    if (addresses.length <= askedAddressesMax) {
      await askForNeighbours(kernel, { device, addresses }, { signal });
      await clock.sleep(neighbourAnswerSeconds, signal);
    }
    const neighbours = await neighboursOn(kernel, device, { signal });
    const toGateway = gatheringOf(relocation, { neighbours, mac: 'gateway' });
    for (let count = 0; count < 2; count++) {
      signal.throwIfAborted();
      await this.#send({ device, from }, toGateway);
      await clock.sleep(announceAgainSeconds, signal);
    }
    const peers = await peersOf(kernel, relocation.guest.oldAddress);
    const others = new Map([...neighbours].filter(([address]) => !peers.has(address)));
    signal.throwIfAborted();
    const toGuest = gatheringOf(relocation, { neighbours: others, mac: 'guest' });
    await this.#send({ device, from }, toGuest);
    log.info(
      { relocation: relocation.id, told: toGateway.length, back: toGuest.length },
      'gathered neighbours',
    );
  }

  /** Whatever else was to be told for this relocation later is not. */
  #takeOver(id: string): AbortController {
    this.#repeats.get(id)?.abort();
    const repeat = new AbortController();
    this.#repeats.set(id, repeat);
    return repeat;
  }

  async #inBackground(
    id: string,
    repeat: AbortController,
    work: (signal: AbortSignal) => Promise<void>,
  ): Promise<void> {
    try {
      await work(repeat.signal);
    } catch (error) {
      if (!repeat.signal.aborted)
        this.#options.log.warn(
          { relocation: id, error },
          'not everybody was told where the guest is; they find it when their ARP entries expire',
        );
    } finally {
      if (this.#repeats.get(id) === repeat) this.#repeats.delete(id);
    }
  }
}
