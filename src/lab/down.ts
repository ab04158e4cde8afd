import { readdir, readFile } from 'node:fs/promises';
import { endProcesses, identify, isRunning, type ProcessIdentity } from '../world/processes.ts';
import { deleteNamespace, listNamespaces, ownerOf } from './kernel.ts';
import { environmentMark, processEndSeconds } from './limits.ts';
import { type LabState, readState, removeState } from './state.ts';
import type { LabWorld } from './world.ts';

/**
 * `longhaul lab down`: ends what the lab started and removes what it made, also what a killed `up` left unrecorded:
 * processes that carry the lab's id in their environment, namespaces that carry it on their loopback device.
 */
export interface DownReport {
  readonly processes: number;
  readonly namespaces: readonly string[];
  /** Namespaces of the lab's names that are not the lab's: left alone. */
  readonly leftAlone: readonly string[];
}

export async function takeDown(world: LabWorld, prefix: string): Promise<DownReport> {
  const state = await readState(world.directories.runtime);
  const owned = await ownedNamespaces(world, prefix, state);
  const ids = new Set([...owned.ids, ...(state === null ? [] : [state.id])]);
  const processes = await labProcesses(state, ids);
  await endProcesses(processes, { clock: world.clock, graceSeconds: processEndSeconds });
  for (const name of owned.names) await deleteNamespace(world.run, name);
  await removeState(world.directories.runtime);
  return { processes: processes.length, namespaces: owned.names, leftAlone: owned.leftAlone };
}

interface Owned {
  readonly names: readonly string[];
  readonly ids: readonly string[];
  readonly leftAlone: readonly string[];
}

async function ownedNamespaces(world: LabWorld, prefix: string, state: LabState | null): Promise<Owned> {
  const candidates = (await listNamespaces()).filter(
    (name) => name.startsWith(prefix) || state?.namespaces.includes(name) === true,
  );
  const owners = await Promise.all(
    candidates.map(async (name) => ({ name, owner: await ownerOf(world.run, name) })),
  );
  const isOurs = ({ name, owner }: { readonly name: string; readonly owner: string }): boolean =>
    owner === 'bare' ? state?.namespaces.includes(name) === true : owner !== 'foreign';
  const ours = owners.filter(isOurs);
  return {
    names: ours.map(({ name }) => name),
    ids: ours.map(({ owner }) => owner).filter((owner) => owner !== 'bare'),
    leftAlone: owners.filter((one) => !isOurs(one)).map(({ name }) => name),
  };
}

async function labProcesses(
  state: LabState | null,
  ids: ReadonlySet<string>,
): Promise<readonly ProcessIdentity[]> {
  const found = new Map<number, ProcessIdentity>();
  for (const process of state?.processes ?? []) if (await isRunning(process)) found.set(process.pid, process);
  for (const entry of await readdir('/proc')) {
    const pid = Number(entry);
    if (!Number.isInteger(pid) || !(await carriesMark(pid, ids))) continue;
    const identity = await identify(pid);
    if (identity !== null) found.set(pid, identity);
  }
  return [...found.values()];
}

async function carriesMark(pid: number, ids: ReadonlySet<string>): Promise<boolean> {
  const environment = await readFile(`/proc/${pid}/environ`, 'latin1').catch(() => '');
  const mark = environment.split('\0').find((entry) => entry.startsWith(`${environmentMark}=`));
  return mark !== undefined && ids.has(mark.slice(environmentMark.length + 1));
}
