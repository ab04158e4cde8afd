import { open } from 'node:fs/promises';
import { LonghaulError } from '../../topology/errors.ts';
import type { RunCommand } from '../../topology/world.ts';
import { findProgram } from '../world/programs.ts';
import { findBusybox, findGuestKernel } from './guest/image.ts';
import { commandTimeoutSeconds } from './limits.ts';

/** What the lab needs of the machine, each looked at before anything is made, all that is missing said at once. */
export interface Requirement {
  readonly what: string;
  /** Null: it is there. */
  readonly missing: string | null;
}

const programs: readonly (readonly [string, string])[] = [
  ['ip', 'iproute2'],
  ['sysctl', 'procps'],
  ['cc', 'gcc and libc6-dev'],
  ['nft', 'nftables'],
  ['conntrack', 'conntrack'],
  ['arping', 'arping'],
  ['named', 'bind9'],
  ['dig', 'bind9-dnsutils'],
  ['openssl', 'openssl'],
  ['qemu-system-x86_64', 'qemu-system-x86'],
];

/** Kernel features the lab's namespaces use; each is tried in a namespace of its own and gone again at once. */
const kernelTrials: readonly (readonly [string, readonly string[]])[] = [
  ['veth pairs', ['link', 'add', 'trial0', 'type', 'veth', 'peer', 'name', 'trial1']],
  ['bridges', ['link', 'add', 'trial2', 'type', 'bridge']],
  ['VXLAN', ['link', 'add', 'trial3', 'type', 'vxlan', 'id', '7', 'remote', '192.0.2.1', 'dstport', '4789']],
  ['macvlan', ['link', 'add', 'trial4', 'link', 'trial0', 'type', 'macvlan', 'mode', 'private']],
  ['TAP devices', ['tuntap', 'add', 'dev', 'trial5', 'mode', 'tap']],
  ['policy routing', ['rule', 'add', 'pref', '1000', 'fwmark', '1', 'lookup', '1000']],
];

export async function examineMachine(run: RunCommand): Promise<readonly Requirement[]> {
  if (process.platform !== 'linux') return [{ what: 'Linux', missing: `this is ${process.platform}` }];
  if (process.getuid?.() !== 0) return [{ what: 'root', missing: 'network namespaces need root; use sudo' }];
  const found = await Promise.all(programs.map(programRequirement));
  const guest = [
    { what: 'guest kernel', missing: missingPackage(await findGuestKernel(), 'linux-image-cloud-amd64') },
    { what: 'busybox', missing: missingPackage(await findBusybox(), 'busybox-static') },
    { what: '/dev/net/tun', missing: await deviceFault('/dev/net/tun') },
  ];
  const hasIp = found.every(({ what, missing }) => what !== 'ip' || missing === null);
  return [...found, ...guest, ...(hasIp ? await tryKernel(run) : [])];
}

export async function requireMachine(run: RunCommand): Promise<void> {
  const lacking = (await examineMachine(run)).filter(({ missing }) => missing !== null);
  if (lacking.length === 0) return;
  const text = lacking.map(({ what, missing }) => `${what}: ${missing ?? ''}`).join('; ');
  throw new LonghaulError('LH_LAB_UNSUPPORTED', [text]);
}

async function programRequirement([program, packageName]: readonly [string, string]): Promise<Requirement> {
  const found = await findProgram(program);
  return { what: program, missing: found === null ? `install Debian's ${packageName}` : null };
}

const missingPackage = (found: unknown, packageName: string): string | null =>
  found === null ? `run scripts/install-test-servers, or install Debian's ${packageName}` : null;

async function deviceFault(file: string): Promise<string | null> {
  return await open(file, 'r+').then(
    async (handle) => {
      await handle.close();
      return null;
    },
    (cause: unknown) => (cause as Error).message,
  );
}

async function tryKernel(run: RunCommand): Promise<readonly Requirement[]> {
  const namespace = `lh-trial-${process.pid}`;
  const command = async (argv: readonly string[]): Promise<string | null> => {
    const { exitCode, stderr } = await run(argv, { timeoutSeconds: commandTimeoutSeconds });
    return exitCode === 0 ? null : `the kernel refuses: ${stderr.trim().split('\n').at(-1) ?? ''}`;
  };
  const refused = await command(['ip', 'netns', 'add', namespace]);
  if (refused !== null) return [{ what: 'network namespaces', missing: refused }];
  const results: Requirement[] = [];
  try {
    for (const [what, argv] of kernelTrials)
      results.push({ what, missing: await command(['ip', '-n', namespace, ...argv]) });
  } finally {
    await command(['ip', 'netns', 'delete', namespace]);
  }
  return results;
}
