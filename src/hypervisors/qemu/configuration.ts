import { join } from 'node:path';

/** One host of a site that runs QEMU; people write it in the agent's file (src/site/configuration.ts). */
export interface QemuHost {
  readonly name: string;
  readonly program: string;
  readonly accelerator: 'kvm' | 'tcg';
  /** Put before every command that concerns this host, for example `ip netns exec NAMESPACE`. */
  readonly commandPrefix: readonly string[];
  /** Memory that guests may have together. */
  readonly memoryBytes: number;
  /** Everything a guest's process has is in memory from its start and stays there (mlockall(2)). */
  readonly lockMemory: boolean;
  /** Kernels and initramfs by name. */
  readonly imageDirectory: string;
  /** Definitions of the guests whose home is here; kept over a reboot. */
  readonly definitionDirectory: string;
  /** Sockets, process ids, serial logs; may be lost with a reboot. */
  readonly runtimeDirectory: string;
  /** Storage name → folder. A storage that two hosts know by one name is the same storage. */
  readonly storages: Readonly<Record<string, string>>;
  /** Network name → bridge. */
  readonly networks: Readonly<Record<string, { readonly bridge: string }>>;
  /** Where migration streams are received: this host's address on the way to other sites, and a range of TCP ports. */
  readonly migration: { readonly address: string; readonly firstPort: number; readonly lastPort: number };
  /** Post-copy needs userfaultfd on the target's kernel. */
  readonly postCopy: boolean;
}

/** Folders of one guest: short, as socket paths are limited to 107 bytes; `key` is a digest of the workload's name. */
export interface GuestFiles {
  readonly directory: string;
  readonly record: string;
  readonly monitor: string;
  /** A monitor takes one connection, and the first one is the agent's: this one is for whoever looks beside it. */
  readonly secondMonitor: string;
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
    secondMonitor: join(directory, 'qmp2'),
    pid: join(directory, 'pid'),
    serialLog: join(directory, 'serial.log'),
  };
}
