import type { Topology } from '../../../topology/resolve/topology.ts';
import type { Clock, Log } from '../../../topology/world.ts';
import { createFakeBalancer } from '../../../gateway/balancer/fake.ts';
import { SiteAgent } from '../../site/agent.ts';
import { ClaimBook, createMemoryClaims, type ClaimStorage } from '../../site/claims.ts';
import type { Site } from '../../site/site.ts';
import type { Copy } from './copy.ts';
import { SimulatedDns } from './dns.ts';
import { SimulatedHypervisor } from './driver.ts';
import { Life, mortal } from './mortal.ts';
import { SimulatedGateway } from './gateway.ts';
import { SimulatedNetwork } from './network.ts';
import { SimulatedWorld } from './world.ts';

/**
 * All sites of a topology, simulated: the real site agents over simulated hypervisors, gateways and name servers that
 * share one world. An agent can be killed and started again; what it keeps on disk, and the world, stay.
 */
export class SimulatedSites {
  readonly world: SimulatedWorld;
  readonly network: SimulatedNetwork;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #parts = new Map<string, Lasting>();
  readonly #agents = new Map<string, SiteAgent>();
  readonly #lives = new Map<string, Life>();
  /** Told of every call of a site's agent to what it drives, before it is made. */
  onAgentCall: (site: string) => void = () => undefined;

  constructor(topology: Topology, { clock, log }: { readonly clock: Clock; readonly log: Log }) {
    this.#clock = clock;
    this.#log = log;
    this.world = new SimulatedWorld(clock, topology);
    this.network = new SimulatedNetwork(this.world);
    for (const { name, hosts, balancers } of topology.sites)
      this.#parts.set(name, {
        hosts: hosts.map((host) => host.name),
        claims: createMemoryClaims(),
        gateway: new SimulatedGateway(this.world, this.network, name),
        dns: new SimulatedDns(this.world, this.network, name),
        balancers: balancers.map((balancer) =>
          createFakeBalancer(balancer.name, poolsOf(topology, balancer.pools)),
        ),
      });
  }

  async start(): Promise<void> {
    for (const name of this.#parts.keys()) await this.startAgent(name);
  }

  /** The agents that are up, by site. */
  get agents(): ReadonlyMap<string, Site> {
    return this.#agents;
  }

  lifeOf(site: string): Life | undefined {
    return this.#lives.get(site);
  }

  /** As after `kill -9`: nothing it has in memory survives, and nothing it had begun goes on in it. */
  killAgent(site: string): void {
    this.#lives.get(site)?.kill();
    void this.#agents.get(site)?.close();
    this.#agents.delete(site);
    this.#lives.delete(site);
  }

  async startAgent(site: string): Promise<void> {
    const lasting = this.#parts.get(site);
    if (lasting === undefined || this.#agents.has(site)) return;
    const life = new Life(() => this.onAgentCall(site));
    const agent = new SiteAgent({
      name: site,
      hypervisors: lasting.hosts.map((host) =>
        mortal(new SimulatedHypervisor(this.world, { site, host }), life),
      ),
      gateway: mortal(lasting.gateway, life),
      dns: mortal(lasting.dns, life),
      balancers: lasting.balancers.map((balancer) => mortal(balancer, life)),
      claims: await ClaimBook.open(site, mortal(lasting.claims, life)),
      clock: mortal(this.#clock, life),
      log: this.#log,
      stall: { stallSeconds: 8, setupStallSeconds: 30 },
    });
    await agent.start(new AbortController().signal);
    this.#agents.set(site, agent);
    this.#lives.set(site, life);
  }

  /** What a client that asks now is told, at every site's name servers. */
  lookUp(name: string): readonly string[] {
    return [...this.#parts.values()].flatMap(({ dns }) => dns.lookUp(name) ?? []);
  }

  ttlSeconds(name: string): readonly number[] {
    return [...this.#parts.values()].flatMap(({ dns }) => dns.ttlSeconds(name) ?? []);
  }

  gateway(site: string): SimulatedGateway | undefined {
    return this.#parts.get(site)?.gateway;
  }

  balancerText(site: string): string {
    return this.#parts.get(site)?.balancers.map(String).join('\n') ?? '';
  }

  /** Who answers the workload's name for a client at `site`. */
  reach(site: string, name: string): Copy | null {
    const [address] = this.lookUp(name);
    return address === undefined ? null : this.network.reach(site, address);
  }
}

interface Lasting {
  readonly hosts: readonly string[];
  readonly claims: ClaimStorage;
  readonly gateway: SimulatedGateway;
  readonly dns: SimulatedDns;
  readonly balancers: readonly ReturnType<typeof createFakeBalancer>[];
}

/** Each pool has, to begin with, the workloads that say they are in it. */
function poolsOf(
  { workloads }: Topology,
  pools: readonly string[],
): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(
    pools.map((pool) => [
      pool,
      workloads
        .filter(({ clone }) => clone?.pool === pool)
        .flatMap(({ addresses }) => addresses.map(({ address }) => address)),
    ]),
  );
}
