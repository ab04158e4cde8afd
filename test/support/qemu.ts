import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { QemuHost } from '../../src/hypervisors/qemu/configuration.ts';
import type { GuestDefinition } from '../../src/hypervisors/qemu/definition.ts';
import { QemuHypervisor } from '../../src/hypervisors/qemu/driver.ts';
import { buildGuestImage, findBusybox, findGuestKernel } from '../../src/lab/guest/image.ts';
import { realClock, runCommand } from '../../src/world/real.ts';
import type { TargetSpec } from '../../src/site/site.ts';
import { transferSettings } from './hypervisor-suite.ts';
import { labWorld } from './lab.ts';
import { silentLog } from './log.ts';
import { program } from './requires.ts';

/** Hosts on this machine with the lab's small guest 'app', without KVM; streams go over loopback. */
export const guestOf = (changes: Partial<GuestDefinition> = {}): GuestDefinition => ({
  format: 'longhaul-guest/1',
  workload: 'app',
  uuid: '6f1a3c1e-0000-4000-8000-000000000001',
  memoryBytes: 96 * 2 ** 20 + 8192,
  vcpus: 1,
  cpuModel: 'qemu64',
  machineType: 'pc-q35-7.2',
  kernel: {
    image: 'vmlinuz',
    initramfs: 'initramfs',
    commandLine: 'console=ttyS0 quiet panic=-1 tsc=unstable lh.tick=100 lh.dirty=8,1000,8,random,random',
  },
  disks: [],
  nics: [],
  heartbeat: { kind: 'serial', prefix: 'TICK' },
  autostart: false,
  ...changes,
});

export const specOf = (host: string, definition: unknown): TargetSpec => ({
  host,
  content: 'guest',
  settings: transferSettings,
  nics: [],
  definition,
});

export async function qemuNeeds(): Promise<readonly (string | null)[]> {
  return [
    program('qemu-system-x86_64'),
    program('cc'),
    (await findGuestKernel()) === null ? "no kernel of Debian's cloud flavour" : null,
    (await findBusybox()) === null ? 'no static busybox' : null,
  ];
}

export interface QemuHosts {
  readonly directory: string;
  host(site: string, changes?: Partial<QemuHost>): QemuHost;
  open(site: string, changes?: Partial<QemuHost>): Promise<QemuHypervisor>;
  pid(site: string): Promise<number>;
  /** Ends every guest and removes what is left. */
  close(): Promise<void>;
}

export async function createQemuHosts(): Promise<QemuHosts> {
  const directory = await mkdtemp(join(tmpdir(), 'lhq-'));
  const { kernel } = await buildGuestImage(labWorld());
  const opened: QemuHypervisor[] = [];
  const host = (site: string, changes: Partial<QemuHost> = {}): QemuHost => ({
    name: `${site}-1`,
    program: '/usr/bin/qemu-system-x86_64',
    accelerator: 'tcg',
    commandPrefix: [],
    memoryBytes: 2 ** 30,
    lockMemory: false,
    imageDirectory: dirname(kernel),
    definitionDirectory: join(directory, site, 'guests', `${site}-1`),
    runtimeDirectory: join(directory, site, 'run', `${site}-1`),
    storages: {},
    networks: {},
    migration: { address: '127.0.0.1', firstPort: 49_152, lastPort: 49_215 },
    postCopy: true,
    ...changes,
  });
  const pidsOf = async (): Promise<readonly { readonly pid: number; readonly line: string }[]> => {
    const { stdout } = await runCommand(['ps', '-ww', '-eo', 'pid,args'], { timeoutSeconds: 10 });
    return stdout
      .split('\n')
      .filter((line) => line.includes('qemu-system') && line.includes(`${directory}/`))
      .map((line) => ({ pid: Number(line.trim().split(' ')[0]), line }));
  };
  return {
    directory,
    host,
    open: async (site, changes) => {
      const world = { clock: realClock, log: silentLog, run: runCommand };
      const hypervisor = await QemuHypervisor.open(host(site, changes), world, AbortSignal.timeout(60_000));
      opened.push(hypervisor);
      return hypervisor;
    },
    pid: async (site) => (await pidsOf()).find(({ line }) => line.includes(`${directory}/${site}/`))!.pid,
    close: async () => {
      for (const hypervisor of opened) await hypervisor.close();
      for (const { pid } of await pidsOf()) process.kill(pid, 'SIGKILL');
      await rm(directory, { recursive: true, force: true });
    },
  };
}
