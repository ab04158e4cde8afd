import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rename } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { LonghaulError } from '../../topology/errors.ts';
import { formatBitsPerSecond, formatSeconds } from '../../topology/units.ts';
import { isRunning } from '../world/processes.ts';
import { writeDocuments } from './documents.ts';
import { takeDown } from './down.ts';
import {
  agentCommand,
  agentName,
  awaitAgent,
  consoleFile,
  raiseGuest,
  writeAgentFile,
  writeDefinitions,
} from './agents.ts';
import { exists } from './compile.ts';
import { buildGuestImage, type GuestImage } from './guest/image.ts';
import { awaitGuest, type GuestOptions, planGuests } from './guests.ts';
import { buildNetwork, buildRoutes, createNamespace, listNamespaces, ownerOf, setSysctls } from './kernel.ts';
import { writeKeys } from './keys.ts';
import { createLayout, type Layout, siteNames } from './layout.ts';
import { agentPort, environmentMark } from './limits.ts';
import { withLock } from './lock.ts';
import { awaitNameServer, nameServerCommand, writeNameServer } from './names.ts';
import type { LinkShape } from './profiles.ts';
import { awaitRelay, relayCommand } from './relay.ts';
import { requireMachine } from './requirements.ts';
import { type LabState, readState, writeState } from './state.ts';
import type { LabWorld } from './world.ts';

/** `longhaul lab up`: makes what is missing until the whole lab stands. */
export interface LabOptions {
  readonly prefix: string;
  readonly profile: string;
  readonly shape: LinkShape;
  readonly seed: number;
  /** Of every namespace; null: the machine's. */
  readonly congestionControl: string | null;
  readonly guests: GuestOptions;
}

export async function bringUp(world: LabWorld, options: LabOptions): Promise<LabState> {
  await requireMachine(world.run);
  return await withLock(path.dirname(world.directories.runtime), options.prefix, async () => {
    const layout = createLayout(options.prefix, options.shape);
    const standing = await standingLab(world, await withCongestionControl(options), layout);
    try {
      return await new Building(world, { layout, state: standing, booted: options.guests.booted }).finish();
    } catch (cause) {
      if (standing.phase === 'up') throw cause; // a lab that stood may hold a run's guests
      world.say('taking down what was built');
      await takeDown(world, options.prefix);
      throw cause;
    }
  });
}

/** The machine's own where none is asked for; a namespace may only use one that the machine allows to everybody. */
async function withCongestionControl(options: LabOptions): Promise<LabOptions> {
  const ask = async (name: string): Promise<string> =>
    (await readFile(`/proc/sys/net/ipv4/tcp_${name}`, 'utf8')).trim();
  const wanted = options.congestionControl ?? (await ask('congestion_control'));
  const allowed = (await ask('allowed_congestion_control')).split(' ');
  if (allowed.includes(wanted)) return { ...options, congestionControl: wanted };
  const command = `sysctl net.ipv4.tcp_allowed_congestion_control="${[...allowed, wanted].join(' ')}"`;
  throw new LonghaulError('LH_OPTION_INVALID', [
    '--congestion-control',
    `this machine allows ${allowed.join(', ')} in namespaces, not '${wanted}'; allow it with: ${command}`,
  ]);
}

/** The lab to finish: a new one, or the one that stands already with the same options. */
async function standingLab(world: LabWorld, options: LabOptions, layout: Layout): Promise<LabState> {
  const { runtime } = world.directories;
  const found = await readState(runtime);
  if (found?.phase === 'up' && (await isWhole(world, found))) {
    const difference = differenceOf(found, newState(world, options, layout));
    if (difference === null) return found;
    throw new LonghaulError('LH_LAB_OTHER', [options.prefix, difference], {
      settle: `longhaul lab down --prefix ${options.prefix}`,
    });
  }
  if (found !== null) {
    world.say('taking down what an interrupted run left');
    await takeDown(world, options.prefix);
  }
  const existing = await listNamespaces();
  for (const name of layout.namespaces)
    if (existing.includes(name))
      throw new LonghaulError('LH_LAB_FOREIGN', [name], { settle: `ip netns delete ${name}` });
  const state = newState(world, options, layout);
  await mkdir(runtime, { recursive: true, mode: 0o700 });
  await writeState(runtime, state);
  return state;
}

/** All its namespaces are there and its own: else nothing in it can be trusted. */
async function isWhole(world: LabWorld, state: LabState): Promise<boolean> {
  const existing = await listNamespaces();
  for (const name of state.namespaces)
    if (!existing.includes(name) || (await ownerOf(world.run, name)) !== state.id) return false;
  return true;
}

function newState(world: LabWorld, options: LabOptions, layout: Layout): LabState {
  return {
    format: 'longhaul-lab/1',
    id: randomBytes(6).toString('hex'),
    prefix: options.prefix,
    phase: 'building',
    profile: options.profile,
    shape: options.shape,
    seed: options.seed,
    congestionControl: options.congestionControl ?? '',
    startedAtSeconds: world.clock.nowSeconds(),
    namespaces: [...layout.namespaces],
    processes: [],
    guests: [...planGuests(layout, options.guests)],
  };
}

/** What the standing lab has and the wanted one would not have; null when they are the same. */
function differenceOf(standing: LabState, wanted: LabState): string | null {
  const facts = (state: LabState): readonly string[] => [
    `profile ${state.profile} (${formatSeconds(state.shape.rttSeconds)}, ${formatBitsPerSecond(state.shape.rateBitsPerSecond)}, loss ${state.shape.loss})`,
    `seed ${state.seed}`,
    `${state.guests.length} guests`,
    `congestion control '${state.congestionControl}'`,
    `guests set to ${JSON.stringify(state.guests.map(({ memoryBytes, options }) => ({ memoryBytes, ...options })))}`,
  ];
  const wantedFacts = facts(wanted);
  return facts(standing).find((fact, index) => fact !== wantedFacts[index]) ?? null;
}

/** Builds from the state on; each part looks whether it stands before it makes it. */
class Building {
  readonly #world: LabWorld;
  readonly #layout: Layout;
  readonly #booted: number | undefined;
  #state: LabState;

  constructor(
    world: LabWorld,
    {
      layout,
      state,
      booted,
    }: { readonly layout: Layout; readonly state: LabState; readonly booted: number | undefined },
  ) {
    this.#world = world;
    this.#layout = layout;
    this.#booted = booted;
    this.#state = state;
  }

  async finish(): Promise<LabState> {
    const { say } = this.#world;
    say('compiling relay and guest');
    const image = await buildGuestImage(this.#world);
    const relayArguments = await relayCommand(this.#world, this.#layout.circuits, this.#state.seed);
    this.#world.signal.throwIfAborted();
    if (this.#state.phase === 'building') await this.#buildNamespaces();
    await writeKeys(this.#world, this.#layout);
    say('starting the WAN relay and the name servers');
    await this.#ensure('relay', relayArguments);
    const relay = await awaitRelay(this.#world);
    await buildRoutes(this.#world.run, this.#layout);
    await this.#startNameServers();
    await relay.addControlPort(agentPort);
    say('starting the site agents');
    await this.#startAgents(image);
    if (this.#state.phase === 'building') await this.#awaitGuests();
    await writeDocuments(this.#world.directories.runtime, this.#layout, this.#state);
    await this.#save({ phase: 'up' });
    return this.#state;
  }

  async #buildNamespaces(): Promise<void> {
    const { run, say, signal } = this.#world;
    say(`making ${this.#layout.namespaces.length} namespaces`);
    for (const namespace of this.#layout.namespaces) {
      signal.throwIfAborted();
      await createNamespace(run, namespace, this.#state.id);
    }
    await buildNetwork(run, this.#layout);
    const values = { 'net.ipv4.tcp_congestion_control': this.#state.congestionControl };
    for (const namespace of this.#layout.namespaces) await setSysctls(run, namespace, values);
  }

  async #startNameServers(): Promise<void> {
    for (const site of siteNames) {
      await writeNameServer(this.#world, this.#layout, { site, guests: this.#state.guests });
      await this.#ensure(`named-${site}`, nameServerCommand(this.#world, this.#layout, site));
    }
    await Promise.all(siteNames.map(async (site) => await awaitNameServer(this.#world, site)));
  }

  async #startAgents(image: GuestImage): Promise<void> {
    const { runtime } = this.#world.directories;
    if (this.#state.phase === 'building') await writeDefinitions(runtime, this.#bootedGuests(), image);
    for (const site of siteNames) {
      await writeAgentFile(runtime, this.#layout, {
        site,
        image,
        guestsAreRealTime: this.#guestsAreRealTime,
      });
      await this.#ensure(agentName(site), agentCommand(this.#world, this.#layout, site));
    }
    for (const site of siteNames) await awaitAgent(this.#world, site);
  }

  async #awaitGuests(): Promise<void> {
    const { runtime } = this.#world.directories;
    const guests = this.#bootedGuests();
    this.#world.say(`waiting for ${guests.length} guests at site a`);
    for (const guest of guests) await awaitGuest(this.#world, guest, consoleFile(runtime, 'a', guest));
    if (this.#guestsAreRealTime) for (const guest of guests) await raiseGuest(this.#world, guest);
  }

  /** More of them than cores, and nothing else would run. */
  get #guestsAreRealTime(): boolean {
    return this.#world.goesFirst && this.#state.guests.length <= availableParallelism();
  }

  #bootedGuests(): LabState['guests'] {
    return this.#state.guests.slice(0, this.#booted);
  }

  /** Starts the process unless it runs; its log is NAME.log, that of the one before NAME.log.before. */
  async #ensure(name: string, argv: readonly string[]): Promise<void> {
    this.#world.signal.throwIfAborted();
    const known = this.#state.processes.find((process) => process.name === name);
    if (known !== undefined && (await isRunning(known))) return;
    const logFile = path.join(this.#world.directories.runtime, `${name}.log`);
    if (await exists(logFile)) await rename(logFile, `${logFile}.before`);
    const identity = await this.#world.start(argv, {
      logFile,
      environment: { [environmentMark]: this.#state.id },
    });
    const others = this.#state.processes.filter((process) => process.name !== name);
    await this.#save({ processes: [...others, { name, ...identity }] });
  }

  async #save(change: Partial<LabState>): Promise<void> {
    this.#state = { ...this.#state, ...change };
    await writeState(this.#world.directories.runtime, this.#state);
  }
}
