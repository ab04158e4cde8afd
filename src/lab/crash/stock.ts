import path from 'node:path';
import { z } from 'zod';
import { killProcess } from '../../hypervisors/qemu/process.ts';
import { endProcesses } from '../../world/processes.ts';
import { agentName, consoleFile, guestFilesAt, removeGuest, writeDefinitions } from '../agents.ts';
import { readJsonIfThere, writeWhole } from '../files.ts';
import { buildGuestImage } from '../guest/image.ts';
import { awaitGuest } from '../guests.ts';
import { siteNames } from '../layout.ts';
import { processEndSeconds } from '../limits.ts';
import { type LabGuest, readState } from '../state.ts';
import type { LabOptions } from '../up.ts';
import type { CrashLab } from './guest-run.ts';

/**
 * Fresh guests for one crash after another: those that were used are cleared away and the next few boot, while both
 * agents are down for it. The gateways keep what the moves have left there.
 */
const takenSchema = z.strictObject({ taken: z.int().nonnegative() });

export class GuestStock {
  readonly #lab: CrashLab & { readonly options: LabOptions };
  readonly #file: string;

  constructor(lab: CrashLab & { readonly options: LabOptions }) {
    this.#lab = lab;
    this.#file = path.join(lab.world.directories.runtime, 'crash-taken.json');
  }

  /** As many as are asked for, running; nobody may be moving meanwhile. */
  async take(count: number): Promise<readonly LabGuest[]> {
    const taken = (await readJsonIfThere(this.#file, takenSchema))?.taken ?? 0;
    const { booted = 0 } = this.#lab.options.guests;
    const { guests } = this.#lab.state;
    const left = (booted - (taken % booted)) % booted;
    const isNew = taken === 0;
    const from = isNew || left >= count ? taken : taken + left;
    if (from + count > guests.length)
      throw new RangeError(
        `of the lab's ${guests.length} guests ${taken} were used, ${count} more are wanted`,
      );
    if (!isNew && left < count) await this.#renew(from, booted);
    await writeWhole(this.#file, JSON.stringify({ taken: from + count }));
    return guests.slice(from, from + count);
  }

  async #renew(from: number, count: number): Promise<void> {
    const { world, state, repair } = this.#lab;
    const { runtime } = world.directories;
    const names = siteNames.map(agentName);
    const agents = ((await readState(runtime))?.processes ?? []).filter(({ name }) => names.includes(name));
    await endProcesses(agents, { clock: world.clock, graceSeconds: processEndSeconds });
    for (const guest of state.guests.slice(0, from))
      for (const site of siteNames) {
        await killProcess(guestFilesAt(runtime, site, guest));
        await removeGuest(runtime, site, guest);
      }
    const next = state.guests.slice(from, from + count);
    await writeDefinitions(runtime, next, await buildGuestImage(world));
    await repair();
    for (const guest of next) await awaitGuest(world, guest, consoleFile(runtime, 'a', guest));
  }
}
