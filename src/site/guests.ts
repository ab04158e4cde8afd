import { LonghaulError } from '../../topology/errors.ts';
import type { GuestChange, Hypervisor } from '../hypervisors/hypervisor.ts';
import { Changes } from './changes.ts';
import { watchSecondsMax } from './limits.ts';
import type { SiteParts } from './parts.ts';
import type { Claim, CloneSpec, GuestPort, GuestState, TargetSpec, TransferOrder } from './site.ts';
import { StallGuard } from './stall-guard.ts';

/** Runs a task for a claim that was let in, one after the other per workload. */
type Act = <T>(claim: Claim, signal: AbortSignal, task: () => Promise<T>) => Promise<T>;

/** The guests of a site, whichever of its hypervisors has them, and the fence that keeps a copy that left from coming back. */
export class SiteGuests implements GuestPort {
  readonly #parts: SiteParts;
  readonly #act: Act;
  readonly #changes = new Changes();
  readonly #guard: StallGuard;
  /** As the hypervisors told it last. */
  readonly #states = new Map<string, GuestState['state']>();
  /** Where a workload was last seen: asked first. */
  readonly #lastSeen = new Map<string, Hypervisor>();

  constructor(parts: SiteParts, act: Act) {
    this.#parts = parts;
    this.#act = act;
    this.#guard = new StallGuard({ clock: parts.clock, log: parts.log, limits: parts.stall });
  }

  /** Starts what shall run whenever its host does, but nothing that is leaving or has left. */
  async begin(signal: AbortSignal): Promise<void> {
    const { hypervisors, claims, log } = this.#parts;
    for (const hypervisor of hypervisors) {
      const started = await hypervisor.autostart?.((workload) => claims.departure(workload) === null, signal);
      for (const workload of started ?? []) log.info({ workload }, 'started with its host');
      for (const guest of await hypervisor.guests(signal)) this.#guardTransfer(guest, hypervisor);
    }
  }

  async all(signal: AbortSignal): Promise<readonly GuestState[]> {
    const { hypervisors } = this.#parts;
    return (await Promise.all(hypervisors.map(async (hypervisor) => await hypervisor.guests(signal)))).flat();
  }

  changed({ workload, state }: GuestChange): void {
    this.#states.set(workload, state);
    this.#changes.announce(workload);
  }

  /** Without asking a hypervisor that is in the middle of a switchover. */
  async lastState(workload: string, signal: AbortSignal): Promise<GuestState['state']> {
    return this.#states.get(workload) ?? (await this.inspect(workload, signal)).state;
  }

  close(): void {
    this.#guard.close();
  }

  async inspect(workload: string, signal: AbortSignal): Promise<GuestState> {
    return (await this.#find(workload, signal)).guest;
  }

  async define(workload: string, signal: AbortSignal): Promise<unknown> {
    return await (await this.#present(workload, signal)).hypervisor.define(workload, signal);
  }

  async measureDirty(
    workload: string,
    intervalsSeconds: readonly number[],
    signal: AbortSignal,
  ): Promise<readonly { readonly seconds: number; readonly bytesPerSecond: number }[]> {
    const { hypervisor } = await this.#present(workload, signal);
    const measured: { seconds: number; bytesPerSecond: number }[] = [];
    for (const seconds of intervalsSeconds)
      measured.push({ seconds, bytesPerSecond: await hypervisor.measureDirty(workload, seconds, signal) });
    return measured;
  }

  async prepareTarget(
    claim: Claim,
    spec: TargetSpec,
    signal: AbortSignal,
  ): Promise<{ readonly uri: string }> {
    return await this.#act(claim, signal, async () => {
      const hypervisor = await this.#host(spec.host, signal);
      this.#lastSeen.set(claim.workload, hypervisor);
      return await hypervisor.prepareTarget(claim.workload, spec, signal);
    });
  }

  async startTransfer(claim: Claim, order: TransferOrder, signal: AbortSignal): Promise<void> {
    await this.#act(claim, signal, async () => {
      const { hypervisor } = await this.#present(claim.workload, signal);
      await this.#parts.claims.setDeparture(claim, { kind: 'transfer', epoch: claim.epoch });
      await hypervisor.startTransfer(claim.workload, order, signal);
      this.#guard.guard(claim.workload, hypervisor);
    });
  }

  async adjustTransfer(
    claim: Claim,
    change: Parameters<GuestPort['adjustTransfer']>[1],
    signal: AbortSignal,
  ): Promise<void> {
    await this.#act(claim, signal, async () => {
      const { hypervisor } = await this.#present(claim.workload, signal);
      await hypervisor.adjustTransfer(claim.workload, change, signal);
    });
  }

  async watch(
    workload: string,
    seen: Parameters<GuestPort['watch']>[1],
    signal: AbortSignal,
  ): Promise<GuestState> {
    const { clock } = this.#parts;
    const untilSeconds = clock.monotonicSeconds() + Math.min(seen.waitSeconds, watchSecondsMax);
    for (;;) {
      const { changed, forget } = this.#changes.next(workload);
      const stop = new AbortController();
      try {
        const guest = await this.inspect(workload, signal);
        const leftSeconds = untilSeconds - clock.monotonicSeconds();
        const differs = guest.state !== seen.state || (guest.transfer?.status ?? null) !== seen.status;
        if (differs || leftSeconds <= 0) return guest;
        await Promise.race([changed, clock.sleep(leftSeconds, AbortSignal.any([signal, stop.signal]))]);
      } finally {
        stop.abort();
        forget();
      }
    }
  }

  async cancelTransfer(claim: Claim, signal: AbortSignal): Promise<GuestState> {
    return await this.#act(claim, signal, async () => {
      const { hypervisor } = await this.#present(claim.workload, signal);
      await hypervisor.cancelTransfer(claim.workload, signal);
      const guest = await hypervisor.inspect(claim.workload, signal);
      const stays = guest.state === 'stopped' ? ({ kind: 'shutdown', epoch: claim.epoch } as const) : null;
      await this.#parts.claims.setDeparture(claim, stays);
      return guest;
    });
  }

  /** On the critical path of the guest's pause: nothing is looked up that the driver does not itself refuse. */
  async resume(claim: Claim, signal: AbortSignal): Promise<GuestState> {
    return await this.#act(claim, signal, async () => {
      const { workload } = claim;
      const hypervisor = this.#lastSeen.get(workload) ?? (await this.#present(workload, signal)).hypervisor;
      await hypervisor.resume(workload, signal);
      await this.#parts.claims.setDeparture(claim, null);
      return await hypervisor.inspect(workload, signal);
    });
  }

  async discard(claim: Claim, signal: AbortSignal): Promise<void> {
    await this.#act(claim, signal, async () => {
      const { hypervisor, guest } = await this.#find(claim.workload, signal);
      if (guest.state === 'absent') return;
      const wasHome = guest.state === 'sent' || guest.state === 'stopped';
      if (wasHome || this.#parts.claims.departure(claim.workload) !== null)
        await this.#parts.claims.setDeparture(claim, { kind: 'released', epoch: claim.epoch });
      await hypervisor.discard(claim.workload, signal);
      this.#lastSeen.delete(claim.workload);
    });
  }

  async shutdown(claim: Claim, signal: AbortSignal): Promise<GuestState> {
    return await this.#act(claim, signal, async () => {
      const { hypervisor } = await this.#present(claim.workload, signal);
      if (this.#parts.claims.departure(claim.workload) === null)
        await this.#parts.claims.setDeparture(claim, { kind: 'shutdown', epoch: claim.epoch });
      await hypervisor.shutdown(claim.workload, signal);
      return await hypervisor.inspect(claim.workload, signal);
    });
  }

  async start(claim: Claim, spec: TargetSpec, signal: AbortSignal): Promise<GuestState> {
    return await this.#act(claim, signal, async () => {
      const { hypervisor: holder, guest } = await this.#find(claim.workload, signal);
      this.#mayStart(claim, guest);
      const hypervisor = guest.state === 'absent' ? await this.#host(spec.host, signal) : holder;
      await hypervisor.start(claim.workload, spec, signal);
      await this.#parts.claims.setDeparture(claim, null);
      this.#lastSeen.set(claim.workload, hypervisor);
      return await hypervisor.inspect(claim.workload, signal);
    });
  }

  async clone(claim: Claim, spec: CloneSpec, signal: AbortSignal): Promise<GuestState> {
    return await this.#act(claim, signal, async () => {
      const hypervisor = await this.#host(spec.host, signal);
      if (hypervisor.clone === undefined)
        throw new LonghaulError('LH_GUEST_UNFIT', [
          claim.workload,
          `host '${spec.host}' has no templates to clone`,
        ]);
      await hypervisor.clone(claim.workload, spec, signal);
      return await hypervisor.inspect(claim.workload, signal);
    });
  }

  async heartbeat(workload: string, signal: AbortSignal): Promise<{ readonly count: number } | null> {
    return await (await this.#present(workload, signal)).hypervisor.heartbeat(workload, signal);
  }

  /** A copy that may run elsewhere is not booted here. */
  #mayStart({ workload, epoch }: Claim, { state, host }: GuestState): void {
    const departure = this.#parts.claims.departure(workload);
    if (departure?.kind === 'released' && epoch <= departure.epoch)
      throw new LonghaulError('LH_GUEST_RELEASED', [workload, this.#parts.name, departure.epoch]);
    if (departure?.kind === 'transfer')
      throw new LonghaulError('LH_GUEST_STATE', [
        workload,
        state,
        host,
        'start',
        'its transfer to be cancelled first',
      ]);
  }

  #guardTransfer(guest: GuestState, hypervisor: Hypervisor): void {
    this.#lastSeen.set(guest.workload, hypervisor);
    if (guest.transfer !== null) this.#guard.guard(guest.workload, hypervisor);
  }

  async #present(workload: string, signal: AbortSignal): Promise<Found> {
    const found = await this.#find(workload, signal);
    if (found.guest.state === 'absent')
      throw new LonghaulError('LH_GUEST_ABSENT', [workload, this.#parts.name]);
    return found;
  }

  /** The hypervisor that has the workload; when none has, one that says so. */
  async #find(workload: string, signal: AbortSignal): Promise<Found> {
    const last = this.#lastSeen.get(workload);
    if (last !== undefined) {
      const guest = await last.inspect(workload, signal);
      if (guest.state !== 'absent') return { hypervisor: last, guest };
      this.#lastSeen.delete(workload);
    }
    const found = await Promise.all(
      this.#parts.hypervisors.map(async (hypervisor) => ({
        hypervisor,
        guest: await hypervisor.inspect(workload, signal),
      })),
    );
    const holder = found.find(({ guest }) => guest.state !== 'absent') ?? found[0];
    if (holder === undefined)
      throw new LonghaulError('LH_SITE_WITHOUT', [this.#parts.name, 'hypervisor hosts']);
    if (holder.guest.state !== 'absent') this.#lastSeen.set(workload, holder.hypervisor);
    return holder;
  }

  async #host(name: string, signal: AbortSignal): Promise<Hypervisor> {
    const names: string[] = [];
    for (const hypervisor of this.#parts.hypervisors) {
      const hosts = await hypervisor.hosts(signal);
      if (hosts.some((host) => host.name === name)) return hypervisor;
      names.push(...hosts.map((host) => host.name));
    }
    throw new LonghaulError('LH_HOST_UNKNOWN', [this.#parts.name, name, names.join(', ') || 'none']);
  }
}

interface Found {
  readonly hypervisor: Hypervisor;
  readonly guest: GuestState;
}
