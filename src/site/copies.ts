import { LonghaulError } from '../../topology/errors.ts';
import type { GuestChange, Hypervisor } from '../hypervisors/hypervisor.ts';
import { Changes } from './changes.ts';
import type { SiteParts } from './parts.ts';
import type { GuestState } from './site.ts';
import { StallGuard } from './stall-guard.ts';

/**
 * Every copy at a site, whichever host has it: at most one of a workload on each. While a guest moves from host to host
 * there are two, and what is said of the workload here is said of the one that runs.
 */
export class SiteCopies {
  readonly #parts: SiteParts;
  readonly #changes = new Changes();
  readonly #guard: StallGuard;
  /** By workload and host, as the hypervisors told it last. */
  readonly #states = new Map<string, Map<string, GuestState['state']>>();

  constructor(parts: SiteParts) {
    this.#parts = parts;
    this.#guard = new StallGuard({ clock: parts.clock, log: parts.log, limits: parts.stall });
  }

  /** Starts what shall run whenever its host does, but nothing that is leaving or has left. */
  async begin(signal: AbortSignal): Promise<void> {
    const { hypervisors, claims, log } = this.#parts;
    for (const hypervisor of hypervisors) {
      const { host } = hypervisor;
      const started = await hypervisor.autostart?.(
        (workload) => claims.departure(workload, host) === null,
        signal,
      );
      for (const workload of started ?? []) log.info({ workload, host }, 'started with its host');
      for (const { workload, state, transfer } of await hypervisor.guests(signal)) {
        this.#remember(workload, host, state);
        if (transfer !== null) this.guard(workload, hypervisor);
      }
    }
  }

  async all(signal: AbortSignal): Promise<readonly GuestState[]> {
    const { hypervisors } = this.#parts;
    return (await Promise.all(hypervisors.map(async (hypervisor) => await hypervisor.guests(signal)))).flat();
  }

  changed(host: string, { workload, state }: Pick<GuestChange, 'workload' | 'state'>): void {
    this.#remember(workload, host, state);
    this.#changes.announce(workload);
  }

  nextChange(workload: string): ReturnType<Changes['next']> {
    return this.#changes.next(workload);
  }

  /** As told last; undefined: nothing was. */
  lastState(workload: string): GuestState['state'] | undefined {
    return foremost([...(this.#states.get(workload)?.values() ?? [])]);
  }

  guard(workload: string, hypervisor: Hypervisor): void {
    this.#guard.guard(workload, hypervisor);
  }

  close(): void {
    this.#guard.close();
  }

  on(host: string): Hypervisor {
    const { hypervisors, name } = this.#parts;
    const found = hypervisors.find((hypervisor) => hypervisor.host === host);
    if (found !== undefined) return found;
    const names = hypervisors.map((hypervisor) => hypervisor.host);
    throw new LonghaulError('LH_HOST_UNKNOWN', [name, host, names.join(', ') || 'none']);
  }

  /** The foremost copy at the site; when there is none, a hypervisor that says so. */
  async find(workload: string, signal: AbortSignal): Promise<Found> {
    const { hypervisors, name } = this.#parts;
    const found = await Promise.all(
      hypervisors.map(async (hypervisor) => ({
        hypervisor,
        guest: await hypervisor.inspect(workload, signal),
      })),
    );
    const state = foremost(found.map(({ guest }) => guest.state));
    const holder = found.find(({ guest }) => guest.state === state) ?? found[0];
    if (holder === undefined) throw new LonghaulError('LH_SITE_WITHOUT', [name, 'hypervisor hosts']);
    return holder;
  }

  #remember(workload: string, host: string, state: GuestState['state']): void {
    const states = this.#states.get(workload) ?? new Map<string, GuestState['state']>();
    this.#states.set(workload, states.set(host, state));
  }
}

export interface Found {
  readonly hypervisor: Hypervisor;
  readonly guest: GuestState;
}

/** Of several copies the one that speaks for the workload: it runs, or waits to, or is the first that is there. */
function foremost(states: readonly GuestState['state'][]): GuestState['state'] | undefined {
  return (
    states.find((state) => state === 'running') ??
    states.find((state) => state === 'loaded') ??
    states.find((state) => state !== 'absent') ??
    states[0]
  );
}
