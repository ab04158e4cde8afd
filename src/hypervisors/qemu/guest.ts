import { LonghaulError } from '../../../topology/errors.ts';
import type { Clock, Log } from '../../../topology/world.ts';
import type { GuestState, TransferProgress } from '../../site/site.ts';
import { withDeadline } from '../../world/deadline.ts';
import type { GuestChange } from '../hypervisor.ts';
import type { GuestFiles } from './configuration.ts';
import { pollSeconds, residentSecondsMax, settleSeconds } from './limits.ts';
import { findProcess, hasEnded, residentBytes } from './process.ts';
import { QmpConnection, type QmpEvent } from './qmp.ts';
import type { GuestRecord } from './record.ts';
import {
  type GuestModel,
  type MigrationInfo,
  migrationInfoSchema,
  progressOf,
  runStateSchema,
  stateOf,
  type TransferMoments,
  transferStatus,
} from './status.ts';

export interface GuestContext {
  readonly host: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly changed: (change: GuestChange) => void;
}

/**
 * One guest and its QEMU process, if it has one. The model follows QEMU's events in the order they come, so a change is
 * told the instant QEMU tells it; nothing polls.
 */
export class QemuGuest {
  readonly files: GuestFiles;
  readonly #context: GuestContext;
  readonly #waiting = new Set<() => void>();
  readonly #closing = new AbortController();
  #record: GuestRecord;
  #connection: QmpConnection | null = null;
  #model: GuestModel;
  #moments: TransferMoments = { stoppedAtSeconds: null, resumedAtSeconds: null };
  #progress: TransferProgress | null = null;
  #resident: { readonly bytes: number | null; readonly atSeconds: number } | null = null;

  constructor(context: GuestContext, files: GuestFiles, record: GuestRecord) {
    this.#context = context;
    this.files = files;
    this.#record = record;
    this.#model = { role: record.role, isAlive: false, executes: false, migration: null };
  }

  get record(): GuestRecord {
    return this.#record;
  }
  set record(record: GuestRecord) {
    this.#record = record;
    this.#model = { ...this.#model, role: record.role };
  }
  get workload(): string {
    return this.#record.definition.workload;
  }
  get model(): GuestModel {
    return this.#model;
  }
  get state(): GuestState['state'] {
    return stateOf(this.#model);
  }
  /** Of the outgoing or incoming stream; null when there was none. */
  get transfer(): TransferProgress['status'] | null {
    const { migration, executes } = this.#model;
    if (migration === null) return null;
    return transferStatus(migration.status, migration.direction === 'in' || executes);
  }

  /** False while a live process has not answered since it was looked for. */
  get isFound(): boolean {
    return !this.#model.isAlive || this.#connection !== null;
  }

  /** Goes on trying in the background; until then it is told as not running. */
  attachLater(): void {
    this.#update({ isAlive: true });
    this.#lost('it has not been found yet');
  }

  /** Connects to the process if it lives, and learns where it stands. */
  async attach(signal: AbortSignal): Promise<void> {
    if ((await findProcess(this.files)) === null) {
      this.#died();
      return;
    }
    const { clock } = this.#context;
    let isAttached = false;
    const listener = {
      event: (event: QmpEvent) => this.#event(event),
      closed: (why: string) => {
        if (isAttached) this.#lost(why);
      },
    };
    const options = { workload: this.workload, path: this.files.monitor, clock, listener };
    const connection = await QmpConnection.open(options, signal);
    this.#connection = connection;
    try {
      await this.#learn(signal);
      isAttached = true;
    } catch (error) {
      connection.close();
      this.#connection = null;
      throw error;
    }
  }

  async #learn(signal: AbortSignal): Promise<void> {
    const { running, status } = runStateSchema.parse(await this.ask('query-status', {}, signal));
    const { status: migrationStatus = 'none' } = await this.#migrationInfo(signal);
    const direction = this.#record.outgoingUri === null ? 'in' : 'out';
    const hasMigrated =
      migrationStatus !== 'none' && (direction === 'out' || this.#record.incomingUri !== null);
    this.#update({
      isAlive: true,
      executes: running && status === 'running',
      migration: hasMigrated ? { direction, status: migrationStatus } : null,
    });
  }

  async ask(command: string, parameters: object, signal: AbortSignal): Promise<unknown> {
    return await this.#connected().execute(command, parameters, signal);
  }

  /**
   * For what must not wait while QEMU's main loop does: inside stop-and-copy over a path that is cut, the loop hangs for
   * as long as TCP tries. Null when there was no answer; QEMU carries the command out when the loop goes on.
   */
  async askBriefly(command: string, parameters: object, signal: AbortSignal): Promise<unknown> {
    try {
      return await this.#connected().executeBriefly(command, parameters, signal);
    } catch (error) {
      if (error instanceof LonghaulError && error.code === 'LH_QMP_TIMEOUT') return null;
      throw error;
    }
  }

  async askOutOfBand(command: string, parameters: object, signal: AbortSignal): Promise<unknown> {
    return await this.#connected().executeOutOfBand(command, parameters, signal);
  }

  /** From here on what QEMU says of a migration is of the outgoing stream. */
  migrationBegins(direction: 'in' | 'out'): void {
    this.#moments = { stoppedAtSeconds: null, resumedAtSeconds: null };
    this.#progress = null;
    this.#update({ migration: { direction, status: direction === 'out' ? 'setup' : 'none' } });
  }

  async inspect(signal: AbortSignal): Promise<GuestState> {
    const { memoryBytes, machineType } = this.#record.definition;
    const transfer = await this.progress(signal);
    return {
      workload: this.workload,
      host: this.#context.host,
      state: this.state,
      transfer,
      memoryBytes,
      residentBytes: await this.#residentBytes(),
      machineType,
    };
  }

  /** Asked for while a stream is under way, remembered when it has ended. */
  async progress(signal: AbortSignal): Promise<TransferProgress | null> {
    if (this.#model.migration === null) return null;
    const info = await this.#migrationInfoIfThere(signal);
    this.#progress = progressOf(info, { model: this.#model, moments: this.#moments, before: this.#progress });
    return this.#progress;
  }

  /** Where it listens for its stream. */
  async incomingPort(signal: AbortSignal): Promise<string> {
    const { 'socket-address': addresses = [] } = await this.#migrationInfo(signal);
    const port = addresses[0]?.port;
    if (port === undefined)
      throw new LonghaulError('LH_HYPERVISOR_FAILED', [
        this.#context.host,
        `QEMU of '${this.workload}' does not say where it listens`,
      ]);
    return port;
  }

  /** Waits until the model is as wanted; LH_GUEST_TIMEOUT otherwise. */
  async until(
    wanted: (guest: this) => boolean,
    {
      what,
      seconds,
      signal,
    }: { readonly what: string; readonly seconds: number; readonly signal: AbortSignal },
  ): Promise<void> {
    const { clock, host } = this.#context;
    const expired = (): LonghaulError =>
      new LonghaulError('LH_GUEST_TIMEOUT', [this.workload, host, what, seconds]);
    await withDeadline({ clock, seconds, signal }, expired, async () => {
      while (!wanted(this)) await this.#nextChange();
    });
  }

  /** Lets go of the process; it lives on. */
  detach(): void {
    this.#closing.abort();
    this.#connection?.close();
    this.#connection = null;
  }

  #connected(): QmpConnection {
    if (this.#connection === null) throw new LonghaulError('LH_QMP_LOST', [this.workload, 'it does not run']);
    return this.#connection;
  }

  async #migrationInfo(signal: AbortSignal): Promise<MigrationInfo> {
    return migrationInfoSchema.parse(await this.ask('query-migrate', {}, signal));
  }

  /** Nothing new where QEMU does not answer now: it has just ended, is being found again, or its main loop waits. */
  async #migrationInfoIfThere(signal: AbortSignal): Promise<MigrationInfo> {
    if (!this.#model.isAlive || this.#connection === null) return {};
    try {
      return migrationInfoSchema.parse((await this.askBriefly('query-migrate', {}, signal)) ?? {});
    } catch (error) {
      if (error instanceof LonghaulError && error.code === 'LH_QMP_LOST') return {};
      throw error;
    }
  }

  /** Walks the page tables of the whole guest: never while a switchover waits for the answer. */
  async #residentBytes(): Promise<number | null> {
    const nowSeconds = this.#context.clock.monotonicSeconds();
    const isOld = this.#resident === null || nowSeconds - this.#resident.atSeconds > residentSecondsMax;
    if (isOld && this.#isAtRest()) {
      const bytes = await residentBytes(this.files, this.#record.definition.memoryBytes);
      this.#resident = { bytes, atSeconds: nowSeconds };
    }
    return this.#resident?.bytes ?? null;
  }

  #isAtRest(): boolean {
    const { migration } = this.#model;
    const hasEnded = migration === null || endedStatuses.includes(migration.status);
    const { resumedAtSeconds } = this.#moments;
    const isFresh =
      resumedAtSeconds !== null && this.#context.clock.nowSeconds() - resumedAtSeconds < settleSeconds;
    return this.state === 'running' && hasEnded && !isFresh;
  }

  #event({ name, data, atSeconds }: QmpEvent): void {
    if (name === 'STOP') {
      this.#moments = { ...this.#moments, stoppedAtSeconds: atSeconds };
      this.#update({ executes: false }, atSeconds);
    } else if (name === 'RESUME') {
      this.#moments = { ...this.#moments, resumedAtSeconds: atSeconds };
      this.#update({ executes: true }, atSeconds);
    } else if (name === 'MIGRATION' && this.#model.migration !== null) {
      const { direction } = this.#model.migration;
      this.#update({ migration: { direction, status: String(data['status']) } }, atSeconds);
    }
  }

  #update(change: Partial<GuestModel>, atSeconds = this.#context.clock.nowSeconds()): void {
    const before = { state: this.state, status: this.transfer };
    this.#model = { ...this.#model, ...change };
    const now = { state: this.state, status: this.transfer };
    for (const wake of [...this.#waiting]) wake();
    if (now.state === before.state && now.status === before.status) return;
    this.#context.log.info({ workload: this.workload, from: before, to: now }, 'guest changed');
    this.#context.changed({ workload: this.workload, ...now, atSeconds });
  }

  /** A stream that was under way has failed with its process. */
  #died(): void {
    const { migration } = this.#model;
    const isUnderWay = migration !== null && !endedStatuses.includes(migration.status);
    const ended = isUnderWay ? { ...migration, status: 'failed' } : migration;
    this.#update({ isAlive: false, executes: false, migration: ended });
  }

  async #nextChange(): Promise<void> {
    await new Promise<void>((resolve) => {
      const wake = (): void => {
        this.#waiting.delete(wake);
        resolve();
      };
      this.#waiting.add(wake);
    });
  }

  /** The monitor hung up: the process is ending, or only the connection is gone. */
  #lost(why: string): void {
    this.#connection = null;
    if (this.#closing.signal.aborted) return;
    this.#context.log.info({ workload: this.workload, why }, 'monitor lost');
    void this.#recover(this.#closing.signal).catch((error: unknown) => {
      if (!this.#closing.signal.aborted)
        this.#context.log.error({ workload: this.workload, error: String(error) }, 'monitor not found again');
    });
  }

  async #recover(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#context;
    for (;;) {
      if (await hasEnded(this.files, { clock, seconds: 1, signal })) {
        this.#died();
        return;
      }
      try {
        await this.attach(signal);
        return;
      } catch (error) {
        log.warn({ workload: this.workload, error: String(error) }, 'monitor does not answer; tried again');
        await clock.sleep(pollSeconds * 20, signal);
      }
    }
  }
}

const endedStatuses: readonly string[] = ['none', 'completed', 'failed', 'cancelled'];
