import { isRunning } from '../world/processes.ts';
import { sitesOfGuest } from './agents.ts';
import { listNamespaces, ownerOf } from './kernel.ts';
import type { SiteName } from './layout.ts';
import type { LinkShape } from './profiles.ts';
import { connectRelay, type RelayStats } from './relay.ts';
import { type LabState, readState } from './state.ts';
import type { LabWorld } from './world.ts';

/** `longhaul lab status`: what stands, looked at now, beside what was recorded. */
export interface LabStatus {
  readonly prefix: string;
  readonly phase: LabState['phase'];
  readonly profile: string;
  readonly shape: LinkShape;
  readonly namespaces: readonly { readonly name: string; readonly stands: boolean }[];
  readonly processes: readonly { readonly name: string; readonly pid: number; readonly running: boolean }[];
  /** With the sites that have a process of it. */
  readonly guests: readonly {
    readonly name: string;
    readonly address: string;
    readonly sites: readonly SiteName[];
  }[];
  /** Null when the relay does not answer. */
  readonly relay: RelayStats | null;
  readonly runtimeDirectory: string;
  /** Everything recorded stands and answers. */
  readonly whole: boolean;
}

/** Null when no lab of that prefix stands. */
export async function examineLab(world: LabWorld): Promise<LabStatus | null> {
  const state = await readState(world.directories.runtime);
  if (state === null) return null;
  const existing = await listNamespaces();
  const namespaces = await Promise.all(
    state.namespaces.map(async (name) => ({
      name,
      stands: existing.includes(name) && (await ownerOf(world.run, name)) === state.id,
    })),
  );
  const processes = await Promise.all(
    state.processes.map(async (process) => ({
      name: process.name,
      pid: process.pid,
      running: await isRunning(process),
    })),
  );
  const guests = await Promise.all(
    state.guests.map(async ({ name, address }) => ({
      name,
      address,
      sites: await sitesOfGuest(world.directories.runtime, { name }),
    })),
  );
  const relay = await connectRelay(world.directories.runtime)
    .stats()
    .catch(() => null);
  return {
    prefix: state.prefix,
    phase: state.phase,
    profile: state.profile,
    shape: state.shape,
    namespaces,
    processes,
    guests,
    relay,
    runtimeDirectory: world.directories.runtime,
    whole:
      state.phase === 'up' &&
      relay !== null &&
      namespaces.every(({ stands }) => stands) &&
      processes.every(({ running }) => running) &&
      guests.every(({ sites }) => sites.length > 0),
  };
}
