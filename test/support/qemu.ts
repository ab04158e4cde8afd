import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { QemuHost } from '../../src/hypervisors/qemu/configuration.ts';
import type { GuestDefinition } from '../../src/hypervisors/qemu/definition.ts';
import { QemuHypervisor } from '../../src/hypervisors/qemu/driver.ts';
import { realClock, runCommand } from '../../src/world/real.ts';
import { silentLog } from './log.ts';

/** Two hosts on this machine, 'paris-1' and 'lyon-1', with one small guest 'app' without KVM; streams over loopback. */
const imageDirectory = '/tmp/qemu-dev/images';

export const memoryBytes = 128 * 2 ** 20 + 8192;

export const guestOf = (changes: Partial<GuestDefinition> = {}): GuestDefinition => ({
  format: 'longhaul-guest/1',
  workload: 'app',
  uuid: '6f1a3c1e-0000-4000-8000-000000000001',
  memoryBytes,
  vcpus: 1,
  cpuModel: 'qemu64',
  machineType: 'pc-q35-7.2',
  kernel: {
    image: 'vmlinuz',
    initramfs: 'initramfs',
    commandLine: 'console=ttyS0 quiet panic=-1 tsc=unstable lh.tick=100 lh.dirty=16,2000,8,random,random',
  },
  disks: [],
  nics: [],
  heartbeat: { kind: 'serial', prefix: 'TICK' },
  autostart: false,
  ...changes,
});

export interface QemuLab {
  readonly directory: string;
  host(site: string): QemuHost;
  open(site: string): Promise<QemuHypervisor>;
  /** Ends every guest and removes what is left. */
  close(): Promise<void>;
}

export async function createQemuLab(): Promise<QemuLab> {
  const directory = await mkdtemp(join(tmpdir(), 'lhq-'));
  const opened: QemuHypervisor[] = [];
  const host = (site: string): QemuHost => ({
    name: `${site}-1`,
    hypervisor: 'qemu',
    program: '/usr/bin/qemu-system-x86_64',
    accelerator: 'tcg',
    commandPrefix: [],
    memoryBytes: 2 ** 30,
    imageDirectory,
    definitionDirectory: join(directory, site, 'guests'),
    runtimeDirectory: join(directory, site, 'run'),
    storages: {},
    networks: {},
    migration: { address: '127.0.0.1', firstPort: 49_152, lastPort: 49_215 },
    postCopy: true,
  });
  return {
    directory,
    host,
    open: async (site) => {
      const hypervisor = await QemuHypervisor.open(
        host(site),
        { clock: realClock, log: silentLog, run: runCommand },
        AbortSignal.timeout(60_000),
      );
      opened.push(hypervisor);
      return hypervisor;
    },
    close: async () => {
      for (const hypervisor of opened) await hypervisor.close();
      await endAll(directory);
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** Ends the QEMU processes whose arguments name a file of the directory. */
async function endAll(directory: string): Promise<void> {
  const { stdout } = await runCommand(['ps', '-eo', 'pid,args'], { timeoutSeconds: 10 });
  for (const line of stdout
    .split('\n')
    .filter((each) => each.includes('qemu-system') && each.includes(directory)))
    process.kill(Number(line.trim().split(' ')[0]), 'SIGKILL');
}

export const guestImage = (): string | null => (existsSync(imageDirectory) ? null : 'no guest image');
