import { readFile } from 'node:fs/promises';
import { guestFilesAt } from '../agents.ts';
import type { SiteName } from '../layout.ts';
import { connectRelay } from '../relay.ts';
import { sendSignal } from '../../world/processes.ts';
import { readState } from '../state.ts';
import type { LabGuest } from '../state.ts';
import type { LabWorld } from '../world.ts';
import { LonghaulError } from '../../../topology/errors.ts';

/** What breaks in the middle of a move, and what puts it right again afterwards (null: nothing has to). */
export interface CrashCase {
  readonly name: string;
  /** The worker's progress line after which it breaks, seen `delaySeconds` ago. */
  readonly moment: RegExp;
  readonly delaySeconds: number;
  readonly strike: (scene: Scene) => Promise<void>;
  readonly repair: 'worker' | 'agents' | 'link' | null;
}

export interface Scene {
  readonly world: LabWorld;
  readonly guest: LabGuest;
  readonly killWorker: () => void;
}

const transfer = /\btransfer$|pass 1/m;
const target = /prepare (target|relocation)/;
const landing = /resume target|gather evidence|switch relocation/;

export const crashCases: readonly CrashCase[] = [
  during('worker killed', 'transfer', { repair: 'worker', strike: async ({ killWorker }) => killWorker() }),
  during('agent of site a killed', 'transfer', { repair: 'agents', strike: killAgent('a') }),
  during('agent of site b killed', 'transfer', { repair: 'agents', strike: killAgent('b') }),
  during('target QEMU killed', 'transfer', { repair: null, strike: killTarget }),
  during('data path cut', 'transfer', { repair: 'link', strike: cut('data') }),
  during('data and control cut', 'transfer', { repair: 'link', strike: cut('all') }),
  during('worker killed', 'preparation', {
    repair: 'worker',
    strike: async ({ killWorker }) => killWorker(),
  }),
  during('agent of site b killed', 'preparation', { repair: 'agents', strike: killAgent('b') }),
  during('worker killed', 'landing', { repair: 'worker', strike: async ({ killWorker }) => killWorker() }),
  during('agent of site a killed', 'landing', { repair: 'agents', strike: killAgent('a') }),
  during('agent of site b killed', 'landing', { repair: 'agents', strike: killAgent('b') }),
  during('data and control cut', 'landing', { repair: 'link', strike: cut('all') }),
];

/** The six that every change must pass. */
export const essentialCases = crashCases.slice(0, 6);

function during(
  what: string,
  phase: 'preparation' | 'transfer' | 'landing',
  { strike, repair }: Pick<CrashCase, 'strike' | 'repair'>,
): CrashCase {
  const moment = { preparation: target, transfer, landing }[phase];
  return {
    name: `${what} during ${phase}`,
    moment,
    delaySeconds: phase === 'transfer' ? 1 : 0,
    strike,
    repair,
  };
}

function killAgent(site: SiteName): CrashCase['strike'] {
  return async ({ world }) => {
    const state = await readState(world.directories.runtime);
    const agent = state?.processes.find(({ name }) => name === `agent-${site}`);
    if (agent === undefined) throw new LonghaulError('LH_LAB_DOWN', [world.directories.runtime]);
    sendSignal(agent, 'SIGKILL');
  };
}

async function killTarget({ world, guest }: Scene): Promise<void> {
  const text = await readFile(guestFilesAt(world.directories.runtime, 'b', guest).pid, 'utf8').catch(
    () => '',
  );
  const pid = Number(text.trim());
  if (pid > 1) sendSignal({ pid, startTicks: 0 }, 'SIGKILL');
}

function cut(traffic: 'data' | 'all'): CrashCase['strike'] {
  return async ({ world }) => await connectRelay(world.directories.runtime).cut('wan', traffic);
}
