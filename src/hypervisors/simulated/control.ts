import { LonghaulError } from '../../../topology/errors.ts';
import type { Clock } from '../../../topology/world.ts';
import { noLongerNeeded } from '../../world/deadline.ts';
import type { BalancerPort, DnsPort, GuestPort, RelocationPort, Site } from '../../site/site.ts';
import { CallNotDelivered } from '../../site/unreachable.ts';
import type { Life } from './mortal.ts';
import type { SimulatedSites } from './sites.ts';

/** One call of a worker to an agent. */
export interface SiteCall {
  readonly site: string;
  /** 'guests.resume', 'describe', … */
  readonly name: string;
  /** Of this worker, from 1. */
  readonly number: number;
}

/** What the network does to a call: its answer never comes, it arrives twice, or only after so many seconds. */
export type CallFate =
  | { readonly kind: 'answer-lost' | 'doubled' }
  | { readonly kind: 'late'; readonly seconds: number };

/**
 * Told when a call is about to reach its agent, and when its effect is there but not yet its answer. Before, it may say
 * what becomes of it.
 */
export type CallListener = (call: SiteCall, point: 'before' | 'after') => CallFate | undefined;

/**
 * How one worker reaches the agents: over the same WAN as everything else unless it stands at the site. A cut link
 * swallows calls and answers; a dead agent refuses the connection, and resets it when it dies under a call.
 */
export class ControlPlane {
  readonly #sites: SimulatedSites;
  readonly #clock: Clock;
  readonly #workerSite: string | null;
  readonly #life: Life;
  readonly #listener: CallListener;
  #calls = 0;

  constructor(
    sites: SimulatedSites,
    {
      clock,
      workerSite,
      life,
      listener,
    }: {
      readonly clock: Clock;
      /** Null: on a network of its own that always works. */
      readonly workerSite: string | null;
      /** The worker's own. */
      readonly life: Life;
      readonly listener?: CallListener;
    },
  ) {
    this.#life = life;
    this.#sites = sites;
    this.#clock = clock;
    this.#workerSite = workerSite;
    this.#listener = listener ?? (() => undefined);
  }

  /** Every site of the topology, as this worker reaches it. */
  get agents(): ReadonlyMap<string, Site> {
    const names = this.#sites.world.topology.sites.map(({ name }) => name);
    return new Map(names.map((name) => [name, this.#site(name)]));
  }

  #site(name: string): Site {
    const balancers = this.#sites.world.topology.sites.find((site) => site.name === name)?.balancers ?? [];
    return {
      name,
      describe: (...args) => this.#call(name, { name: 'describe' }, args),
      acknowledge: (...args) => this.#call(name, { name: 'acknowledge' }, args),
      guests: this.#port(name, 'guests') as GuestPort,
      guestsOn: (host) => this.#port(name, 'guests', host) as GuestPort,
      relocations: this.#port(name, 'relocations') as RelocationPort,
      dns: this.#port(name, 'dns') as DnsPort,
      balancers: balancers.length === 0 ? null : (this.#port(name, 'balancers') as BalancerPort),
    };
  }

  #port(site: string, port: string, host?: string): object {
    return new Proxy(
      {},
      {
        get:
          (_, method) =>
          (...args: readonly unknown[]) =>
            this.#call(site, { name: `${port}.${String(method)}`, host }, args),
      },
    );
  }

  async #call<T>(site: string, asked: Asked, args: readonly unknown[]): Promise<T> {
    const call = { site, ...asked, number: ++this.#calls };
    const signal = args.at(-1) as AbortSignal;
    signal.throwIfAborted();
    try {
      return await unlessAborted(this.#carry<T>(call, args), signal);
    } finally {
      await this.#life.go();
    }
  }

  async #carry<T>(call: SiteCall & Asked, args: readonly unknown[]): Promise<T> {
    await this.#cross(call.site);
    const fate = this.#listener(call, 'before');
    await this.#life.go();
    if (fate?.kind === 'late') await this.#clock.sleep(fate.seconds);
    const agent = this.#sites.agents.get(call.site);
    const life = this.#sites.lifeOf(call.site);
    if (agent === undefined || life === undefined)
      throw new CallNotDelivered(call.site, 'connection refused');
    const reset = life.ended.then(() => {
      throw new LonghaulError('LH_AGENT_UNREACHABLE', [call.site, 'connection reset']);
    });
    const served = asServed(args);
    if (fate?.kind === 'doubled') ask(agent, call, served).catch(() => undefined);
    const answer = (await Promise.race([ask(agent, call, served), reset])) as T;
    this.#listener(call, 'after');
    if (fate?.kind === 'answer-lost') await new Promise(() => undefined);
    if (life.isDead) throw new LonghaulError('LH_AGENT_UNREACHABLE', [call.site, 'connection reset']);
    await this.#cross(call.site);
    return answer;
  }

  /** One way over the WAN; never, while the link is cut. */
  async #cross(site: string): Promise<void> {
    if (this.#workerSite === null || this.#workerSite === site) return;
    const link = this.#sites.world.linkBetween(this.#workerSite, site);
    if (link === null) return;
    await this.#clock.sleep(link.rttSeconds / 2);
    if (link.isCut) await new Promise(() => undefined);
  }
}

interface Asked {
  readonly name: string;
  /** Of whose guests; undefined: of the whole site. */
  readonly host?: string | undefined;
}

async function ask(agent: Site, { name, host }: Asked, args: readonly unknown[]): Promise<unknown> {
  const [port = '', method] = name.split('.');
  const whole: unknown = method === undefined ? agent : Reflect.get(agent, port);
  const owner = host === undefined ? whole : agent.guestsOn(host);
  const run: unknown = Reflect.get(owner as object, method ?? port);
  return await (Reflect.apply(run as () => Promise<unknown>, owner, args) as Promise<unknown>);
}

/** A call that changes something goes on when its caller has gone (src/site/server.ts). */
function asServed(args: readonly unknown[]): readonly unknown[] {
  const [first] = args;
  const hasClaim = typeof first === 'object' && first !== null && 'epoch' in first;
  return hasClaim ? [...args.slice(0, -1), new AbortController().signal] : args;
}

async function unlessAborted<T>(answer: Promise<T>, signal: AbortSignal): Promise<T> {
  const stop = new AbortController();
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), {
      once: true,
      signal: stop.signal,
    });
  });
  try {
    return await Promise.race([answer, aborted]);
  } finally {
    stop.abort(noLongerNeeded);
  }
}
