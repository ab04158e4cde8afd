import { join } from 'node:path';
import { z } from 'zod';

/** One host of a site that runs QEMU, as its agent is told. */
const name = z.string().min(1).max(63);
const path = z
  .string()
  .startsWith('/', 'must be an absolute path')
  .regex(/^[^,]*$/, 'must not hold a comma');

export const qemuHostSchema = z.strictObject({
  name,
  hypervisor: z.literal('qemu'),
  program: path.default('/usr/bin/qemu-system-x86_64'),
  accelerator: z.enum(['kvm', 'tcg']),
  /** Put before every command that concerns this host, for example `ip netns exec NAMESPACE`. */
  commandPrefix: z.array(z.string().min(1)).default([]),
  /** Memory that guests may have together. */
  memoryBytes: z.int().positive(),
  /** Kernels and initramfs by name. */
  imageDirectory: path,
  /** Definitions of the guests whose home is here; kept over a reboot. */
  definitionDirectory: path,
  /** Sockets, process ids, serial logs; may be lost with a reboot. */
  runtimeDirectory: path,
  /** Storage name → folder. A storage that two hosts know by one name is the same storage. */
  storages: z.record(name, path).default({}),
  /** Network name → bridge. */
  networks: z.record(
    name,
    z.strictObject({ bridge: z.string().regex(/^[A-Za-z0-9_.-]{1,15}$/, 'must be the name of a bridge') }),
  ),
  /** Where migration streams are received: this host's address on the way to other sites, and a range of TCP ports. */
  migration: z.strictObject({
    address: z.ipv4(),
    firstPort: z.int().min(1).max(65_535).default(49_152),
    lastPort: z.int().min(1).max(65_535).default(49_215),
  }),
  /** Post-copy needs userfaultfd on the target's kernel. */
  postCopy: z.boolean().default(true),
});

export type QemuHost = Readonly<z.infer<typeof qemuHostSchema>>;

/** Folders of one guest: short, as socket paths are limited to 107 bytes; `key` is a digest of the workload's name. */
export interface GuestFiles {
  readonly directory: string;
  readonly record: string;
  readonly monitor: string;
  readonly pid: string;
  readonly serialLog: string;
}

export function guestFiles(
  { runtimeDirectory }: Pick<QemuHost, 'runtimeDirectory'>,
  key: string,
): GuestFiles {
  const directory = join(runtimeDirectory, key);
  return {
    directory,
    record: join(directory, 'guest.json'),
    monitor: join(directory, 'qmp'),
    pid: join(directory, 'pid'),
    serialLog: join(directory, 'serial.log'),
  };
}
