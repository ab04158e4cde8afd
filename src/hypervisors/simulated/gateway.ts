import assert from 'node:assert/strict';
import type { GatewayFacts, Relocation, RelocationStatus, Session } from '../../../gateway/relocation.ts';
import type { Held, NetworkGateway, SimulatedNetwork } from './network.ts';
import type { SimulatedWorld } from './world.ts';

type Carries = RelocationStatus['carries'];

/**
 * The gateway of one simulated site: relocations as desired state, and for each where it sends the old address now.
 * That changes only by what an agent does: a put, or word of a guest that began or ceased to run here.
 */
export class SimulatedGateway implements NetworkGateway {
  readonly site: string;
  readonly #world: SimulatedWorld;
  readonly #network: SimulatedNetwork;
  readonly #relocations = new Map<string, Held>();

  constructor(world: SimulatedWorld, network: SimulatedNetwork, site: string) {
    this.#world = world;
    this.#network = network;
    this.site = site;
    network.join(this);
  }

  facts(): GatewayFacts {
    const index = this.#world.topology.sites.findIndex(({ name }) => name === this.site);
    const networks = this.#world.topology.sites[index]?.networks ?? [];
    return {
      tunnelAddress: `198.51.100.${index + 1}`,
      networks: networks.map(({ name }, position) => ({
        name,
        defaultGatewayMac: `00:00:5e:00:${hex(index)}:${hex(position)}`,
      })),
    };
  }

  async put(desired: Relocation): Promise<RelocationStatus> {
    const held = this.#relocations.get(desired.id);
    const switchedAtSeconds = held?.switchedAtSeconds ?? null;
    if (desired.phase === 'settled' && held?.desired.phase !== 'settled') this.#network.settled(desired);
    const next: Held = { desired, carries: held?.carries ?? 'nothing', switchedAtSeconds };
    this.#converge(next);
    if (desired.phase === 'absent') this.#relocations.delete(desired.id);
    else this.#relocations.set(desired.id, next);
    return this.#statusOf(next);
  }

  async get(id: string): Promise<RelocationStatus | null> {
    const held = this.#relocations.get(id);
    return held === undefined ? null : this.#statusOf(held);
  }

  async list(): Promise<readonly RelocationStatus[]> {
    return [...this.#relocations.values()].map((held) => this.#statusOf(held));
  }

  held(workload: string): readonly Relocation[] {
    const all = [...this.#relocations.values()].map(({ desired }) => ({ ...desired, sessions: [] }));
    return all.filter((relocation) => relocation.workload === workload);
  }

  async probe(network: string, address: string): Promise<{ readonly heldBy: string | null }> {
    assert(
      this.#world.topology.sites
        .find(({ name }) => name === this.site)
        ?.networks.some(({ name }) => name === network) === true,
      `no network ${network} at ${this.site}`,
    );
    return { heldBy: this.#network.holder(this.site, address) };
  }

  async sessions(address: string): Promise<readonly Session[]> {
    return this.#network.sessions(address);
  }

  async answers(address: string): Promise<boolean | null> {
    return this.#network.reach(this.site, address) !== null;
  }

  async follow(workload: string): Promise<void> {
    for (const held of this.#relocations.values())
      if (held.desired.workload === workload) this.#converge(held);
  }

  /** For the network: where each address goes from here. */
  placements(): readonly Held[] {
    return [...this.#relocations.values()];
  }

  #converge(held: Held): void {
    const { desired } = held;
    const runsHere = this.#world.copy(this.site, desired.workload)?.state === 'running';
    held.carries = carriesOf(desired, runsHere);
    const isSwitched = held.carries === (desired.role === 'source' ? 'tunnel' : 'local');
    if (isSwitched) held.switchedAtSeconds ??= this.#world.clock.nowSeconds();
  }

  #statusOf({ desired, carries, switchedAtSeconds }: Held): RelocationStatus {
    const { oldAddress } = desired.guest;
    return {
      id: desired.id,
      role: desired.role,
      desired: desired.phase,
      converged: true,
      differences: [],
      carries,
      sessions:
        desired.phase === 'absent' || desired.phase === 'settled' ? [] : this.#network.sessions(oldAddress),
      lastNewSessionSeconds: this.#network.lastNewSessionSeconds(oldAddress),
      switchedAtSeconds,
    };
  }
}

function carriesOf({ role, phase }: Relocation, runsHere: boolean): Carries {
  switch (phase) {
    case 'absent':
      return 'nothing';
    case 'settled':
      return role === 'target' && runsHere ? 'local' : 'nothing';
    case 'prepared':
      return role === 'source' || runsHere ? 'local' : 'nothing';
    case 'following':
      if (runsHere) return 'local';
      return role === 'source' ? 'tunnel' : 'parked';
    case 'returning':
    case 'returned':
      return runsHere ? 'local' : 'tunnel';
    case 'switched':
      if (role === 'source') return 'tunnel';
      return runsHere ? 'local' : 'parked';
  }
}

const hex = (value: number): string => value.toString(16).padStart(2, '0');
