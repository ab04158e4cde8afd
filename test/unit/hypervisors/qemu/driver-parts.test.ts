import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { guestKey, qemuArguments } from '../../../../src/hypervisors/qemu/arguments.ts';
import { guestFiles, type QemuHost } from '../../../../src/hypervisors/qemu/configuration.ts';
import { type GuestDefinition, parseDefinition } from '../../../../src/hypervisors/qemu/definition.ts';
import { fitDefinition, refuseUnfitOrder } from '../../../../src/hypervisors/qemu/fit.ts';
import { readHeartbeat } from '../../../../src/hypervisors/qemu/heartbeat.ts';
import { parseMachineTypes } from '../../../../src/hypervisors/qemu/machine-types.ts';
import {
  capabilitiesOf,
  parametersOf,
  runningParametersOf,
} from '../../../../src/hypervisors/qemu/settings.ts';
import { transferSettings } from '../../../support/hypervisor-suite.ts';
import { specOf } from '../../../support/qemu.ts';

const host: QemuHost = {
  name: 'lyon-1',
  program: '/usr/bin/qemu-system-x86_64',
  accelerator: 'tcg',
  commandPrefix: ['ip', 'netns', 'exec', 'lyon'],
  memoryBytes: 2 ** 30,
  lockMemory: false,
  imageDirectory: '/images',
  definitionDirectory: '/state/guests',
  runtimeDirectory: '/run/lh',
  storages: { san: '/srv/san' },
  networks: { lan: { bridge: 'br0' } },
  migration: { address: '10.2.2.2', firstPort: 49_152, lastPort: 49_215 },
  postCopy: true,
};

const definition: GuestDefinition = {
  format: 'longhaul-guest/1',
  workload: 'app',
  uuid: '6f1a3c1e-0000-4000-8000-000000000001',
  memoryBytes: 64 * 2 ** 20 + 8192,
  vcpus: 2,
  cpuModel: 'qemu64',
  machineType: 'pc-q35-7.2',
  kernel: { image: 'vmlinuz', initramfs: null, commandLine: 'console=ttyS0 a,b' },
  disks: [{ name: 'root', storage: 'san', file: 'app.qcow2', format: 'qcow2' }],
  nics: [{ mac: '52:54:00:00:00:01', network: 'lan' }],
  heartbeat: { kind: 'serial', prefix: 'TICK' },
  autostart: false,
};

test('the argument vector of a target: everything by its own folders, standing still, waiting for its stream', () => {
  const key = guestKey('app');
  const run = `/run/lh/${key}`;
  const argv = qemuArguments(host, definition, { files: guestFiles(host, key), awaitsStream: true });
  expect(argv.join(' ')).toBe(
    [
      'ip netns exec lyon /usr/bin/qemu-system-x86_64 -name guest=app -uuid 6f1a3c1e-0000-4000-8000-000000000001',
      '-machine pc-q35-7.2 -accel tcg -cpu qemu64 -smp 2 -m 65544K -nodefaults -no-user-config -display none -S',
      '-kernel /images/vmlinuz -append console=ttyS0 a,b',
      '-blockdev driver=qcow2,node-name=disk0,file.driver=file,file.filename=/srv/san/app.qcow2,cache.direct=on',
      '-device virtio-blk-pci,drive=disk0,id=virtio-disk0,bootindex=1',
      `-netdev tap,id=nic0,ifname=lh${key}n0,script=no,downscript=no`,
      '-device virtio-net-pci,netdev=nic0,id=virtio-nic0,mac=52:54:00:00:00:01,romfile=,guest_announce=off',
      `-chardev file,id=serial0,path=${run}/serial.log,append=on -serial chardev:serial0`,
      `-chardev socket,id=monitor0,path=${run}/qmp,server=on,wait=off -mon chardev=monitor0,mode=control`,
      `-chardev socket,id=monitor1,path=${run}/qmp2,server=on,wait=off -mon chardev=monitor1,mode=control`,
      `-sandbox on,obsolete=deny,resourcecontrol=deny -incoming defer -daemonize -pidfile ${run}/pid`,
    ].join(' '),
  );
  expect(`lh${key}n0`.length).toBeLessThanOrEqual(15);
});

test('where guests are locked in memory, room for translated code is bounded: it would be locked too', () => {
  const order = { files: guestFiles(host, guestKey('app')), awaitsStream: true };
  const argv = (accelerator: QemuHost['accelerator']) =>
    qemuArguments({ ...host, accelerator, lockMemory: true }, definition, order).join(' ');
  expect(argv('tcg')).toContain(' -accel tcg,tb-size=64 ');
  expect(argv('tcg')).toContain(' -overcommit mem-lock=on ');
  expect(argv('kvm')).toContain(' -accel kvm ');
});

test('a definition from another site names no paths and no options', () => {
  const wrong = {
    ...definition,
    machineType: 'pc,accel=kvm',
    kernel: { image: '../../etc/shadow', initramfs: null, commandLine: '' },
    disks: [{ name: 'root', storage: 'san', file: '/dev/sda', format: 'raw' }],
    exec: 'reboot',
  };
  expect(() => parseDefinition(wrong, "definition of 'app'")).toThrow(
    expect.objectContaining({ code: 'LH_INPUT_INVALID' }),
  );
  for (const part of ['machineType', 'kernel.image', 'disks[0].file', 'exec'])
    expect(() => parseDefinition(wrong, "definition of 'app'")).toThrow(part);
});

const fit = (changes: Partial<QemuHost>, nics: readonly { mac: string; network: string }[] = []) =>
  fitDefinition(
    { ...host, ...changes },
    { workload: 'app', spec: { ...specOf('lyon-1', definition), nics }, memoryBytesFree: 2 ** 27 },
  );

test('at the target each card joins the network it is told, and what does not fit is refused by name', () => {
  const networks = { 'lyon-lan': { bridge: 'br1' } };
  expect(fit({ networks }, [{ mac: '52:54:00:00:00:01', network: 'lyon-lan' }]).nics).toEqual([
    { mac: '52:54:00:00:00:01', network: 'lyon-lan' },
  ]);
  expect(() => fit({ networks })).toThrow("host 'lyon-1' has no network 'lan'; it has lyon-lan");
  expect(() =>
    fitDefinition(host, { workload: 'app', spec: specOf('lyon-1', definition), memoryBytesFree: 1 }),
  ).toThrow("host 'lyon-1' has 1 bytes of memory left for guests; it needs 67117056");
  expect(() =>
    fitDefinition(host, { workload: 'db', spec: specOf('lyon-1', definition), memoryBytesFree: 2 ** 30 }),
  ).toThrow("the definition is of 'app'");
});

test('a stream is sent to an address only, and a memory size that QEMU would lose pages of is not sent at all', () => {
  const order = { content: 'guest', settings: transferSettings } as const;
  refuseUnfitOrder(host, definition, { ...order, uri: 'tcp:10.2.2.2:49152' });
  for (const uri of ['exec:reboot', 'fd:3', 'tcp:10.2.2.2:49152,to=5', 'unix:/run/x'])
    expect(() => refuseUnfitOrder(host, definition, { ...order, uri })).toThrow(
      'is not of the form tcp:ADDRESS:PORT',
    );
  const round = { ...definition, memoryBytes: 64 * 2 ** 20 };
  expect(() => refuseUnfitOrder(host, round, { ...order, uri: 'tcp:10.2.2.2:49152' })).toThrow(
    'give it 67117056 bytes',
  );
  refuseUnfitOrder({ ...host, accelerator: 'kvm' }, round, { ...order, uri: 'tcp:10.2.2.2:49152' });
});

test('every setting is said to QEMU, on or off, in its own units', () => {
  const on = (settings: typeof transferSettings) =>
    capabilitiesOf(settings).flatMap(({ capability, state }) => (state ? [capability] : []));
  const always = ['events', 'return-path', 'late-block-activate', 'validate-uuid'];
  expect(on(transferSettings)).toEqual(always);
  const all = {
    ...transferSettings,
    mode: 'hybrid',
    autoConverge: true,
    xbzrleCacheBytes: 100_000_000,
    multifdChannels: 4,
    compress: true,
    maxBandwidthBytesPerSecond: 12.5,
  } as const;
  expect(on(all)).toEqual([...always, 'auto-converge', 'xbzrle', 'multifd', 'compress', 'postcopy-ram']);
  expect(parametersOf(transferSettings)).toEqual({
    'max-bandwidth': 0,
    'downtime-limit': 300,
    'max-postcopy-bandwidth': 0,
  });
  expect(parametersOf(all)).toMatchObject({
    'xbzrle-cache-size': 2 ** 26,
    'multifd-channels': 4,
    'max-bandwidth': 13,
  });
  expect(runningParametersOf({ downtimeLimitSeconds: 0.0001 })).toEqual({ 'downtime-limit': 1 });
  expect(runningParametersOf({})).toEqual({});
});

test('the heartbeat is the last whole line of the guest that counts', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'lh-heartbeat-'));
  const log = join(folder, 'serial.log');
  try {
    expect(await readHeartbeat(log, definition)).toBeNull();
    await writeFile(log, 'BOOTED app\r\nTICK 1\r\nTICK 12\r\nTICK x\r\nTOCK 99\r\nTICK 13 late\r\nTICK 14');
    expect(await readHeartbeat(log, definition)).toEqual({ count: 12 });
    await writeFile(log, `TICK 1\n${'x'.repeat(100_000)}\nTICK 20\n`);
    expect(await readHeartbeat(log, definition)).toEqual({ count: 20 });
    expect(await readHeartbeat(log, { ...definition, heartbeat: null })).toBeNull();
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('machine types are those with a version', () => {
  const text = `Supported machines are:
microvm              microvm (i386)
pc                   Standard PC (i440FX + PIIX, 1996) (alias of pc-i440fx-7.2)
pc-i440fx-7.2        Standard PC (i440FX + PIIX, 1996) (default)
pc-q35-7.2           Standard PC (Q35 + ICH9, 2009)
none                 empty machine
`;
  expect(parseMachineTypes(text)).toEqual(['pc-i440fx-7.2', 'pc-q35-7.2']);
});
