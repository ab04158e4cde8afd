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
    if (this.#guarded.has(workload)) return;
    const stop = new AbortController();
    this.#guarded.set(workload, stop);
    void this.#watch(workload, hypervisor, stop.signal)
      .catch((error: unknown) => {
        if (!stop.signal.aborted) this.#log.error({ workload, error: String(error) }, 'stall guard ended');
      })
      .finally(() => this.#guarded.delete(workload));
  }

  close(): void {
    for (const stop of this.#guarded.values()) stop.abort();
  }

  async #watch(workload: string, hypervisor: Hypervisor, signal: AbortSignal): Promise<void> {
    let seen = { mark: '', atSeconds: this.#clock.monotonicSeconds() };
    for (;;) {
      const { transfer } = await hypervisor.inspect(workload, signal);
      if (transfer === null || hasEnded(transfer)) return;
      const mark = `${transfer.status} ${transfer.transferredBytes}`;
      const nowSeconds = this.#clock.monotonicSeconds();
      if (mark !== seen.mark || transfer.status === 'post-copy') seen = { mark, atSeconds: nowSeconds };
      if (nowSeconds - seen.atSeconds >= this.#limitFor(transfer)) {
        const silentSeconds = nowSeconds - seen.atSeconds;
        this.#log.warn(
          { workload, status: transfer.status, silentSeconds },
          'no byte moves: connections are reset',
        );
        await hypervisor.resetTransfer(workload, signal);
        seen = { mark, atSeconds: nowSeconds };
      }
      await this.#clock.sleep(stallLookSeconds, signal);
    }
  }

  #limitFor({ status }: TransferProgress): number {
    return status === 'setup' ? this.#limits.setupStallSeconds : this.#limits.stallSeconds;
  }
}

const hasEnded = ({ status }: TransferProgress): boolean =>
  status === 'completed' || status === 'failed' || status === 'cancelled';
