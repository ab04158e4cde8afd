import { join } from 'node:path';
import { isInSubnet } from '../../topology/addresses.ts';
import { LonghaulError } from '../../topology/errors.ts';
import type { Clock, Log } from '../../topology/world.ts';
import type { GatewayConfiguration } from '../configuration.ts';
import { problemsOf, type Problem } from '../desired/problems.ts';
import type { KernelState } from '../desired/objects.ts';
import { unfitness } from '../kernel/fitness.ts';
import { foreignRoutes } from '../kernel/ip.ts';
import { newFlowAges } from '../kernel/nft.ts';
import type { KernelPort } from '../kernel/port.ts';
import { addressAnswers, probeAddress } from '../kernel/probe.ts';
import type { Difference } from '../kernel/reconcile.ts';
import { allFlows, flowsOf, sessionOf } from '../kernel/sessions.ts';
import { reconcileSeconds, switchSeconds } from '../limits.ts';
import type { GatewayFacts, Relocation, RelocationStatus, Session } from '../relocation.ts';
import { Announcer } from './announcer.ts';
import { nextRecord, placementOf, RelocationBook } from './book.ts';
import { Converger } from './converger.ts';
import { follow } from './follow.ts';
import type { GatewayAgent, GuestPresence } from './gateway-agent.ts';
import { createLock } from '../lock.ts';
import { relocationSchema, schemaProblems } from './relocation-schema.ts';
import { statusOf, type Look } from './status.ts';
import { createRelocationStore, type Record } from './store.ts';

export interface GatewayAgentOptions {
  readonly configuration: GatewayConfiguration;
  readonly kernel: KernelPort;
  /** Where the desired state lies; this agent's alone. */
  readonly directory: string;
  readonly clock: Clock;
  readonly log: Log;
}

export function createGatewayAgent(options: GatewayAgentOptions): GatewayAgent {
  return new Agent(options);
}

/**
 *              put ──▶ disk ──▶ book ──┐
 *   timer, start ──────────────────────┴─▶ converge: kernel objects, then sessions      (one at a time)
 *   follow ──▶ book ──▶ the few lines of the cut ──▶ announcement ──▶ disk              (never waits for the above)
 *
 * Both write routes and neighbours through one child of `ip`, and converging asks the book again before each chunk, so
 * it cannot undo what the fast path has just done.
 */
class Agent implements GatewayAgent {
  readonly #options: GatewayAgentOptions;
  readonly #book: RelocationBook;
  readonly #store;
  readonly #announcer: Announcer;
  readonly #converger: Converger;
  readonly #changes = createLock();
  readonly #writes = createLock();
  readonly #closing = new AbortController();
  /** What was heard last of each workload's guest. */
  readonly #presences = new Map<string, GuestPresence>();
  /** Relocations whose guest waited here when their packets were turned to it: nobody was told yet. */
  readonly #unannounced = new Set<string>();
  #followedAtSeconds = Number.NEGATIVE_INFINITY;

  constructor(options: GatewayAgentOptions) {
    const { configuration, directory, kernel, clock, log } = options;
    this.#options = options;
    this.#book = new RelocationBook(configuration);
    this.#store = createRelocationStore(join(directory, 'relocations'), configuration.site);
    this.#announcer = new Announcer({ kernel, clock, log });
    const persist = (id: string) => this.#persist(id);
    this.#converger = new Converger({ configuration, kernel, clock, log, book: this.#book, persist });
  }

  async start(signal: AbortSignal): Promise<void> {
    await this.#changes.run(async () => {
      await this.#checkMachine(signal);
      for (const record of await this.#store.load()) this.#book.set(record);
      for (const id of await this.#converger.adopt(signal)) this.#unannounced.add(id);
      await this.#converger.converge(signal);
      for (const record of this.#book.all()) await this.#reassure(record);
    });
    void this.#keepConverged();
  }

  async put(input: Relocation, signal: AbortSignal): Promise<RelocationStatus> {
    const relocation = this.#parsed(input);
    return await this.#changes.run(async () => {
      signal.throwIfAborted();
      const previous = this.#book.get(relocation.id);
      await this.#check(relocation, previous);
      const next = nextRecord(previous, relocation, this.#options.clock.nowSeconds());
      await this.#replace(previous, next);
      const { observed, difference } = await this.#converger.converge(signal);
      if (mayLeave(next)) this.#announcer.gather(this.#options.configuration, next.relocation);
      else await this.#announce(previous, next);
      const record = this.#book.get(relocation.id) ?? { ...next, areSessionsOver: false };
      return statusOf(
        this.#options.configuration,
        record,
        await this.#look([record], { observed, difference }, signal),
      );
    });
  }

  async get(id: string, signal: AbortSignal): Promise<RelocationStatus | null> {
    const record = this.#book.get(id);
    if (record === null) return null;
    const look = await this.#look([record], await this.#converger.look(signal), signal);
    return statusOf(this.#options.configuration, record, look);
  }

  async list(signal: AbortSignal): Promise<readonly RelocationStatus[]> {
    const records = this.#book.all();
    const look = await this.#look(records, await this.#converger.look(signal), signal);
    return records.map((record) => statusOf(this.#options.configuration, record, look));
  }

  held(workload: string): readonly Relocation[] {
    return this.#book
      .all()
      .map(({ relocation }) => ({ ...relocation, sessions: [] }))
      .filter((relocation) => relocation.workload === workload);
  }

  async probe(
    network: string,
    address: string,
    signal: AbortSignal,
  ): Promise<{ readonly heldBy: string | null }> {
    const { configuration, kernel } = this.#options;
    const found = configuration.networks.find(({ name }) => name === network);
    if (found === undefined) {
      const known = configuration.networks.map(({ name }) => `'${name}'`).join(', ') || 'none';
      throw new LonghaulError('LH_NETWORK_UNKNOWN', [configuration.site, network, known]);
    }
    if (address === found.defaultGateway) return { heldBy: found.defaultGatewayMac };
    return { heldBy: await probeAddress(kernel, { device: found.device, address }, { signal }) };
  }

  async sessions(address: string, signal: AbortSignal): Promise<readonly Session[]> {
    const flows = await flowsOf(this.#options.kernel, address, { signal });
    return flows.flatMap((flow) => sessionOf(flow, address) ?? []);
  }

  async answers(address: string, port: number | null, signal: AbortSignal): Promise<boolean> {
    const { kernel, configuration } = this.#options;
    // As one of this site's hosts would ask: the address of the tunnel is nobody's business.
    const source = configuration.networks.find(({ subnet }) => isInSubnet(address, subnet))?.defaultGateway;
    return await addressAnswers(kernel, { address, port, source: source ?? null }, { signal });
  }

  async follow(workload: string, guest: GuestPresence): Promise<void> {
    this.#followedAtSeconds = this.#options.clock.monotonicSeconds();
    this.#presences.set(workload, guest);
    if (guest === 'waits') await this.#announceAhead(workload);
    if (this.#presences.get(workload) !== guest) return; // it ran or stopped meanwhile, and was followed
    const announce = async (previous: Record, next: Record): Promise<void> => {
      const { id } = next.relocation;
      if (guest === 'waits') {
        this.#unannounced.add(id);
        return;
      }
      this.#unannounced.delete(id);
      await this.#announce(previous, next);
    };
    const { configuration, kernel, clock, log } = this.#options;
    const moved = await follow(
      { configuration, kernel, clock, log, book: this.#book, announce },
      { workload, guest },
    );
    if (guest === 'runs') await this.#announceWaited(workload);
    await Promise.all(moved.map((id) => this.#persist(id)));
  }

  facts(): GatewayFacts {
    const { wan, networks } = this.#options.configuration;
    return {
      tunnelAddress: wan.address,
      networks: networks.map(({ name, defaultGatewayMac }) => ({ name, defaultGatewayMac })),
    };
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#announcer.close();
    await this.#changes.run(async () => undefined);
    await this.#writes.run(async () => undefined);
    await this.#options.kernel.close();
  }

  async #checkMachine(signal: AbortSignal): Promise<void> {
    const { kernel, configuration } = this.#options;
    const problems = await unfitness(kernel, configuration, { signal });
    if (problems.length === 0) return;
    throw new LonghaulError('LH_GATEWAY_UNFIT', [configuration.site, problems.join('; ')]);
  }

  #parsed(input: Relocation): Relocation {
    const parsed = relocationSchema.safeParse(input);
    if (parsed.success) return parsed.data;
    const { site } = this.#options.configuration;
    throw new LonghaulError('LH_RELOCATION_INVALID', [site, input.id, schemaProblems(parsed.error)]);
  }

  /** Leaving is always allowed: what is wrong with a relocation must not keep it here. */
  async #check(relocation: Relocation, previous: Record | null): Promise<void> {
    if (relocation.phase === 'absent') return;
    const { configuration, kernel } = this.#options;
    const others = this.#book.all().map((record) => record.relocation);
    const foreign = previous === null ? await foreignRoutes(kernel, relocation.guest.oldAddress) : [];
    refuse(configuration.site, relocation, [
      ...problemsOf(configuration, relocation, others),
      ...foreign.map(
        (route): Problem => ({ code: 'conflict', text: `another route is there: ${route.trim()}` }),
      ),
    ]);
  }

  /** In the book first, so that a guest that stops meanwhile finds it; what cannot be written is taken back. */
  async #replace(previous: Record | null, next: Record): Promise<void> {
    const { id } = next.relocation;
    this.#book.set(next);
    try {
      await this.#persist(id);
    } catch (error) {
      if (previous === null) this.#book.delete(id);
      else this.#book.set(previous);
      throw error;
    }
    const { log } = this.#options;
    const from = previous?.relocation.phase ?? 'absent';
    log.info({ relocation: id, from, to: next.relocation.phase, role: next.relocation.role }, 'relocation');
  }

  async #persist(id: string): Promise<void> {
    await this.#writes.run(async () => {
      const record = this.#book.get(id);
      if (record === null) await this.#store.remove(id);
      else await this.#store.write(record);
    });
  }

  async #announce(previous: Record | null, next: Record): Promise<void> {
    const placement = placementOf(next);
    const wasHere = previous === null ? next.relocation.role === 'source' : placementOf(previous).guestHere;
    // After the quarantine nobody has the address: there is nothing to tell.
    if (previous?.relocation.phase === 'settled') return;
    const isUngathered = previous !== null && mayLeave(previous) && placement.guestHere;
    if (wasHere === placement.guestHere && !isUngathered) return;
    await this.#announcer.announce(this.#options.configuration, placement, this.#book.placements());
  }

  /** An agent that died may have gathered neighbours, or not told them any more that they are free again. */
  async #reassure(record: Record): Promise<void> {
    const { configuration } = this.#options;
    const { role, phase } = record.relocation;
    if (mayLeave(record)) this.#announcer.gather(configuration, record.relocation);
    else if (role === 'source' && phase === 'prepared')
      await this.#announcer.announce(configuration, placementOf(record), this.#book.placements());
  }

  async #announceWaited(workload: string): Promise<void> {
    for (const record of this.#book.all()) {
      const { id, workload: name } = record.relocation;
      if (name !== workload || !this.#unannounced.delete(id)) continue;
      const placement = placementOf(record);
      await this.#announcer.announce(this.#options.configuration, placement, this.#book.placements());
    }
  }

  async #announceAhead(workload: string): Promise<void> {
    const waiting = this.#book
      .all()
      .filter(
        ({ relocation: { role, phase, workload: name }, guestHere }) =>
          name === workload && role === 'target' && phase === 'following' && !guestHere,
      );
    for (const { relocation } of waiting)
      await this.#announcer.announceAhead(this.#options.configuration, relocation, this.#book.placements());
  }

  async #look(
    records: readonly Record[],
    seen: { readonly observed: KernelState; readonly difference: Difference },
    signal: AbortSignal,
  ): Promise<Look> {
    const { kernel, clock } = this.#options;
    const [first, second] = records;
    const flows =
      second === undefined && first !== undefined
        ? flowsOf(kernel, first.relocation.guest.oldAddress, { signal })
        : allFlows(kernel, { signal });
    const ages = await newFlowAges(kernel);
    const now = clock.nowSeconds();
    return {
      ...seen,
      flows: await flows,
      arrived: this.#book.arrived(),
      errors: this.#converger.errors,
      lastNewFlows: new Map([...ages].map(([address, age]) => [address, now - age])),
    };
  }

  /** A look is some dozen processes: not while a guest that has stopped or arrived needs the machine. */
  async #untilNoSwitch(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    for (let waited = 0; waited < reconcileSeconds; waited += switchSeconds) {
      if (clock.monotonicSeconds() - this.#followedAtSeconds >= switchSeconds) return;
      await clock.sleep(switchSeconds, signal);
    }
  }

  async #keepConverged(): Promise<void> {
    const { clock, log } = this.#options;
    const { signal } = this.#closing;
    while (!signal.aborted) {
      try {
        await clock.sleep(reconcileSeconds, signal);
        await this.#untilNoSwitch(signal);
        await this.#changes.run(() => this.#converger.converge(signal));
      } catch (error) {
        if (!signal.aborted) log.error({ error }, 'the kernel could not be converged; next attempt follows');
      }
    }
  }
}

/** The segment reaches the guest through this gateway while it may stop at any moment. */
const mayLeave = ({ relocation: { role, phase }, guestHere }: Record): boolean =>
  role === 'source' && phase === 'following' && guestHere;

const codes = {
  invalid: 'LH_RELOCATION_INVALID',
  unfit: 'LH_RELOCATION_UNFIT',
  conflict: 'LH_RELOCATION_CONFLICT',
} as const;

/** Every problem of the first kind that there is; each kind is an error of its own. */
function refuse(site: string, { id }: Relocation, problems: readonly Problem[]): void {
  for (const code of ['invalid', 'unfit', 'conflict'] as const) {
    const text = problems
      .filter((problem) => problem.code === code)
      .map((problem) => problem.text)
      .join('; ');
    if (text === '') continue;
    throw new LonghaulError(codes[code], code === 'conflict' ? [id, site, text] : [site, id, text]);
  }
}
