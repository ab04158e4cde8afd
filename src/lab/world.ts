import { LonghaulError } from '../../topology/errors.ts';
import type { Clock, RunCommand } from '../../topology/world.ts';
import type { StartProcess } from '../world/processes.ts';
import type { LabDirectories } from './files.ts';
import { pollSeconds } from './limits.ts';

/** What every part of the lab needs of the outside. */
export interface LabWorld {
  readonly run: RunCommand;
  readonly start: StartProcess;
  readonly clock: Clock;
  readonly directories: LabDirectories;
  /** How to call the product itself: the agents are it. */
  readonly longhaul: readonly string[];
  /** One line about what is being done, for whoever waits. */
  readonly say: (line: string) => void;
  /** Aborted by Ctrl-C; what is half built is then taken down. */
  readonly signal: AbortSignal;
  /** Milliseconds are measured: its agents and guests go before all else on this machine, limits.ts. */
  readonly goesFirst: boolean;
}

export interface Awaiting {
  readonly what: string;
  readonly seconds: number;
  readonly hint: string;
  /** For what is timed by it. */
  readonly everySeconds?: number;
}

/** Resolves when `look` finds something; fails with `LH_LAB_TIMEOUT` when it has not within the time. */
export async function awaitResult<T>(
  { clock, signal }: Pick<LabWorld, 'clock' | 'signal'>,
  { what, seconds, hint, everySeconds = pollSeconds }: Awaiting,
  look: () => Promise<T | null>,
): Promise<T> {
  const deadline = clock.monotonicSeconds() + seconds;
  for (;;) {
    const found = await look();
    if (found !== null) return found;
    if (clock.monotonicSeconds() > deadline) throw new LonghaulError('LH_LAB_TIMEOUT', [what, seconds, hint]);
    await clock.sleep(everySeconds, signal);
  }
}
