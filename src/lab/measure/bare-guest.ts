import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { LonghaulError } from '../../../topology/errors.ts';
import { type GuestFiles, guestFiles } from '../../hypervisors/qemu/configuration.ts';
import { QmpConnection, type QmpEvent } from '../../hypervisors/qemu/qmp.ts';
import { endProcesses, isRunning, type ProcessIdentity } from '../../world/processes.ts';
import { compiled } from '../compile.ts';
import { readIfThere } from '../files.ts';
import type { GuestImage } from '../guest/image.ts';
import { addGuestPort, inNamespace } from '../kernel.ts';
import type { Layout, SiteName } from '../layout.ts';
import { environmentMark, processEndSeconds, serverStartSecondsMax } from '../limits.ts';
import { awaitResult, type LabWorld } from '../world.ts';

/** One QEMU process driven by bare QMP commands, without agents and drivers: what the product is measured against. */
export interface BareGuestSpec {
  readonly layout: Layout;
  readonly site: SiteName;
  /** Which of a site's guests; its port and its files are called by it. */
  readonly index: number;
  readonly labId: string;
  /** Takes console, monitor and log. */
  readonly folder: string;
  readonly image: GuestImage;
  readonly memoryBytes: number;
  readonly kernelLine: string;
  readonly mac: string;
  /** At once; when a stream has brought its memory; or when it is told to. */
  readonly starts: 'at-once' | 'by-stream' | 'when-told';
  /** Raw image of its disk. */
  readonly disk: string | null;
  readonly onEvent: (event: QmpEvent) => void;
}

const portName = ({ index }: Pick<BareGuestSpec, 'index'>): string => `bare${index}`;

export class BareGuest {
  readonly process: ProcessIdentity;
  readonly files: GuestFiles;
  readonly #world: LabWorld;
  readonly #qmp: QmpConnection;
  readonly #events: QmpEvent[];

  private constructor(
    world: LabWorld,
    parts: { process: ProcessIdentity; files: GuestFiles; qmp: QmpConnection; events: QmpEvent[] },
  ) {
    this.#world = world;
    this.process = parts.process;
    this.files = parts.files;
    this.#qmp = parts.qmp;
    this.#events = parts.events;
  }

  static async start(world: LabWorld, spec: BareGuestSpec): Promise<BareGuest> {
    const { onEvent } = spec;
    const { hypervisor, bridge } = spec.layout.sites[spec.site];
    await addGuestPort(world.run, { hypervisor, bridge, port: portName(spec) });
    const files = guestFiles({ runtimeDirectory: spec.folder }, `bare-${spec.site}${spec.index}`);
    await rm(files.directory, { recursive: true, force: true });
    await mkdir(files.directory, { recursive: true });
    const logFile = path.join(files.directory, 'log');
    const command = [await compiled(world, 'small-pages.c'), ...qemuCommand(spec, files)];
    const process = await world.start(inNamespace(hypervisor, command), {
      logFile,
      environment: { [environmentMark]: spec.labId },
    });
    try {
      return await BareGuest.#open(world, {
        process,
        files,
        onEvent,
        name: `QEMU ${spec.index} at site ${spec.site}`,
      });
    } catch (cause) {
      await endProcesses([process], { clock: world.clock, graceSeconds: processEndSeconds });
      throw cause;
    }
  }

  /** QEMU makes its monitor's socket before it listens there: tried again until it answers or has ended. */
  static async #open(world: LabWorld, opening: Opening): Promise<BareGuest> {
    const { process, files, onEvent, name } = opening;
    const events: QmpEvent[] = [];
    const listener = {
      event: (event: QmpEvent) => {
        events.push(event);
        onEvent(event);
      },
      closed: () => undefined,
    };
    const options = { workload: name, path: files.monitor, clock: world.clock, listener };
    const log = path.join(files.directory, 'log');
    const qmp = await awaitResult(
      world,
      { what: name, seconds: serverStartSecondsMax, hint: log },
      async () => {
        if (!(await isRunning(process)))
          throw new LonghaulError('LH_COMMAND_FAILED', [name, -1, ((await readIfThere(log)) ?? '').trim()]);
        return await QmpConnection.open(options, world.signal).catch(() => null);
      },
    );
    return new BareGuest(world, { process, files, qmp, events });
  }

  async ask<T>(command: string, parameters: object, schema: z.ZodType<T>): Promise<T> {
    return schema.parse(await this.#qmp.execute(command, parameters, this.#world.signal));
  }

  async tell(command: string, parameters: object = {}): Promise<void> {
    await this.#qmp.execute(command, parameters, this.#world.signal);
  }

  /** The last of these events so far; null when none has come. */
  eventSeconds(name: string): number | null {
    return this.#events.findLast((event) => event.name === name)?.atSeconds ?? null;
  }

  async awaitLine(pattern: RegExp, seconds: number): Promise<void> {
    const what = { what: `the guest's line ${pattern.source}`, seconds, hint: this.files.serialLog };
    await awaitResult(this.#world, what, async () =>
      pattern.test((await readIfThere(this.files.serialLog)) ?? '') ? true : null,
    );
  }

  /** The number of its last tick; fails when it never ticked here. */
  async ticks(): Promise<number> {
    const counts = [...((await readIfThere(this.files.serialLog)) ?? '').matchAll(/^TICK (\d+)$/gm)];
    const last = counts.at(-1)?.[1];
    if (last === undefined) throw new LonghaulError('LH_LAB_TIMEOUT', ['the guest', 0, this.files.serialLog]);
    return Number(last);
  }

  async end(): Promise<void> {
    this.#qmp.close();
    await endProcesses([this.process], { clock: this.#world.clock, graceSeconds: processEndSeconds });
  }
}

interface Opening {
  readonly process: ProcessIdentity;
  readonly files: GuestFiles;
  readonly onEvent: (event: QmpEvent) => void;
  readonly name: string;
}

function qemuCommand(spec: BareGuestSpec, { monitor, serialLog, pid }: GuestFiles): readonly string[] {
  const { image, memoryBytes, kernelLine, mac, starts, disk } = spec;
  return [
    'qemu-system-x86_64',
    ...['-machine', 'pc-q35-7.2,accel=tcg', '-cpu', 'qemu64', '-smp', '1', '-m', `${memoryBytes / 1024}K`],
    ...['-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot'],
    ...['-kernel', image.kernel, '-initrd', image.initramfs, '-append', kernelLine],
    ...['-serial', `file:${serialLog}`, '-qmp', `unix:${monitor},server=on,wait=off`, '-pidfile', pid],
    ...['-netdev', `tap,id=net0,ifname=${portName(spec)},script=no,downscript=no`],
    ...['-device', `virtio-net-pci,netdev=net0,mac=${mac},romfile=`],
    ...(disk === null ? [] : diskArguments(disk)),
    ...(starts === 'by-stream' ? ['-incoming', 'defer'] : []),
    ...(starts === 'when-told' ? ['-S'] : []),
  ];
}

const diskArguments = (file: string): readonly string[] => [
  ...['-blockdev', `driver=raw,node-name=disk0,file.driver=file,file.filename=${file}`],
  ...['-device', 'virtio-blk-pci,drive=disk0,share-rw=on'],
];
