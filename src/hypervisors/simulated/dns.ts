import type { DnsChange, DnsStatus } from '../../../gateway/dns/change.ts';
import { createFakeDns, type FakeDns } from '../../../gateway/dns/fake.ts';
import { reverseName } from '../../../gateway/dns/name.ts';
import type { SimulatedNetwork } from './network.ts';
import type { SimulatedWorld } from './world.ts';

/** The name servers of one simulated site, and the resolvers that remember what they said. */
export class SimulatedDns {
  readonly #world: SimulatedWorld;
  readonly #network: SimulatedNetwork;
  readonly #servers: FakeDns;
  readonly #answers = new Map<string, Answer>();

  constructor(world: SimulatedWorld, network: SimulatedNetwork, site: string) {
    this.#world = world;
    this.#network = network;
    const servers = world.topology.sites.find(({ name }) => name === site)?.dns ?? [];
    this.#servers = createFakeDns(
      servers.map(({ name, address, port, zones }) => ({ name, address, port, zones, key: null })),
    );
    for (const { names, addresses } of world.topology.workloads) {
      const address = addresses[0]?.address;
      if (address === undefined) continue;
      for (const { name, ttlSeconds } of names) {
        this.#servers.set(name, 'A', [{ ttlSeconds, data: address }]);
        this.#servers.set(reverseName(address), 'PTR', [{ ttlSeconds, data: name }]);
        this.#answers.set(name, { address, ttlSeconds });
      }
    }
  }

  async apply(change: DnsChange, signal: AbortSignal): Promise<DnsStatus> {
    const status = await this.#servers.apply(change, signal);
    for (const { name, address, ttlSeconds } of change.names) {
      const before = this.#answers.get(name);
      this.#answers.set(name, { address, ttlSeconds });
      if (before !== undefined) this.#remember(before, address);
    }
    return status;
  }

  async observe(change: DnsChange, signal: AbortSignal): Promise<DnsStatus> {
    return await this.#servers.observe(change, signal);
  }

  /** What a client is told that asks now. */
  lookUp(name: string): string | null {
    return this.#answers.get(name)?.address ?? null;
  }

  ttlSeconds(name: string): number | null {
    return this.#answers.get(name)?.ttlSeconds ?? null;
  }

  /** Who asked a moment before the change keeps the old answer for its whole time to live. */
  #remember(before: Answer, address: string): void {
    const untilSeconds = this.#world.clock.nowSeconds() + before.ttlSeconds;
    if (before.address !== address) this.#network.told(before.address, untilSeconds);
    else this.#network.cached(address, untilSeconds);
  }
}

interface Answer {
  readonly address: string;
  readonly ttlSeconds: number;
}
