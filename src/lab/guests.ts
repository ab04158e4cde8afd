import { LonghaulError } from '../../topology/errors.ts';
import { readIfThere } from './files.ts';
import { guestAddress, guestsMax, type Layout, macOf } from './layout.ts';
import { guestBootSecondsMax, oddMemoryBytes } from './limits.ts';
import type { LabGuest } from './state.ts';
import { awaitResult, type LabWorld } from './world.ts';

/** The lab's guests: what they do, and how they come up at site a. */
export interface GuestOptions {
  readonly count: number;
  /** Of these, so many boot with the lab; the others when they are asked to. All, where it is not said. */
  readonly booted?: number;
  readonly memoryMebibytes: number;
  /** USED_MIB,PAGES_PER_S,SET_MIB,PATTERN,CONTENT[,PERIOD_MS,DUTY_PERCENT] (src/lab/guest/dirty.c). */
  readonly dirty: string;
  /** Says on its console what it has written; otherwise it does not, which spares a moved guest some milliseconds. */
  readonly tellsWork?: boolean;
}

export const echoPort = 7;
export const pathPort = 8;
/** Where the first guest's own session goes, at the outside client; the next guest's to the next port. */
const firstSessionPort = 7001;
const tickMilliseconds = 100;
const workMilliseconds = 500;

export function planGuests(
  layout: Layout,
  { count, memoryMebibytes, dirty, tellsWork = false }: GuestOptions,
): readonly LabGuest[] {
  if (!Number.isInteger(count) || count < 0 || count > guestsMax)
    throw new LonghaulError('LH_OPTION_INVALID', ['--guests', `${count} is not between 0 and ${guestsMax}`]);
  if (
    !/^\d+,\d+,\d+,(sequential|random|hot),(random|compressible|zero)(,\d+,\d+)?$/.test(dirty) &&
    dirty !== ''
  )
    throw new LonghaulError('LH_OPTION_INVALID', [
      '--dirty',
      `'${dirty}' is not used MiB, pages/s, set MiB, pattern, content; write for example "48,500,16,random,random"`,
    ]);
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
        work: tellsWork ? String(workMilliseconds) : '',
        session: `${layout.outside.address},${firstSessionPort + index}`,
      },
    };
  });
}

/** Booted, and its counter goes. */
export async function awaitGuest(world: LabWorld, guest: LabGuest, consoleFile: string): Promise<void> {
  const what = { what: guest.name, seconds: guestBootSecondsMax, hint: consoleFile };
  await awaitResult(world, what, async () =>
    /^TICK \d+/m.test((await readIfThere(consoleFile)) ?? '') ? true : null,
  );
}

/**
 * TCG translates every piece of the guest's code anew at the target, so the fewer the better: no mitigations of CPU
 * faults (a branch through a retpoline is three pieces), no clock that is read over a bus, no checks and no zeroing that
 * a guest of two programs needs not, no accounts of pressure and memory.
 */
const fixedOptions = [
  ...['console=ttyS0', 'quiet', 'panic=-1'],
  ...['tsc=reliable', 'clocksource=tsc', 'mitigations=off'],
  ...[
    'lsm=',
    'audit=0',
    'init_on_alloc=0',
    'hardened_usercopy=off',
    'cpuidle.off=1',
    'nohz=off',
    'nowatchdog',
    'psi=0',
    'cgroup_disable=memory',
  ],
];

export function kernelLine({ options }: LabGuest): string {
  const set = Object.entries(options)
    .filter(([, value]) => value !== '')
    .map(([name, value]) => `lh.${name}=${value}`);
  return [...fixedOptions, ...set].join(' ');
}

/** The port at the outside client to which the guest opens its session. */
export const sessionPortOf = ({ options }: LabGuest): number => Number(options['session']?.split(',')[1]);
