import assert from 'node:assert/strict';
import { LonghaulError } from '../../topology/errors.ts';
import type { Hypervisor } from '../hypervisors/hypervisor.ts';
import type { Departure } from './claims.ts';
import type { Found, SiteCopies } from './copies.ts';
import { watchSecondsMax } from './limits.ts';
import type { SiteParts } from './parts.ts';
import type { Claim, CloneSpec, GuestPort, GuestState, TargetSpec, TransferOrder } from './site.ts';

/** Runs a task for a claim that was let in, one after the other per workload. */
type Act = <T>(claim: Claim, signal: AbortSignal, task: () => Promise<T>) => Promise<T>;

/** Tells the site's gateway how it is with the guest. Never throws. */

/**
 * The guests of one host, or of a whole site where `host` is null, and the fence that keeps a copy that left from coming
 * back.
 */
export class SiteGuests implements GuestPort {
  readonly #parts: SiteParts;
  readonly #copies: SiteCopies;
  readonly #act: Act;
  readonly #host: string | null;

  constructor({ parts, copies, act }: GuestParts, host: string | null) {
    this.#parts = parts;
    this.#copies = copies;
    this.#act = act;
    this.#host = host;
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
      const hypervisor = this.#target(spec.host);
      return await hypervisor.prepareTarget(claim.workload, spec, signal);
    });
  }

  async startTransfer(claim: Claim, order: TransferOrder, signal: AbortSignal): Promise<void> {
    await this.#act(claim, signal, async () => {
      const { hypervisor } = await this.#present(claim.workload, signal);
      await this.#depart(claim, hypervisor, 'transfer');
      await hypervisor.startTransfer(claim.workload, order, signal);
      this.#copies.guard(claim.workload, hypervisor);
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
      const { changed, forget } = this.#copies.nextChange(workload);
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
      await this.#depart(claim, hypervisor, guest.state === 'stopped' ? 'shutdown' : null);
      return guest;
    });
  }

  /** On the critical path of the guest's pause: nothing is looked up that the driver does not itself refuse. */
  async resume(claim: Claim, signal: AbortSignal): Promise<GuestState> {
    return await this.#act(claim, signal, async () => {
      const { workload } = claim;
      const hypervisor =
        this.#host === null
          ? (await this.#present(workload, signal)).hypervisor
          : this.#copies.on(this.#host);
      await hypervisor.resume(workload, signal);
      await this.#depart(claim, hypervisor, null);
      return await hypervisor.inspect(workload, signal);
    });
  }

  async discard(claim: Claim, signal: AbortSignal): Promise<void> {
    await this.#act(claim, signal, async () => {
      const { hypervisor, guest } = await this.#find(claim.workload, signal);
      if (guest.state === 'absent') return;
      const wasHome = guest.state === 'sent' || guest.state === 'stopped';
      if (wasHome || this.#departure(claim, hypervisor) !== null)
        await this.#depart(claim, hypervisor, 'released');
      await hypervisor.discard(claim.workload, signal);
    });
  }

  async shutdown(claim: Claim, signal: AbortSignal): Promise<GuestState> {
    return await this.#act(claim, signal, async () => {
      const { hypervisor } = await this.#present(claim.workload, signal);
      if (this.#departure(claim, hypervisor) === null) await this.#depart(claim, hypervisor, 'shutdown');
      await hypervisor.shutdown(claim.workload, signal);
      return await hypervisor.inspect(claim.workload, signal);
    });
  }

  async start(claim: Claim, spec: TargetSpec, signal: AbortSignal): Promise<GuestState> {
    return await this.#act(claim, signal, async () => {
      const { hypervisor: holder, guest } = await this.#find(claim.workload, signal);
      const hypervisor = guest.state === 'absent' ? this.#target(spec.host) : holder;
      this.#mayStart(claim, guest, hypervisor);
      await hypervisor.start(claim.workload, spec, signal);
      await this.#depart(claim, hypervisor, null);
      return await hypervisor.inspect(claim.workload, signal);
    });
  }

  async clone(claim: Claim, spec: CloneSpec, signal: AbortSignal): Promise<GuestState> {
    return await this.#act(claim, signal, async () => {
      const hypervisor = this.#target(spec.host);
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
  #mayStart(claim: Claim, { state }: GuestState, hypervisor: Hypervisor): void {
    const { workload, epoch } = claim;
    const departure = this.#departure(claim, hypervisor);
    if (departure?.kind === 'released' && epoch <= departure.epoch)
      throw new LonghaulError('LH_GUEST_RELEASED', [workload, hypervisor.host, departure.epoch]);
    if (departure?.kind === 'transfer')
      throw new LonghaulError('LH_GUEST_STATE', [
        workload,
        state,
        hypervisor.host,
        'start',
        'its transfer to be cancelled first',
      ]);
  }

  #departure({ workload }: Claim, { host }: Hypervisor): Departure {
    return this.#parts.claims.departure(workload, host);
  }

  async #depart(
    claim: Claim,
    { host }: Hypervisor,
    kind: NonNullable<Departure>['kind'] | null,
  ): Promise<void> {
    const departure = kind === null ? null : { kind, epoch: claim.epoch };
    await this.#parts.claims.setDeparture(claim, host, departure);
  }

  async #present(workload: string, signal: AbortSignal): Promise<Found> {
    const found = await this.#find(workload, signal);
    if (found.guest.state === 'absent')
      throw new LonghaulError('LH_GUEST_ABSENT', [workload, this.#host ?? this.#parts.name]);
    return found;
  }

  async #find(workload: string, signal: AbortSignal): Promise<Found> {
    if (this.#host === null) return await this.#copies.find(workload, signal);
    const hypervisor = this.#copies.on(this.#host);
    return { hypervisor, guest: await hypervisor.inspect(workload, signal) };
  }

  /** Where a new copy is to be. */
  #target(host: string): Hypervisor {
    assert(this.#host === null || this.#host === host, `${host} is not ${this.#host}`);
    return this.#copies.on(host);
  }
}

export interface GuestParts {
  readonly parts: SiteParts;
  readonly copies: SiteCopies;
  readonly act: Act;
}
