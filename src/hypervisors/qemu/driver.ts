import type { TransferSettings } from '../../../planners/plan/plan.ts';
import { LonghaulError } from '../../../topology/errors.ts';
import type { Clock, Log, RunCommand } from '../../../topology/world.ts';
import type { GuestState, HostDescription, TargetSpec, TransferOrder } from '../../site/site.ts';
import type { GuestChange, Hypervisor } from '../hypervisor.ts';
import { qemuArguments } from './arguments.ts';
import type { QemuHost } from './configuration.ts';
import type { GuestDefinition } from './definition.ts';
import { measureDirty } from './dirty.ts';
import { fitDefinition, refuseUnfitOrder } from './fit.ts';
import { type GuestContext, QemuGuest } from './guest.ts';
import { readHeartbeat } from './heartbeat.ts';
import {
  announcement,
  commandSecondsMax,
  killSecondsMax,
  quitSecondsMax,
  runSecondsMax,
  socketPathBytesMax,
  startSecondsMax,
} from './limits.ts';
import { machineTypes } from './machine-types.ts';
import { plugIn } from './plug-in.ts';
import { destroyConnections, hasEnded, killProcess, startProcess } from './process.ts';
import { GuestFolder, type GuestRecord, newRecord } from './record.ts';
import { capabilitiesOf, parametersOf } from './settings.ts';
import { adjust, cancel, reset, send } from './transfer.ts';

/**
 * QEMU on one host, by its machine protocol: one daemon a guest, found again after a restart of the agent. It holds no
 * state that the records on disk and QEMU itself do not hold.
 */
export class QemuHypervisor implements Hypervisor {
  readonly host: string;
  readonly supportsPostCopy: boolean;
  readonly #host: QemuHost;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #run: RunCommand;
  readonly #folder: GuestFolder;
  readonly #guests = new Map<string, QemuGuest>();
  readonly #listeners = new Set<(change: GuestChange) => void>();

  private constructor(host: QemuHost, { clock, log, run }: QemuWorld) {
    this.host = host.name;
    this.#host = host;
    this.#clock = clock;
    this.#log = log.child({ host: host.name });
    this.#run = run;
    this.#folder = new GuestFolder(host);
    this.supportsPostCopy = host.postCopy;
  }

  /** Finds the guests that an earlier agent left running. */
  static async open(host: QemuHost, world: QemuWorld, signal: AbortSignal): Promise<QemuHypervisor> {
    const hypervisor = new QemuHypervisor(host, world);
    const longest = hypervisor.#folder.files('').secondMonitor;
    if (Buffer.byteLength(longest) > socketPathBytesMax)
      throw new LonghaulError('LH_INPUT_INVALID', [
        `runtimeDirectory of host '${host.name}': '${longest}' is longer than the ${socketPathBytesMax} bytes a socket's path may have; choose a shorter one`,
      ]);
    await hypervisor.#folder.make();
    await hypervisor.#folder.definitions();
    for (const record of await hypervisor.#folder.records()) await hypervisor.#adopt(record, signal);
    return hypervisor;
  }

  async describe(signal: AbortSignal): Promise<HostDescription> {
    return {
      name: this.host,
      hypervisor: 'qemu',
      memoryBytesFree: Math.max(0, this.#memoryBytesFree()),
      machineTypes: await machineTypes(this.#run, this.#host, signal),
      supportsPostCopy: this.supportsPostCopy,
    };
  }

  async guests(signal: AbortSignal): Promise<readonly GuestState[]> {
    const homes = (await this.#folder.definitions()).map(({ workload }) => workload);
    const names = [...new Set([...this.#guests.keys(), ...homes])].sort();
    return await Promise.all(names.map(async (workload) => await this.inspect(workload, signal)));
  }

  async inspect(workload: string, signal: AbortSignal): Promise<GuestState> {
    const guest = this.#guests.get(workload);
    if (guest !== undefined) return await guest.inspect(signal);
    const definition = await this.#folder.definition(workload);
    return {
      workload,
      host: this.#host.name,
      state: definition === null ? 'absent' : 'stopped',
      transfer: null,
      memoryBytes: definition?.memoryBytes ?? 0,
      residentBytes: null,
      machineType: definition?.machineType ?? '',
    };
  }

  async define(workload: string): Promise<GuestDefinition> {
    const definition =
      this.#guests.get(workload)?.record.definition ?? (await this.#folder.definition(workload));
    if (definition === null) throw new LonghaulError('LH_GUEST_ABSENT', [workload, this.#host.name]);
    return definition;
  }

  async measureDirty(workload: string, intervalSeconds: number, signal: AbortSignal): Promise<number> {
    return await measureDirty(this.#clock, this.#existing(workload), { intervalSeconds, signal });
  }

  async prepareTarget(
    workload: string,
    spec: TargetSpec,
    signal: AbortSignal,
  ): Promise<{ readonly uri: string }> {
    const there = this.#guests.get(workload);
    if (there !== undefined && there.record.incomingUri !== null && isWaiting(there.state))
      return { uri: there.record.incomingUri };
    if (there !== undefined && there.state !== 'failed' && there.state !== 'incoming')
      throw this.#wrongState(workload, there.state, 'to be a target');
    if (there !== undefined) await this.#remove(there, signal);
    const definition = this.#fit(workload, spec);
    const record = newRecord('incoming', definition);
    const guest = await this.#launch(record, signal);
    await guest.ask('migrate-set-capabilities', { capabilities: capabilitiesOf(spec.settings) }, signal);
    await guest.ask('migrate-set-parameters', parametersOf(spec.settings), signal);
    const uri = await this.#listen(guest, signal);
    guest.record = { ...record, incomingUri: uri };
    await this.#folder.saveRecord(guest.record);
    return { uri };
  }

  async startTransfer(workload: string, order: TransferOrder, signal: AbortSignal): Promise<void> {
    const guest = this.#existing(workload);
    const { transfer, state } = guest;
    // One that has completed is over when its guest was told to go on here.
    const isOver =
      transfer === 'failed' || transfer === 'cancelled' || (transfer === 'completed' && state === 'running');
    const isOnItsWay = guest.model.migration?.direction === 'out' && !isOver;
    if (isOnItsWay && guest.record.outgoingUri === order.uri) return;
    if (isOnItsWay || state !== 'running')
      throw this.#wrongState(workload, state, 'to be running, with no other transfer under way');
    refuseUnfitOrder(this.#host, guest.record.definition, order);
    guest.record = { ...guest.record, outgoingUri: order.uri };
    await this.#folder.saveRecord(guest.record);
    await send(guest, order, signal);
  }

  async adjustTransfer(
    workload: string,
    change: Partial<TransferSettings>,
    signal: AbortSignal,
  ): Promise<void> {
    await adjust(this.#existing(workload), change, signal);
  }

  async cancelTransfer(workload: string, signal: AbortSignal): Promise<void> {
    const guest = this.#guests.get(workload);
    if (guest !== undefined) await cancel(guest, { host: this.#host.name, signal });
  }

  async resetTransfer(workload: string, signal: AbortSignal): Promise<void> {
    const guest = this.#guests.get(workload);
    if (guest?.model.isAlive === true) await this.#reset(guest, signal);
  }

  async resume(workload: string, signal: AbortSignal): Promise<void> {
    const guest = this.#existing(workload);
    if (guest.state !== 'running') {
      if (guest.state !== 'loaded') throw this.#wrongState(workload, guest.state, 'to be loaded');
      await cont(guest, signal);
    }
    await guest.ask('announce-self', announcement, signal);
    await this.#comeHome(guest);
  }

  async discard(workload: string, signal: AbortSignal): Promise<void> {
    const guest = this.#guests.get(workload);
    const state = guest?.state;
    if (state === 'running' || state === 'paused')
      throw this.#wrongState(workload, state, 'a copy that does not run');
    if (guest !== undefined) await this.#remove(guest, signal);
    await this.#folder.removeDefinition(workload);
    if (guest !== undefined)
      this.#tell({ workload, state: 'absent', status: null, atSeconds: this.#clock.nowSeconds() });
  }

  /** By the power button; a guest that does not listen to it is not switched off. */
  async shutdown(workload: string, signal: AbortSignal): Promise<void> {
    const guest = this.#guests.get(workload);
    if (guest === undefined || guest.state === 'stopped') return;
    if (guest.state !== 'running') throw this.#wrongState(workload, guest.state, 'to be running');
    await guest.ask('system_powerdown', {}, signal);
    while (!(await hasEnded(guest.files, { clock: this.#clock, seconds: commandSecondsMax, signal })))
      this.#log.info({ workload }, 'still shutting down');
  }

  async start(workload: string, spec: TargetSpec, signal: AbortSignal): Promise<void> {
    const guest = this.#guests.get(workload);
    const { state } = guest ?? (await this.inspect(workload, signal));
    if (state === 'running') return;
    if (state !== 'stopped' && state !== 'absent') throw this.#wrongState(workload, state, 'to be stopped');
    const own = guest?.record.definition ?? (await this.#folder.definition(workload));
    await this.#boot(own ?? this.#fit(workload, spec), signal);
  }

  async autostart(mayStart: (workload: string) => boolean, signal: AbortSignal): Promise<readonly string[]> {
    const started: string[] = [];
    for (const definition of await this.#folder.definitions()) {
      const { workload, autostart } = definition;
      const { state } = await this.inspect(workload, signal);
      if (!autostart || state !== 'stopped' || !mayStart(workload)) continue;
      await this.#boot(definition, signal);
      started.push(workload);
    }
    return started;
  }

  async heartbeat(workload: string): Promise<{ readonly count: number } | null> {
    const guest = this.#existing(workload);
    return await readHeartbeat(guest.files.serialLog, guest.record.definition);
  }

  onChange(listener: (change: GuestChange) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** The guests live on. */
  async close(): Promise<void> {
    for (const guest of this.#guests.values()) guest.detach();
  }

  #context(): GuestContext {
    return {
      host: this.#host.name,
      clock: this.#clock,
      log: this.#log,
      changed: (change) => this.#tell(change),
    };
  }

  #tell(change: GuestChange): void {
    for (const listener of this.#listeners) listener(change);
  }

  async #adopt(record: GuestRecord, signal: AbortSignal): Promise<void> {
    const { workload } = record.definition;
    const guest = new QemuGuest(this.#context(), this.#folder.files(workload), record);
    this.#guests.set(workload, guest);
    await this.#find(guest, signal);
    // Its agent died between the target's first instruction and this note of it.
    if (guest.state === 'running') await this.#comeHome(guest);
    this.#log.info({ workload, state: guest.state }, 'guest found');
  }

  /**
   * A QEMU whose main loop waits for a stream over a dead path answers no new monitor, so its connections are ended by
   * the kernel. One that still does not answer is asked again and again while the agent goes on.
   */
  async #find(guest: QemuGuest, signal: AbortSignal): Promise<void> {
    try {
      await guest.attach(signal);
    } catch (error) {
      if (!isSilence(error)) throw error;
      this.#log.warn({ workload: guest.workload, error: String(error) }, 'monitor does not answer');
      if (guest.record.outgoingUri !== null)
        await destroyConnections(this.#run, this.#host, guest.record.outgoingUri);
      guest.attachLater();
      await guest
        .until(({ isFound }) => isFound, { what: 'found', seconds: runSecondsMax, signal })
        .catch(() => undefined); // it is told as it was last known until it answers
    }
  }

  async #reset(guest: QemuGuest, signal: AbortSignal): Promise<void> {
    try {
      await reset(guest, signal);
    } catch (error) {
      if (!isSilence(error) || guest.record.outgoingUri === null) throw error;
      await destroyConnections(this.#run, this.#host, guest.record.outgoingUri);
    }
  }

  async #comeHome(guest: QemuGuest): Promise<void> {
    if (guest.record.role === 'home') return;
    await this.#folder.saveDefinition(guest.record.definition);
    guest.record = { ...guest.record, role: 'home' };
    await this.#folder.saveRecord(guest.record);
  }

  async #boot(definition: GuestDefinition, signal: AbortSignal): Promise<void> {
    await this.#folder.saveDefinition(definition);
    await cont(await this.#launch(newRecord('home', definition), signal), signal);
  }

  /** Record, process, network, monitor: in an order that leaves something to find after a kill at any line. */
  async #launch(record: GuestRecord, signal: AbortSignal): Promise<QemuGuest> {
    const { definition, role } = record;
    const { workload } = definition;
    const files = this.#folder.files(workload);
    const argv = qemuArguments(this.#host, definition, { files, awaitsStream: role === 'incoming' });
    this.#guests.get(workload)?.detach();
    await this.#folder.saveRecord(record);
    await startProcess(this.#run, argv, { host: this.#host.name, timeoutSeconds: startSecondsMax, signal });
    await plugIn(this.#run, this.#host, { definition, signal });
    const guest = new QemuGuest(this.#context(), files, record);
    this.#guests.set(workload, guest);
    await guest.attach(signal);
    return guest;
  }

  #fit(workload: string, spec: TargetSpec): GuestDefinition {
    return fitDefinition(this.#host, { workload, spec, memoryBytesFree: this.#memoryBytesFree() });
  }

  #memoryBytesFree(): number {
    const alive = [...this.#guests.values()].filter(({ model }) => model.isAlive);
    return alive.reduce((rest, { record }) => rest - record.definition.memoryBytes, this.#host.memoryBytes);
  }

  /** The first free port of the range; QEMU looks for it itself. */
  async #listen(guest: QemuGuest, signal: AbortSignal): Promise<string> {
    const { address, firstPort, lastPort } = this.#host.migration;
    guest.migrationBegins('in');
    await guest.ask('migrate-incoming', { uri: `tcp:${address}:${firstPort},to=${lastPort}` }, signal);
    const port = await guest.incomingPort(signal);
    return `tcp:${address}:${port}`;
  }

  async #remove(guest: QemuGuest, signal: AbortSignal): Promise<void> {
    const ended = async (seconds: number): Promise<boolean> =>
      await hasEnded(guest.files, { clock: this.#clock, seconds, signal });
    if (guest.model.isAlive) await guest.ask('quit', {}, signal).catch(() => undefined); // it may be gone before it answers
    guest.detach(); // its end is no news any more
    if (!(await ended(quitSecondsMax))) await killProcess(guest.files);
    if (!(await ended(killSecondsMax)))
      throw new LonghaulError('LH_HYPERVISOR_FAILED', [
        this.#host.name,
        `QEMU of '${guest.workload}' does not end`,
      ]);
    this.#guests.delete(guest.workload);
    await this.#folder.removeRecord(guest.workload);
  }

  #existing(workload: string): QemuGuest {
    const guest = this.#guests.get(workload);
    if (guest === undefined) throw new LonghaulError('LH_GUEST_ABSENT', [workload, this.#host.name]);
    return guest;
  }

  #wrongState(workload: string, state: GuestState['state'], needs: string): LonghaulError {
    return new LonghaulError('LH_GUEST_STATE', [workload, state, this.#host.name, 'it', needs]);
  }
}

export interface QemuWorld {
  readonly clock: Clock;
  readonly log: Log;
  readonly run: RunCommand;
}

async function cont(guest: QemuGuest, signal: AbortSignal): Promise<void> {
  await guest.ask('cont', {}, signal);
  await guest.until(({ state }) => state === 'running', { what: 'running', seconds: runSecondsMax, signal });
}

const isSilence = (error: unknown): boolean =>
  error instanceof LonghaulError && (error.code === 'LH_QMP_TIMEOUT' || error.code === 'LH_QMP_LOST');

const isWaiting = (state: GuestState['state']): boolean => state === 'incoming' || state === 'loaded';
