import type { Clock, Log } from '../../topology/world.ts';
import type { Hypervisor } from '../hypervisors/hypervisor.ts';
import { stallLookSeconds } from './limits.ts';
import type { StallLimits } from './parts.ts';
import type { TransferProgress } from './site.ts';

/**
 * Watches the bytes of every outgoing transfer. When none moves any more, the WAN has swallowed the path without a
 * word: the hypervisor would wait for minutes, inside stop-and-copy with the guest standing still. A reset of the
 * local connections ends the transfer at once and the guest runs on here.
 *
 * In post-copy nothing is reset: the guest already runs at the target, and a broken stream cannot be taken back.
 */
export class StallGuard {
  readonly #limits: StallLimits;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #guarded = new Map<string, AbortController>();

  constructor({
    clock,
    log,
    limits,
  }: { readonly clock: Clock; readonly log: Log; readonly limits: StallLimits }) {
    this.#clock = clock;
    this.#log = log;
    this.#limits = limits;
  }

  /** Guards the transfer until it has ended; asking again for a guarded one changes nothing. */
  guard(workload: string, hypervisor: Hypervisor): void {
    const key = `${hypervisor.host}/${workload}`;
    if (this.#guarded.has(key)) return;
    const stop = new AbortController();
    this.#guarded.set(key, stop);
    void this.#watch(workload, hypervisor, stop.signal)
      .catch((error: unknown) => {
        if (!stop.signal.aborted) this.#log.error({ workload, error: String(error) }, 'stall guard ended');
      })
      .finally(() => this.#guarded.delete(key));
  }

  close(): void {
    for (const stop of this.#guarded.values()) stop.abort();
  }

  async #watch(workload: string, hypervisor: Hypervisor, signal: AbortSignal): Promise<void> {
    let seen: Seen = { transfer: null, atSeconds: this.#clock.monotonicSeconds() };
    for (;;) {
      const transfer = await this.#look(workload, hypervisor, { seen, signal });
      if (transfer === null || hasEnded(transfer)) return;
      const nowSeconds = this.#clock.monotonicSeconds();
      const silentSeconds = nowSeconds - seen.atSeconds;
      if (moves(seen.transfer, transfer)) seen = { transfer, atSeconds: nowSeconds };
      else if (silentSeconds >= this.#limitFor(transfer)) {
        this.#log.warn(
          { workload, status: transfer.status, silentSeconds },
          'no byte moves: connections are reset',
        );
        await hypervisor.resetTransfer(workload, signal);
        seen = { transfer, atSeconds: nowSeconds };
      }
      await this.#clock.sleep(stallLookSeconds, signal);
    }
  }

  /** A hypervisor that does not answer shows no byte that moved. */
  async #look(
    workload: string,
    hypervisor: Hypervisor,
    { seen, signal }: { readonly seen: Seen; readonly signal: AbortSignal },
  ): Promise<TransferProgress | null> {
    try {
      return (await hypervisor.inspect(workload, signal)).transfer;
    } catch (error) {
      signal.throwIfAborted();
      this.#log.warn({ workload, error: String(error) }, 'the transfer cannot be looked at');
      return seen.transfer;
    }
  }

  #limitFor({ status }: TransferProgress): number {
    return status === 'setup' ? this.#limits.setupStallSeconds : this.#limits.stallSeconds;
  }
}

const hasEnded = ({ status }: TransferProgress): boolean =>
  status === 'completed' || status === 'failed' || status === 'cancelled';

interface Seen {
  readonly transfer: TransferProgress | null;
  readonly atSeconds: number;
}

/** Disks that are copied whole wait, silent, for their guest to shut down: nothing is left that could move. */
const moves = (before: TransferProgress | null, now: TransferProgress): boolean =>
  now.status === 'post-copy' ||
  (now.status === 'active' && now.remainingBytes === 0) ||
  before?.status !== now.status ||
  before.transferredBytes !== now.transferredBytes;
