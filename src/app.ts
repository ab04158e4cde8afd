import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { sortedJson } from '../planners/plan/hash.ts';
import type { Plan } from '../planners/plan/plan.ts';
import type { AgentEndpoint, Site as SiteModel } from '../topology/resolve/topology.ts';
import { LonghaulError } from '../topology/errors.ts';
import type { Clock, Log } from '../topology/world.ts';
import type { Config } from './config/config.ts';
import { unreadableBecause } from './config/input-files.ts';
import { resolveSecret } from './config/secret.ts';
import { openSimulation, type Simulation } from './hypervisors/simulated/remembered.ts';
import * as moveLimits from './moves/limits.ts';
import { checkPlan } from './runs/check-world.ts';
import { createJobHandler } from './runs/job-handler.ts';
import { createLocalService } from './runs/local.ts';
import type { RunParts } from './runs/parts.ts';
import { isOver } from './runs/run-state.ts';
import type { RunService } from './runs/service.ts';
import { refuseStateLeftBehind, type StatePlace } from './runs/state-place.ts';
import type { Store } from './runs/store/open.ts';
import { type ClientTls, createSiteClient, type SiteClient } from './site/client.ts';
import type { Site } from './site/site.ts';
import { addressesOfHost, ownAddresses } from './world/addresses.ts';
import { aroundCalls } from './world/around-calls.ts';

/**
 * The wiring of a process that has a state open: the only place where drivers are made.
 *
 *   cli, api, web ──▶ RunService ──▶ Records ◀── conductor and move jobs ──▶ Site ──HTTP──▶ a site's agent
 *                         │             ▲             ▲                       └─ or, where all of the site's hosts
 *                         ▼             │             │                          are simulated, sites in this process
 *                      Dispatch ────────┴── store ────┘
 */
export interface App {
  readonly service: RunService;
  /** Begins to take jobs. */
  work(): Promise<void>;
  /** Takes up every run that was interrupted; answers their ids. */
  recover(): Promise<readonly string[]>;
  /** What the simulated sites of a plan say went wrong that never may; empty, also where none are simulated. */
  violations(plan: Plan): Promise<readonly string[]>;
  /** The sites of a plan, as a worker reaches them. */
  sites(plan: Plan): Promise<ReadonlyMap<string, Site>>;
  close(): Promise<void>;
}

export interface AppParts {
  readonly store: Store;
  readonly config: Pick<Config, 'concurrency' | 'limits' | 'speed' | 'state'>;
  /** `shared`: other processes work on this state, so no site can be simulated in this one. */
  readonly simulation: { readonly directory: string } | 'forgotten' | 'shared';
  readonly clock: Clock;
  readonly log: Log;
}

export function createApp(parts: AppParts): App {
  const { store, config, clock } = parts;
  const worlds = new Worlds(parts);
  const service = createLocalService({
    records: store.records,
    dispatch: store.dispatch,
    clock,
    clockOf: async (plan) => (await worlds.of(plan)).run.clock,
    check: async (plan) => {
      refuseStateLeftBehind(plan, await placeOf(config.state));
      const { run } = await worlds.of(plan);
      await checkPlan(run, { plan, run: '' }, new AbortController().signal);
    },
  });
  return {
    service,
    work: async () =>
      await store.dispatch.work(
        async (job, signal, delivery) => {
          const { run } = await worlds.of(await service.plan(job.run));
          await createJobHandler(run)(job, signal, delivery);
        },
        { concurrency: config.concurrency },
      ),
    recover: async () => {
      const open = (await service.runs()).filter(({ state }) => !isOver(state));
      for (const { id } of open) await service.resume(id);
      return open.map(({ id }) => id);
    },
    violations: async (plan) => (await worlds.of(plan)).simulation?.violations() ?? [],
    sites: async (plan) => (await worlds.of(plan)).run.sitesOf(plan.topology),
    close: async () => {
      await store.dispatch.close();
      await worlds.close();
      await store.close();
    },
  };
}

async function placeOf(state: Config['state']): Promise<StatePlace> {
  if (state.kind === 'directory') return { name: state.path, addresses: ownAddresses() };
  const { hostname } = new URL(state.url.reveal());
  const addresses = hostname === '' ? ownAddresses() : await addressesOfHost(hostname); // '': a unix socket
  return { name: state.name, addresses };
}

/** What a run works with: the sites its topology names, and the clock they go by. */
interface World {
  readonly run: RunParts;
  readonly simulation: Simulation | null;
  readonly clients: readonly SiteClient[];
}

/** One World a topology, made when it is first asked for. */
class Worlds {
  readonly #parts: AppParts;
  readonly #worlds = new Map<string, Promise<World>>();

  constructor(parts: AppParts) {
    this.#parts = parts;
  }

  async of(plan: Plan): Promise<World> {
    const hash = createHash('sha256').update(sortedJson(plan.topology)).digest('hex');
    const known = this.#worlds.get(hash);
    if (known !== undefined) return await known;
    const made = this.#make(plan, hash);
    this.#worlds.set(hash, made);
    made.catch(() => this.#worlds.delete(hash));
    return await made;
  }

  async close(): Promise<void> {
    for (const world of await Promise.all(this.#worlds.values())) {
      world.simulation?.close();
      for (const client of world.clients) await client.close();
    }
  }

  async #make(plan: Plan, hash: string): Promise<World> {
    const { store, config, clock, log } = this.#parts;
    const { topology } = plan;
    const clients = topology.sites.flatMap((site) => {
      const client = clientOf(site);
      return client === null ? [] : [client];
    });
    const reached = new Map<string, Site>(clients.map((client) => [client.name, client]));
    const simulation = topology.sites.some(isSimulated) ? await this.#simulate(plan, hash) : null;
    for (const site of topology.sites.filter(isSimulated)) {
      const simulated = simulation?.sites.get(site.name);
      if (simulated !== undefined) reached.set(site.name, simulated);
    }
    const common = { sitesOf: () => reached, log };
    if (simulation === null)
      return { run: { ...common, ...store, clock, limits: moveLimits[config.limits] }, simulation, clients };
    const hold = (call: () => Promise<unknown>): Promise<unknown> => simulation.clock.holdDuring(call);
    const records = aroundCalls(store.records, hold);
    const dispatch = aroundCalls(store.dispatch, hold);
    return {
      run: { ...common, records, dispatch, clock: simulation.clock, limits: moveLimits.simulated },
      simulation,
      clients,
    };
  }

  async #simulate({ name, topology, hash: planHash }: Plan, hash: string): Promise<Simulation> {
    const { store, config, clock, log, simulation } = this.#parts;
    if (simulation === 'shared') throw new LonghaulError('LH_SIMULATION_UNSHARED', [name]);
    const runs = (await store.records.runs()).filter(({ plan }) => plan === planHash);
    const journals = await Promise.all(runs.map(({ id }) => store.records.journal(id)));
    return await openSimulation({
      topology,
      file: simulation === 'forgotten' ? null : path.join(simulation.directory, `${hash.slice(0, 16)}.jsonl`),
      notBeforeSeconds: Math.max(0, ...journals.map((journal) => journal.at(-1)?.atSeconds ?? 0)),
      speed: config.speed,
      clock,
      log,
    });
  }
}

/** Exists only in this program: no agent, and nothing but simulated hosts. */
export function isSimulated({ agent, hosts }: SiteModel): boolean {
  return agent === null && hosts.every(({ hypervisor }) => hypervisor === 'simulated');
}

/** Null where the site has no agent. */
export function clientOf({ name, agent, balancers }: SiteModel): SiteClient | null {
  if (agent === null) return null;
  return createSiteClient({
    site: name,
    url: agent.url,
    token: resolveSecret(agent.token).reveal(),
    tls: clientTlsOf(agent),
    balancers: balancers.length > 0,
    connectSeconds: agentConnectSeconds,
  });
}

/** Several round trips over the longest WAN, and less than what a step waits for an answer. */
const agentConnectSeconds = 5;

function clientTlsOf({ certificateAuthority, client }: AgentEndpoint): ClientTls | null {
  if (certificateAuthority === null && client === null) return null;
  return {
    authority: certificateAuthority === null ? null : readPem(certificateAuthority),
    client: client === null ? null : { certificate: readPem(client.certificate), key: readPem(client.key) },
  };
}

function readPem(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new LonghaulError('LH_INPUT_UNREADABLE', [file, unreadableBecause(cause)], { cause });
  }
}
