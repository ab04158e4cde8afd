import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { endProcesses, isRunning, type ProcessIdentity, sendSignal } from '../world/processes.ts';
import { compiled } from './compile.ts';
import { readIfThere } from './files.ts';
import { echoPort, pathPort, sessionPortOf } from './guests.ts';
import { inNamespace } from './kernel.ts';
import type { Layout } from './layout.ts';
import { environmentMark, newcomerMilliseconds, serverStartSecondsMax, sessionEndSeconds } from './limits.ts';
import { zone } from './names.ts';
import type { LabGuest } from './state.ts';
import { awaitResult, type LabWorld } from './world.ts';

/**
 * Clients of one guest while it moves: from outside, from its own subnet, from the new site, one that it opened itself,
 * an idle one; and newcomers, who look its name up first (src/lab/probes).
 */
export const sessionRoles = ['outside', 'neighbour', 'new-site', 'guest-opened', 'idle'] as const;
export type SessionRole = (typeof sessionRoles)[number];

const gapSchema = z.object({ atSeconds: z.number(), seconds: z.number() });
export type Gap = Readonly<z.infer<typeof gapSchema>>;

const reportSchema = z.object({
  connected: z.boolean(),
  connectSeconds: z.number(),
  startedAtSeconds: z.number(),
  endedAtSeconds: z.number(),
  /** Null for a session that was broken before the other end said what it had sent. */
  sentBytes: z.number().nullable(),
  arrivedBytes: z.number(),
  lostBytes: z.number().nullable(),
  damaged: z.boolean(),
  reset: z.boolean(),
  error: z.string().nullable(),
  idleAnswerSeconds: z.number().optional(),
  /** Of its records; absent where it sends none that are echoed. */
  roundTripSeconds: z.object({ min: z.number(), mean: z.number(), max: z.number() }).optional(),
  longestGap: gapSchema,
  /** Those of 25 ms and more, in the order in which they came. */
  gaps: z.array(gapSchema),
  gapsLeftOut: z.number(),
});
export type SessionReport = Readonly<z.infer<typeof reportSchema>> & { readonly role: SessionRole };

const arrivalSchema = z.object({
  atSeconds: z.number(),
  server: z.string(),
  address: z.string().nullable(),
  lookupSeconds: z.number(),
  connectSeconds: z.number(),
  /** Of the SYN when it reached the guest; 0 when it did not. */
  ttl: z.number(),
  error: z.string().nullable(),
});
export type Arrival = Readonly<z.infer<typeof arrivalSchema>>;

interface Probe {
  readonly role: SessionRole | 'newcomers';
  readonly logFile: string;
  readonly process: ProcessIdentity;
}

export class GuestClients {
  readonly #world: LabWorld;
  readonly #probes: readonly Probe[];

  private constructor(world: LabWorld, probes: readonly Probe[]) {
    this.#world = world;
    this.#probes = probes;
  }

  /** Resolves when every session stands. `folder` takes their output. */
  static async start(
    world: LabWorld,
    layout: Layout,
    { guest, folder, labId }: { readonly guest: LabGuest; readonly folder: string; readonly labId: string },
  ): Promise<GuestClients> {
    const probes: Probe[] = [];
    for (const { role, namespace, argv } of await probeCommands(world, layout, guest)) {
      const logFile = path.join(folder, `${guest.name}-${role}.jsonl`);
      const process = await world.start(inNamespace(namespace, argv), {
        logFile,
        environment: { [environmentMark]: labId },
      });
      probes.push({ role, logFile, process });
    }
    const clients = new GuestClients(world, probes);
    try {
      await clients.#awaitReady(guest);
    } catch (cause) {
      await clients.kill();
      throw cause;
    }
    return clients;
  }

  /** The idle session speaks again. */
  useIdle(): void {
    for (const { role, process } of this.#probes) if (role === 'idle') sendSignal(process, 'SIGUSR1');
  }

  /** Newcomers so far. */
  async arrivals(): Promise<readonly Arrival[]> {
    const logs = this.#probes.filter(({ role }) => role === 'newcomers').map(({ logFile }) => logFile);
    const lines = (await Promise.all(logs.map(jsonLines))).flat();
    return lines.map((line) => arrivalSchema.parse(line));
  }

  /** Ends the sessions in good order and answers what they saw. */
  async finish(): Promise<{
    readonly sessions: readonly SessionReport[];
    readonly arrivals: readonly Arrival[];
  }> {
    const clock = this.#world.clock;
    // The guest's session is ended by the end that listens, so that the guest can say what it had sent.
    await endProcesses(
      this.#probes.map(({ process }) => process),
      { clock, graceSeconds: sessionEndSeconds },
    );
    const sessions = [];
    for (const { role, logFile } of this.#probes)
      if (role !== 'newcomers') sessions.push({ role, ...(await readSessionReport(logFile)) });
    return { sessions, arrivals: await this.arrivals() };
  }

  async kill(): Promise<void> {
    await endProcesses(
      this.#probes.map(({ process }) => process),
      { clock: this.#world.clock, graceSeconds: 0 },
    );
  }

  async #awaitReady(guest: LabGuest): Promise<void> {
    for (const { role, logFile, process } of this.#probes) {
      if (role === 'newcomers') continue;
      const what = {
        what: `${guest.name}'s session '${role}'`,
        seconds: serverStartSecondsMax,
        hint: logFile,
      };
      await awaitResult(this.#world, what, async () => {
        const isReady = (await readIfThere(logFile))?.includes('"ready":true') === true;
        return isReady || !(await isRunning(process)) ? true : null;
      });
    }
  }
}

async function probeCommands(
  world: LabWorld,
  layout: Layout,
  guest: LabGuest,
): Promise<readonly { role: Probe['role']; namespace: string; argv: readonly string[] }[]> {
  const session = await compiled(world, 'probes', 'session.c');
  const newcomers = await compiled(world, 'probes', 'newcomers.c');
  const client = (mode: 'connect' | 'idle') => [session, mode, guest.address, String(echoPort)];
  const servers = [layout.sites.a.servicesAddress, layout.sites.b.servicesAddress];
  const arguments_ = [`${guest.name}.${zone}`, String(pathPort), String(newcomerMilliseconds), ...servers];
  const outside = layout.outside.namespace;
  return [
    { role: 'outside', namespace: outside, argv: client('connect') },
    { role: 'neighbour', namespace: layout.neighbour.namespace, argv: client('connect') },
    { role: 'new-site', namespace: layout.newSiteClient.namespace, argv: client('connect') },
    { role: 'guest-opened', namespace: outside, argv: [session, 'listen', String(sessionPortOf(guest))] },
    { role: 'idle', namespace: outside, argv: client('idle') },
    { role: 'newcomers', namespace: outside, argv: [newcomers, ...arguments_] },
  ];
}

async function jsonLines(file: string): Promise<readonly unknown[]> {
  const lines = (await readFile(file, 'utf8')).split('\n').filter((line) => /^\{.*\}$/.test(line));
  return lines.map((line) => JSON.parse(line) as unknown);
}

/** The first session's line; one that never came about is one that was not connected. */
export async function readSessionReport(logFile: string): Promise<z.infer<typeof reportSchema>> {
  const lines = await jsonLines(logFile);
  const report = lines.map((line) => reportSchema.safeParse(line)).find(({ success }) => success)?.data;
  return report ?? neverConnected;
}

const neverConnected: z.infer<typeof reportSchema> = {
  connected: false,
  connectSeconds: 0,
  startedAtSeconds: 0,
  endedAtSeconds: 0,
  sentBytes: null,
  arrivedBytes: 0,
  lostBytes: null,
  damaged: false,
  reset: false,
  error: 'it never stood',
  longestGap: { atSeconds: 0, seconds: 0 },
  gaps: [],
  gapsLeftOut: 0,
};
