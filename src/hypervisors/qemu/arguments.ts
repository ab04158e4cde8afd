import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { LonghaulError } from '../../../topology/errors.ts';
import type { GuestFiles, QemuHost } from './configuration.ts';
import type { GuestDefinition } from './definition.ts';
import { deviceNameLengthMax, lockedCodeMebibytes } from './limits.ts';

/** The short name of a guest's folder and network devices. */
export const guestKey = (workload: string): string =>
  createHash('sha256').update(workload).digest('hex').slice(0, 10);

/** The guest's network device on the host; it is QEMU's own and vanishes with it. */
export function tapName(workload: string, index: number): string {
  const name = `lh${guestKey(workload)}n${index}`;
  if (name.length > deviceNameLengthMax) throw new RangeError(name);
  return name;
}

/**
 * The argument vector of one guest. Both ends of a migration are built from the same definition, so their devices
 * match; only where a file or a bridge lies differs. The CPUs start stopped: whoever started it says when they run.
 */
export function qemuArguments(
  host: QemuHost,
  definition: GuestDefinition,
  { files, awaitsStream }: { readonly files: GuestFiles; readonly awaitsStream: boolean },
): readonly string[] {
  const { workload, uuid, memoryBytes, vcpus, cpuModel, machineType } = definition;
  return [
    ...host.commandPrefix,
    host.program,
    ...['-name', `guest=${workload}`, '-uuid', uuid],
    ...['-machine', machineType, '-accel', acceleratorOf(host), '-cpu', cpuModel, '-smp', `${vcpus}`],
    ...['-m', `${memoryBytes / 1024}K`],
    ...(host.lockMemory ? ['-overcommit', 'mem-lock=on'] : []),
    ...['-nodefaults', '-no-user-config', '-display', 'none', '-S'],
    ...kernelArguments(host, definition),
    ...definition.disks.flatMap((disk, index) => diskArguments(host, definition, { disk, index })),
    ...definition.nics.flatMap(({ mac }, index) => nicArguments(workload, mac, index)),
    ...['-chardev', `file,id=serial0,path=${files.serialLog},append=on`, '-serial', 'chardev:serial0'],
    ...['-chardev', `socket,id=monitor0,path=${files.monitor},server=on,wait=off`],
    ...['-mon', 'chardev=monitor0,mode=control'],
    ...['-chardev', `socket,id=monitor1,path=${files.secondMonitor},server=on,wait=off`],
    ...['-mon', 'chardev=monitor1,mode=control'],
    // Not `spawn` and `elevateprivileges`: -daemonize itself forks and calls setsid.
    ...['-sandbox', 'on,obsolete=deny,resourcecontrol=deny'],
    ...(awaitsStream ? ['-incoming', 'defer'] : []),
    ...['-daemonize', '-pidfile', files.pid],
  ];
}

/** Without KVM QEMU has room for 1 GiB of translated code (7.2, accel/tcg/translate-all.c): too much to lock. */
const acceleratorOf = ({ accelerator, lockMemory }: QemuHost): string =>
  accelerator === 'tcg' && lockMemory ? `tcg,tb-size=${lockedCodeMebibytes}` : accelerator;

function kernelArguments(host: QemuHost, { kernel }: GuestDefinition): readonly string[] {
  if (kernel === null) return [];
  const image = (file: string): string => join(host.imageDirectory, file);
  return [
    ...['-kernel', image(kernel.image)],
    ...(kernel.initramfs === null ? [] : ['-initrd', image(kernel.initramfs)]),
    ...['-append', kernel.commandLine],
  ];
}

function diskArguments(
  host: QemuHost,
  { workload }: GuestDefinition,
  { disk, index }: { readonly disk: GuestDefinition['disks'][number]; readonly index: number },
): readonly string[] {
  const folder = host.storages[disk.storage];
  if (folder === undefined)
    throw new LonghaulError('LH_GUEST_UNFIT', [
      workload,
      `its disk '${disk.name}' is on storage '${disk.storage}', which host '${host.name}' does not have`,
    ]);
  return [
    '-blockdev',
    // Past the host's page cache: the other end opens the same file.
    `driver=${disk.format},node-name=disk${index},file.driver=file,file.filename=${join(folder, disk.file)},cache.direct=on`,
    '-device',
    `virtio-blk-pci,drive=disk${index},id=virtio-disk${index}${index === 0 ? ',bootindex=1' : ''}`,
  ];
}

/**
 * romfile= : no boot ROM, whose size could differ between two hosts' packages. guest_announce=off: after a move QEMU
 * itself tells the switches (RARP, net/announce.c); a guest that has to do it does so before it answers its sessions.
 */
const nicArguments = (workload: string, mac: string, index: number): readonly string[] => [
  '-netdev',
  `tap,id=nic${index},ifname=${tapName(workload, index)},script=no,downscript=no`,
  '-device',
  `virtio-net-pci,netdev=nic${index},id=virtio-nic${index},mac=${mac},romfile=,guest_announce=off`,
];
