import type { GuestPresence } from '../../gateway/agent/gateway-agent.ts';
import { followsGuest } from '../../gateway/relocation.ts';
import { LonghaulError } from '../../topology/errors.ts';
import type { GuestChange } from '../hypervisors/hypervisor.ts';
import { changeBalancers } from './balancers.ts';
import { SiteCopies } from './copies.ts';
import { type GuestParts, SiteGuests } from './guests.ts';
import { Lanes } from './lanes.ts';
import type { SiteGateway, SiteParts } from './parts.ts';
import type {
  BalancerPort,
  Claim,
  DnsPort,
  GuestPort,
  GuestState,
  RelocationPort,
  Site,
  SiteDescription,
} from './site.ts';

/**
 * The agent of one site: hypervisors, gateway, DNS and balancers behind the one interface that workers know.
 *
 *   worker ── Site ──▶ lane of the workload ──▶ claims (epoch checked, on disk) ──▶ hypervisor │ gateway │ names
 *                                                                                    │ onChange
 *                                             gateway.follow ◀── the instant it stops or runs ┘
 */
export class SiteAgent implements Site {
  readonly name: string;
  readonly guests: GuestPort;
  readonly relocations: RelocationPort;
  readonly dns: DnsPort;
  readonly balancers: BalancerPort | null;
  readonly #parts: SiteParts;
  readonly #lanes = new Lanes();
  readonly #copies: SiteCopies;
  readonly #guestParts: GuestParts;
  readonly #unsubscribe: readonly (() => void)[];

  constructor(parts: SiteParts) {
    this.#parts = parts;
    this.name = parts.name;
    this.#copies = new SiteCopies(parts);
    this.#guestParts = {
      parts,
      copies: this.#copies,
      act: async (claim, signal, task) => await this.#act('guest', claim, { signal, task }),
    };
    this.guests = new SiteGuests(this.#guestParts, null);
    this.relocations = this.#relocationPort();
    this.dns = this.#dnsPort();
    this.balancers = parts.balancers.length === 0 ? null : this.#balancerPort();
    this.#unsubscribe = parts.hypervisors.map((hypervisor) =>
      hypervisor.onChange((change) => this.#guestChanged(hypervisor.host, change)),
    );
  }

  guestsOn(host: string): GuestPort {
    return new SiteGuests(this.#guestParts, host);
  }

  /** Once, before the first call: starts what shall be running, tells the gateway who runs here. */
  async start(signal: AbortSignal): Promise<void> {
    await this.#copies.begin(signal);
    const here = new Set((await this.#copies.all(signal)).map(({ workload }) => workload));
    for (const workload of here) await this.#follow(workload, await this.#stateOf(workload, signal));
  }

  async describe(signal: AbortSignal): Promise<SiteDescription> {
    const { hypervisors, gateway } = this.#parts;
    const [hosts, guests] = await Promise.all([
      Promise.all(hypervisors.map(async (hypervisor) => await hypervisor.describe(signal))),
      this.#copies.all(signal),
    ]);
    return { name: this.name, hosts, guests, gateway: gateway?.facts() ?? null };
  }

  async acknowledge(claim: Claim, signal: AbortSignal): Promise<void> {
    const keys = lanes.map((lane) => `${lane} ${claim.workload}`);
    await this.#lanes.run(keys, signal, async () => await this.#parts.claims.accept(claim));
  }

  async close(): Promise<void> {
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
    this.#copies.close();
    for (const hypervisor of this.#parts.hypervisors) await hypervisor.close();
  }

  async #act<T>(
    lane: (typeof lanes)[number],
    claim: Claim,
    { signal, task }: { readonly signal: AbortSignal; readonly task: () => Promise<T> },
  ): Promise<T> {
    return await this.#lanes.run([`${lane} ${claim.workload}`], signal, async () => {
      await this.#parts.claims.accept(claim);
      return await task();
    });
  }

  #guestChanged(host: string, change: GuestChange): void {
    this.#parts.log.debug({ host, ...change }, 'guest changed');
    this.#copies.changed(host, change);
    void this.#follow(change.workload, this.#copies.lastState(change.workload) ?? change.state);
  }

  /** A gateway that cannot follow says so in its status; the worker sees it there and puts the next phase itself. */
  async #follow(workload: string, state: GuestState['state']): Promise<void> {
    const { gateway, log } = this.#parts;
    try {
      await gateway?.follow(workload, presenceOf(state));
    } catch (error) {
      log.error({ workload, state, error: String(error) }, 'the gateway did not follow the guest');
    }
  }

  /** Without asking a hypervisor that is in the middle of a switchover. */
  async #stateOf(workload: string, signal: AbortSignal): Promise<GuestState['state']> {
    return this.#copies.lastState(workload) ?? (await this.#copies.find(workload, signal)).guest.state;
  }

  #relocationPort(): RelocationPort {
    const gateway = (): SiteGateway => this.#need(this.#parts.gateway, 'gateway');
    return {
      put: async (claim, relocation, signal) => {
        const { workload, phase } = relocation;
        const task = async () => {
          const status = await gateway().put(relocation, signal);
          if (followsGuest(phase)) await this.#follow(workload, await this.#stateOf(workload, signal));
          return status;
        };
        return await this.#act('relocation', claim, { signal, task });
      },
      get: async (id, signal) => (await this.#parts.gateway?.get(id, signal)) ?? null,
      list: async (signal) => (await this.#parts.gateway?.list(signal)) ?? [],
      held: async (workload) => this.#parts.gateway?.held(workload) ?? [],
      probe: async (network, address, signal) => await gateway().probe(network, address, signal),
      sessions: async (address, signal) => await gateway().sessions(address, signal),
      answers: async (address, port, signal) => await gateway().answers(address, port, signal),
    };
  }

  #dnsPort(): DnsPort {
    const dns = (): NonNullable<SiteParts['dns']> => this.#need(this.#parts.dns, 'name servers');
    return {
      apply: async (claim, change, signal) =>
        await this.#act('names', claim, { signal, task: async () => await dns().apply(change, signal) }),
      observe: async (change, signal) => await dns().observe(change, signal),
    };
  }

  #balancerPort(): BalancerPort {
    const { balancers } = this.#parts;
    return {
      apply: async (claim, change, signal) =>
        await this.#act('names', claim, {
          signal,
          task: async () =>
            await changeBalancers(balancers, change, async (driver) => await driver.apply(change, signal)),
        }),
      observe: async (change, signal) =>
        await changeBalancers(balancers, change, async (driver) => await driver.observe(change, signal)),
    };
  }

  #need<T>(part: T | null, what: string): T {
    if (part === null) throw new LonghaulError('LH_SITE_WITHOUT', [this.name, what]);
    return part;
  }
}

function presenceOf(state: GuestState['state']): GuestPresence {
  if (state === 'running') return 'runs';
  return state === 'loaded' ? 'waits' : 'stopped';
}

/** Calls of one workload go one after the other in each of these; a new claim waits for all of them. */
const lanes = ['guest', 'relocation', 'names'] as const;
