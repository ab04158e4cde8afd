import { createHash } from 'node:crypto';
import { copyFile, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { LonghaulError } from '../../../topology/errors.ts';
import { compiled, exists } from '../compile.ts';
import { labSource } from '../files.ts';
import type { LabWorld } from '../world.ts';
import { type ArchiveEntry, writeArchive } from './cpio.ts';

/**
 * The lab's guest: Debian's kernel for cloud machines, and an initramfs of busybox and our own programs. What it does
 * is set on the kernel command line (init). The image is kept in the cache under a digest of all that is in it.
 */
export interface GuestImage {
  readonly kernel: string;
  readonly initramfs: string;
}

interface GuestKernel {
  readonly kernel: string;
  /** Folder of kernel modules. */
  readonly modules: string;
}

/** As installed, or as scripts/install-test-servers unpacks it (an installed one would become the machine's own). */
const roots = ['/usr/lib/longhaul/guest-kernel', '/'];
const busyboxes = ['/bin/busybox', '/usr/bin/busybox'];

/** In the order in which init loads them. */
const modules = [
  'drivers/virtio/virtio_ring',
  'drivers/virtio/virtio',
  'drivers/virtio/virtio_pci_legacy_dev',
  'drivers/virtio/virtio_pci_modern_dev',
  'drivers/virtio/virtio_pci',
  'drivers/block/virtio_blk',
  'net/core/failover',
  'drivers/net/net_failover',
  'drivers/net/virtio_net',
];

/** The newest kernel of Debian's cloud flavour there is with its modules; null when there is none. */
export async function findGuestKernel(): Promise<GuestKernel | null> {
  for (const root of roots) {
    const names = await readdir(path.join(root, 'boot')).catch(() => []);
    const versions = names
      .filter((name) => /^vmlinuz-.*-cloud-amd64$/.test(name))
      .map((name) => name.slice('vmlinuz-'.length))
      .sort((one, two) => two.localeCompare(one, 'en', { numeric: true }));
    for (const version of versions) {
      const folder = path.join(root, 'lib/modules', version, 'kernel');
      if (await exists(path.join(folder, `${modules[0] ?? ''}.ko`)))
        return { kernel: path.join(root, 'boot', `vmlinuz-${version}`), modules: folder };
    }
  }
  return null;
}

export async function findBusybox(): Promise<string | null> {
  for (const file of busyboxes) if (await exists(file)) return file;
  return null;
}

export async function buildGuestImage(world: LabWorld): Promise<GuestImage> {
  const found = await findGuestKernel();
  const busybox = await findBusybox();
  if (found === null || busybox === null)
    throw new LonghaulError('LH_LAB_UNSUPPORTED', [
      'the guest needs a Debian cloud kernel and busybox-static',
    ]);
  const archive = writeArchive(await entries(world, found, busybox));
  const kernel = await readFile(found.kernel);
  const digest = createHash('sha256').update(kernel).update(archive).digest('hex').slice(0, 16);
  const folder = path.join(world.directories.cache, `guest-${digest}`);
  const image = { kernel: path.join(folder, 'vmlinuz'), initramfs: path.join(folder, 'initramfs') };
  if (await exists(folder)) return image;
  const draft = `${folder}.${process.pid}`;
  try {
    await mkdir(draft, { recursive: true });
    await copyFile(found.kernel, path.join(draft, 'vmlinuz'));
    await writeFile(path.join(draft, 'initramfs'), archive);
    await rename(draft, folder);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
  return image;
}

async function entries(
  world: LabWorld,
  { modules: folder }: GuestKernel,
  busybox: string,
): Promise<readonly ArchiveEntry[]> {
  const directory = (name: string): ArchiveEntry => ({ name, mode: 0o040755, content: new Uint8Array() });
  const program = async (name: string, file: string): Promise<ArchiveEntry> => ({
    name,
    mode: 0o100755,
    content: await readFile(file),
  });
  return [
    ...['bin', 'dev', 'modules', 'proc', 'programs', 'sys', 'tmp'].map(directory),
    await program('init', labSource('guest', 'init')),
    await program('bin/busybox', busybox),
    await program('programs/dirty', await compiled(world, 'guest', 'dirty.c')),
    await program('programs/echo', await compiled(world, 'guest', 'echo.c')),
    await program('programs/heartbeat', await compiled(world, 'guest', 'heartbeat.c')),
    await program('programs/session', await compiled(world, 'probes', 'session.c')),
    ...(await Promise.all(
      modules.map((module) =>
        program(`modules/${path.basename(module)}.ko`, path.join(folder, `${module}.ko`)),
      ),
    )),
  ];
}
