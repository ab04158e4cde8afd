import { LonghaulError } from '../../../topology/errors.ts';
import { findProcess } from '../../hypervisors/qemu/process.ts';
import { QmpConnection } from '../../hypervisors/qemu/qmp.ts';
import { runStateSchema } from '../../hypervisors/qemu/status.ts';
import { noLongerNeeded, withDeadline } from '../../world/deadline.ts';
import { consoleFile, guestFilesAt } from '../agents.ts';
import { readIfThere } from '../files.ts';
import { type SiteName, siteNames } from '../layout.ts';
import type { LabGuest } from '../state.ts';
import type { LabWorld } from '../world.ts';

/**
 * Which copies of a guest run, without asking agents: every QEMU by its second monitor, every guest by the counter on
 * its serial line.
 */
export type CopyState = 'none' | 'running' | 'standing' | 'silent';

export async function copyAt(world: LabWorld, guest: LabGuest, site: SiteName): Promise<CopyState> {
  const files = guestFilesAt(world.directories.runtime, site, guest);
  if ((await findProcess(files)) === null) return 'none';
  const { clock, signal } = world;
  const late = (): Error => new LonghaulError('LH_QMP_TIMEOUT', [guest.name, 'query-status', lookSeconds]);
  try {
    return await withDeadline({ clock, seconds: lookSeconds, signal }, late, async (inner) => {
      const listener = { event: () => undefined, closed: () => undefined };
      const options = { workload: guest.name, path: files.secondMonitor, clock, listener };
      const monitor = await QmpConnection.open(options, inner);
      try {
        const { running } = runStateSchema.parse(await monitor.execute('query-status', {}, inner));
        return running ? 'running' : 'standing';
      } finally {
        monitor.close();
      }
    });
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof LonghaulError)) throw error;
    return (await findProcess(files)) === null ? 'none' : 'silent';
  }
}

/** Sites whose QEMU says that it runs and whose guest counts on. */
export async function runningAt(world: LabWorld, guest: LabGuest): Promise<readonly SiteName[]> {
  const before = await Promise.all(siteNames.map(async (site) => await ticks(world, guest, site)));
  await world.clock.sleep(tickSeconds, world.signal);
  const after = await Promise.all(siteNames.map(async (site) => await ticks(world, guest, site)));
  const states = await Promise.all(siteNames.map(async (site) => await copyAt(world, guest, site)));
  return siteNames.filter(
    (_, index) => states[index] === 'running' || (after[index] ?? 0) > (before[index] ?? 0),
  );
}

async function ticks(world: LabWorld, guest: LabGuest, site: SiteName): Promise<number> {
  const text = await readIfThere(consoleFile(world.directories.runtime, site, guest));
  return text?.match(/^TICK \d+/gm)?.length ?? 0;
}

/** Looks at both copies all the time until it is ended: two that run at once are never missed for longer than a look. */
export class CopyWatch {
  readonly #world: LabWorld;
  readonly #guest: LabGuest;
  readonly #ending = new AbortController();
  readonly #watching: Promise<void>;
  #looks = 0;
  #twice = 0;

  constructor(world: LabWorld, guest: LabGuest) {
    this.#world = world;
    this.#guest = guest;
    this.#watching = this.#watch();
  }

  /** How often both ran in the same instant, of how many looks. */
  async end(): Promise<{ readonly looks: number; readonly twice: number }> {
    this.#ending.abort(noLongerNeeded);
    await this.#watching;
    return { looks: this.#looks, twice: this.#twice };
  }

  async #watch(): Promise<void> {
    try {
      while (!this.#ending.signal.aborted) {
        if (await this.#runsTwice()) this.#twice++;
        this.#looks++;
        await this.#world.clock.sleep(watchSeconds, this.#ending.signal);
      }
    } catch (error) {
      if (!this.#ending.signal.aborted && !this.#world.signal.aborted) throw error;
    }
  }

  /** The first is asked again, as it may have stopped before the second began. */
  async #runsTwice(): Promise<boolean> {
    for (const site of ['a', 'b', 'a'] as const)
      if ((await copyAt(this.#world, this.#guest, site)) !== 'running') return false;
    return true;
  }
}

/** A monitor answers in milliseconds, unless its main loop waits for a stream. */
const lookSeconds = 1;
const watchSeconds = 0.2;
/** Ten ticks. */
const tickSeconds = 1;
