import path from 'node:path';
import { LonghaulError } from '../../topology/errors.ts';
import { readIfThere } from './files.ts';
import type { GuestImage } from './guest/image.ts';
import { addGuestPort, inNamespace } from './kernel.ts';
import { guestAddress, guestsMax, type Layout, macOf } from './layout.ts';
import { guestBootSecondsMax, oddMemoryBytes } from './limits.ts';
import type { LabGuest } from './state.ts';
import { awaitResult, type LabWorld } from './world.ts';

/** The lab's guests: what they do, and how they come up at site a. */
export interface GuestOptions {
  readonly count: number;
  readonly memoryMebibytes: number;
  /** USED_MIB,PAGES_PER_S,SET_MIB,PATTERN,CONTENT[,PERIOD_MS,DUTY_PERCENT] (src/lab/guest/dirty.c). */
  readonly dirty: string;
}

export const echoPort = 7;
export const pathPort = 8;
/** Where the first guest's own session goes, at the outside client; the next guest's to the next port. */
const firstSessionPort = 7001;
const tickMilliseconds = 100;

export function planGuests(
  layout: Layout,
  { count, memoryMebibytes, dirty }: GuestOptions,
): readonly LabGuest[] {
  if (!Number.isInteger(count) || count < 0 || count > guestsMax)
    throw new LonghaulError('LH_OPTION_INVALID', ['--guests', `${count} is not between 0 and ${guestsMax}`]);
  return Array.from({ length: count }, (_, index) => {
    const address = guestAddress('a', index);
    return {
      name: `guest-${index + 1}`,
      address,
      newAddress: guestAddress('b', index),
      mac: macOf(address),
      memoryBytes: memoryMebibytes * 2 ** 20 + oddMemoryBytes,
      options: {
        name: `guest-${index + 1}`,
        address: `${address}/24`,
        gateway: layout.sites.a.defaultGateway,
        tick: String(tickMilliseconds),
        dirty,
        session: `${layout.outside.address},${firstSessionPort + index}`,
      },
    };
  });
}

export const guestPort = (guest: LabGuest): string => guest.name.replace('guest-', 'tap');
export const consoleFile = (runtime: string, guest: LabGuest): string =>
  path.join(runtime, `${guest.name}.console`);

export async function guestCommand(
  world: LabWorld,
  layout: Layout,
  { guest, image }: { readonly guest: LabGuest; readonly image: GuestImage },
): Promise<readonly string[]> {
  const { hypervisor, bridge } = layout.sites.a;
  const port = guestPort(guest);
  await addGuestPort(world.run, { hypervisor, bridge, port });
  const { runtime } = world.directories;
  return inNamespace(hypervisor, [
    'qemu-system-x86_64',
    ...['-name', guest.name, '-machine', 'pc-q35-7.2,accel=tcg', '-cpu', 'qemu64', '-smp', '1'],
    ...['-m', `${guest.memoryBytes / 1024}K`, '-nodefaults', '-display', 'none', '-no-reboot'],
    ...['-kernel', image.kernel, '-initrd', image.initramfs, '-append', kernelLine(guest)],
    ...['-serial', `file:${consoleFile(runtime, guest)}`],
    ...['-qmp', `unix:${path.join(runtime, guest.name)}.qmp,server=on,wait=off`],
    ...['-netdev', `tap,id=net0,ifname=${port},script=no,downscript=no`],
    ...['-device', `virtio-net-pci,netdev=net0,mac=${guest.mac},romfile=`],
  ]);
}

/** Booted, and its counter goes. */
export async function awaitGuest(world: LabWorld, guest: LabGuest): Promise<void> {
  const file = consoleFile(world.directories.runtime, guest);
  const what = { what: guest.name, seconds: guestBootSecondsMax, hint: file };
  await awaitResult(world, what, async () =>
    /^TICK \d+/m.test((await readIfThere(file)) ?? '') ? true : null,
  );
}

function kernelLine({ options }: LabGuest): string {
  const set = Object.entries(options)
    .filter(([, value]) => value !== '')
    .map(([name, value]) => `lh.${name}=${value}`);
  return ['console=ttyS0', 'quiet', 'panic=-1', 'tsc=unstable', ...set].join(' ');
}

/** The port at the outside client to which the guest opens its session. */
export const sessionPortOf = ({ options }: LabGuest): number => Number(options['session']?.split(',')[1]);
