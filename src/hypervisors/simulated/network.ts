import type { Relocation, RelocationStatus, Session } from '../../../gateway/relocation.ts';
import { isInSubnet } from '../../../topology/addresses.ts';
import type { Workload } from '../../../topology/resolve/topology.ts';
import type { Copy } from './copy.ts';
import type { SimulatedWorld } from './world.ts';

/**
 * Who answers an address, seen from a site: through that site's gateway, its relocations and tunnels, the stretched
 * segments, and otherwise the site whose subnet the address is in. Also what clients do: they open sessions at a
 * steady rate to whatever their resolvers still tell them.
 */
export class SimulatedNetwork {
  /** A tunnel taken down while resolvers could still hand out the old address; must stay empty. */
  readonly violations: string[] = [];
  /** Sessions that were open when their tunnel went. */
  readonly cut: { readonly workload: string; readonly sessions: number }[] = [];
  readonly #world: SimulatedWorld;
  readonly #gateways = new Map<string, NetworkGateway>();
  /** By address: until when a resolver may still answer it (Unix seconds); absent: for ever. */
  readonly #toldUntilSeconds = new Map<string, number>();
  readonly #cachedUntilSeconds = new Map<string, number>();
  readonly #openedUntilSeconds = new Map<string, number>();

  constructor(world: SimulatedWorld) {
    this.#world = world;
  }

  join(gateway: NetworkGateway): void {
    this.#gateways.set(gateway.site, gateway);
  }

  /** The executing copy that answers `address` for a client at `site`; null when nobody does. */
  reach(site: string, address: string, hops = 0): Copy | null {
    if (hops > hopsMax) return null;
    const held = this.#gateways
      .get(site)
      ?.placements()
      .find(
        ({ desired: { role, guest } }) =>
          guest.oldAddress === address || (role === 'target' && guest.newAddress === address),
      );
    if (held === undefined) return this.#reachUnmoved(site, address, hops);
    const { desired, carries } = held;
    if (desired.role === 'target' && desired.guest.newAddress === address)
      return this.#executing(site, desired.workload);
    if (carries === 'local') return this.#executing(site, desired.workload);
    if (desired.role === 'source') return carries === 'tunnel' ? this.#throughTunnel(site, held) : null;
    const home = this.#home(address);
    return home === null || home === site ? null : this.#overWan({ from: site, to: home }, address, hops);
  }

  /** Who would answer an ARP probe for the address there. */
  holder(site: string, address: string): string | null {
    const guest = this.#world
      .copiesAt(site)
      .find((copy) => copy.state === 'running' && this.#insideAddresses(copy).includes(address));
    if (guest !== undefined) return guest.workload;
    const mapped = this.#gateways
      .get(site)
      ?.placements()
      .find(({ desired }) => desired.role === 'target' && desired.guest.newAddress === address);
    return mapped?.desired.workload ?? null;
  }

  /** The name servers stopped answering this address; a resolver may tell it for so long. */
  told(address: string, untilSeconds: number): void {
    this.#toldUntilSeconds.set(address, Math.max(untilSeconds, this.#cachedUntilSeconds.get(address) ?? 0));
  }

  /** The name servers answer it still, with another time to live; resolvers keep the earlier one for so long. */
  cached(address: string, untilSeconds: number): void {
    this.#cachedUntilSeconds.set(address, Math.max(untilSeconds, this.#cachedUntilSeconds.get(address) ?? 0));
    this.#toldUntilSeconds.delete(address);
  }

  settled({ role, workload, guest }: Relocation): void {
    if (role !== 'source') return;
    const untilSeconds = this.#toldUntilSeconds.get(guest.oldAddress) ?? 0;
    const nowSeconds = this.#world.clock.nowSeconds();
    if (untilSeconds > nowSeconds)
      this.violations.push(
        `tunnel of '${workload}' down ${untilSeconds - nowSeconds} s before resolvers forget ${guest.oldAddress}`,
      );
    this.cut.push({ workload, sessions: this.sessions(guest.oldAddress).length });
    this.#openedUntilSeconds.set(guest.oldAddress, Math.min(nowSeconds, untilSeconds || nowSeconds));
  }

  lastNewSessionSeconds(address: string): number | null {
    const workload = this.#ownerOf(address);
    if (workload === null || workload.traffic.openSessions === 0) return null;
    const { every } = sessionRhythm(workload);
    return Math.floor(this.#openedUntil(address) / every) * every;
  }

  /** Session k is opened at k × `every` and lives `life`: a steady number of them, without chance. */
  sessions(address: string): readonly Session[] {
    const workload = this.#ownerOf(address);
    if (workload === null || workload.traffic.openSessions === 0) return [];
    const { every, life } = sessionRhythm(workload);
    const nowSeconds = this.#world.clock.nowSeconds();
    const newest = Math.floor(this.#openedUntil(address) / every);
    const oldest = Math.floor((nowSeconds - life) / every) + 1;
    return Array.from({ length: Math.max(0, newest - oldest + 1) }, (_, index) => ({
      protocol: 'tcp',
      sourceAddress: '192.0.2.1',
      targetAddress: address,
      sourcePort: 1024 + ((oldest + index) % 60_000),
      targetPort: workload.ports[0] ?? 443,
      state: 'ESTABLISHED',
      timeoutSeconds: 432_000,
    }));
  }

  #openedUntil(address: string): number {
    const nowSeconds = this.#world.clock.nowSeconds();
    return Math.min(
      nowSeconds,
      this.#openedUntilSeconds.get(address) ?? nowSeconds,
      this.#toldUntilSeconds.get(address) ?? nowSeconds,
    );
  }

  #ownerOf(address: string): Workload | null {
    return (
      this.#world.topology.workloads.find(({ addresses }) =>
        addresses.some((each) => each.address === address),
      ) ?? null
    );
  }

  /** Where nothing of ours is in the way: on the segment of its home site and wherever that is stretched to. */
  #reachUnmoved(site: string, address: string, hops: number): Copy | null {
    const home = this.#home(address);
    if (home === null) return null;
    const segment = [home, ...this.#stretchedTo(home, address)];
    if (!segment.includes(site)) return this.#overWan({ from: site, to: home }, address, hops);
    const copies = segment.flatMap((each) => this.#world.copiesAt(each));
    return (
      copies.find((copy) => this.#world.answers(copy) && this.#insideAddresses(copy).includes(address)) ??
      null
    );
  }

  #stretchedTo(site: string, address: string): readonly string[] {
    const network = this.#world.topology.sites
      .find(({ name }) => name === site)
      ?.networks.find(({ subnet }) => isInSubnet(address, subnet));
    if (network === undefined) return [];
    const here = `${site}/${network.name}`;
    return this.#world.topology.links
      .filter(({ name }) => this.#world.links.find((link) => link.name === name)?.isCut === false)
      .flatMap(({ stretched }) => stretched)
      .flatMap(([one, other]) => (one === here ? [other] : other === here ? [one] : []))
      .map((far) => far.split('/')[0] ?? '');
  }

  #throughTunnel(site: string, { desired }: Held): Copy | null {
    const { peer, workload, guest } = desired;
    if (this.#world.linkBetween(site, peer.site)?.isCut !== false) return null;
    const far = this.#gateways
      .get(peer.site)
      ?.placements()
      .find(({ desired: other }) => other.role === 'target' && other.guest.oldAddress === guest.oldAddress);
    return far?.carries === 'local' ? this.#executing(peer.site, workload) : null;
  }

  #overWan(
    { from, to }: { readonly from: string; readonly to: string },
    address: string,
    hops: number,
  ): Copy | null {
    return this.#world.linkBetween(from, to)?.isCut === true ? null : this.reach(to, address, hops + 1);
  }

  #executing(site: string, workload: string): Copy | null {
    const copy = this.#world.copy(site, workload);
    return copy !== null && this.#world.answers(copy) ? copy : null;
  }

  #home(address: string): string | null {
    return (
      this.#world.topology.sites.find(({ networks }) =>
        networks.some(({ subnet }) => isInSubnet(address, subnet)),
      )?.name ?? null
    );
  }

  #insideAddresses({ definition }: Copy): readonly string[] {
    return definition.addresses.map(({ address }) => address);
  }
}

/** A gateway as packets see it. */
export interface NetworkGateway {
  readonly site: string;
  placements(): readonly Held[];
}

export interface Held {
  readonly desired: Relocation;
  carries: RelocationStatus['carries'];
  switchedAtSeconds: number | null;
}

const hopsMax = 4;
const lifeSecondsDefault = 60;

function sessionRhythm({ traffic }: Workload): { readonly every: number; readonly life: number } {
  const life = traffic.sessionSeconds ?? lifeSecondsDefault;
  return { every: life / Math.min(traffic.openSessions, sessionsMax), life };
}

/** More say nothing new and cost time. */
const sessionsMax = 1000;
