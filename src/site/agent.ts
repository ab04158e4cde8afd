import type { GuestChange } from '../hypervisors/hypervisor.ts';
import { SiteGuests } from './guests.ts';
import { Lanes } from './lanes.ts';
import { LonghaulError } from '../../topology/errors.ts';
import type { SiteParts } from './parts.ts';
import type {
  BalancerPort,
  Claim,
  DnsPort,
  GuestPort,
  RelocationPort,
  Site,
  SiteDescription,
} from './site.ts';

/**
 * The agent of one site: hypervisors, gateway, DNS and balancers behind the one interface that workers know.
 *
 *   worker ── Site ──▶ claims (epoch checked, on disk) ──▶ lane of the workload ──▶ hypervisor │ gateway │ DNS
 *                                                                                    │ onChange
 *                                       gateway.guestChanged ◀── the instant it stops or runs ┘
 */
export class SiteAgent implements Site {
  readonly name: string;
  readonly guests: GuestPort;
  readonly relocations: RelocationPort;
  readonly dns: DnsPort;
  readonly balancers: BalancerPort | null;
  readonly #parts: SiteParts;
  readonly #lanes = new Lanes();
  readonly #guests: SiteGuests;
  readonly #unsubscribe: readonly (() => void)[];

  constructor(parts: SiteParts) {
    this.#parts = parts;
    this.name = parts.name;
    this.#guests = new SiteGuests(parts, (claim, signal, task) =>
      this.#act('guest', claim, { signal, task }),
    );
    this.guests = this.#guests;
    this.relocations = this.#relocationPort();
    this.dns = this.#dnsPort();
    this.balancers = parts.balancers === null ? null : this.#balancerPort(parts.balancers);
    this.#unsubscribe = parts.hypervisors.map((hypervisor) =>
      hypervisor.onChange((change) => this.#guestChanged(change)),
    );
  }

  /** After construction and before the first call: tells the gateway who runs here, starts what shall be running. */
  async start(signal: AbortSignal): Promise<void> {
    await this.#guests.begin(signal);
    for (const guest of await this.#guests.all(signal)) {
      const change = { workload: guest.workload, state: guest.state, status: guest.transfer?.status ?? null };
      this.#guestChanged({ ...change, atSeconds: this.#parts.clock.nowSeconds() });
    }
  }

  async describe(signal: AbortSignal): Promise<SiteDescription> {
    const { hypervisors, gateway } = this.#parts;
    const [hosts, guests, facts] = await Promise.all([
      Promise.all(hypervisors.map(async (hypervisor) => await hypervisor.hosts(signal))),
      this.#guests.all(signal),
      gateway?.facts(signal) ?? null,
    ]);
    return { name: this.name, hosts: hosts.flat(), guests, gateway: facts };
  }

  async acknowledge(claim: Claim, signal: AbortSignal): Promise<void> {
    const { workload } = claim;
    const every = [`guest ${workload}`, `relocation ${workload}`, `names ${workload}`];
    await this.#lanes.run(every, signal, async () => await this.#parts.claims.accept(claim));
  }

  async close(): Promise<void> {
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
    this.#guests.close();
    for (const hypervisor of this.#parts.hypervisors) await hypervisor.close();
  }

  async #act<T>(
    lane: 'guest' | 'relocation' | 'names',
    claim: Claim,
    { signal, task }: { readonly signal: AbortSignal; readonly task: () => Promise<T> },
  ): Promise<T> {
    return await this.#lanes.run([`${lane} ${claim.workload}`], signal, async () => {
      await this.#parts.claims.accept(claim);
      return await task();
    });
  }

  #guestChanged(change: GuestChange): void {
    const { gateway, log } = this.#parts;
    const { workload, state, atSeconds } = change;
    const followed = gateway?.guestChanged({ workload, runsHere: state === 'running', atSeconds });
    followed?.catch((error: unknown) =>
      log.error({ ...change, error: String(error) }, 'the gateway did not follow'),
    );
    this.#guests.changed(change);
    log.debug({ ...change }, 'guest changed');
  }

  #relocationPort(): RelocationPort {
    const gateway = (): NonNullable<SiteParts['gateway']> => this.#need(this.#parts.gateway, 'gateway');
    return {
      put: async (claim, relocation, signal) =>
        await this.#act('relocation', claim, {
          signal,
          task: async () => await gateway().put(relocation, signal),
        }),
      get: async (id, signal) => (await this.#parts.gateway?.get(id, signal)) ?? null,
      list: async (signal) => (await this.#parts.gateway?.list(signal)) ?? [],
      probe: async (network, address, signal) => await gateway().probe(network, address, signal),
      sessions: async (address, signal) => await gateway().sessions(address, signal),
    };
  }

  #dnsPort(): DnsPort {
    const dns = (): NonNullable<SiteParts['dns']> => this.#need(this.#parts.dns, 'DNS servers');
    return {
      apply: async (claim, change, signal) =>
        await this.#act('names', claim, { signal, task: async () => await dns().apply(change, signal) }),
      observe: async (change, signal) => await dns().observe(change, signal),
    };
  }

  #balancerPort(balancers: NonNullable<SiteParts['balancers']>): BalancerPort {
    return {
      apply: async (claim, change, signal) =>
        await this.#act('names', claim, { signal, task: async () => await balancers.apply(change, signal) }),
      observe: async (change, signal) => await balancers.observe(change, signal),
    };
  }

  #need<T>(part: T | null, what: string): T {
    if (part === null) throw new LonghaulError('LH_SITE_WITHOUT', [this.name, what]);
    return part;
  }
}
