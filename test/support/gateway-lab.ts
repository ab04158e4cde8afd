import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ts from 'typescript';
import type { GatewayConfiguration } from '../../gateway/configuration.ts';
import { gatewayConfigurationSchema } from '../../gateway/configuration.ts';
import { createGatewayAgent } from '../../gateway/agent/agent.ts';
import type { GatewayAgent } from '../../gateway/agent/gateway-agent.ts';
import { createLinuxKernel } from '../../gateway/kernel/linux.ts';
import type { Relocation, RelocationStatus } from '../../gateway/relocation.ts';
import { startCoprocess } from '../../src/world/coprocess.ts';
import { realClock, runCommand } from '../../src/world/real.ts';
import { silentLog } from './log.ts';
import { program, root } from './requires.ts';
import type { SessionResult } from './session.ts';

/**
 * Two sites and the WAN between them, as network namespaces of this test process.
 *
 *   c1 192.0.2.10 ───────────── wan ─────────────┐
 *                    198.51.100.1│                │203.0.113.1        (strict reverse path filter)
 *                        wan0 .2│                 │wan0 .2
 *                     ┌────gwa──┘                 └──gwb────┐
 *       00:00:5e:00:01:01 lan0 10.1.0.1      lan0 10.2.0.1  00:00:5e:00:01:02
 *                     │                                     │
 *   hv:             bridge bra ── c2 10.1.0.20            bridge brb ── c3 10.2.0.30
 *                     └── port of g1 10.1.0.50, g2 10.1.0.51: plugged into one bridge, none (paused), or the other;
 *                         the guest's own carrier stays up
 */
export const sites = {
  a: {
    site: 'paris',
    wan: '198.51.100.2',
    subnet: '10.1.0.0/24',
    defaultGateway: '10.1.0.1',
    mac: '00:00:5e:00:01:01',
  },
  b: {
    site: 'lyon',
    wan: '203.0.113.2',
    subnet: '10.2.0.0/24',
    defaultGateway: '10.2.0.1',
    mac: '00:00:5e:00:01:02',
  },
} as const;
export type SiteKey = keyof typeof sites;
const network = 'apps';
const vni = 7;

export const guests = {
  g1: { mac: '02:00:00:00:01:50', oldAddress: '10.1.0.50', newAddress: '10.2.0.50' },
  g2: { mac: '02:00:00:00:01:51', oldAddress: '10.1.0.51', newAddress: '10.2.0.51' },
} as const;
export type GuestKey = keyof typeof guests;

export interface GatewayLab {
  /** The full name of a namespace of this lab. */
  namespace(name: string): string;
  /** Runs a command in a namespace; fails the test when it fails. */
  in(name: string, ...argv: readonly string[]): Promise<string>;
  /** All of a gateway's network configuration, ours and others', without counters and what comes by itself. */
  snapshot(site: SiteKey): Promise<string>;
  configuration(site: SiteKey): GatewayConfiguration;
  readonly directory: string;
  /** `null`: unplugged, which is how a guest is paused here. */
  plug(guest: GuestKey, site: SiteKey | null): Promise<void>;
  /** An agent on its kernel, started; all of them are closed when the lab goes down. */
  agent(site: SiteKey, signal: AbortSignal): Promise<GatewayAgent>;
  open(from: string, host: string, everyMilliseconds: number): Promise<LabSession>;
  down(): Promise<void>;
}

export interface LabSession {
  end(): Promise<SessionResult>;
}

export const sessionPort = 7000;

export async function gatewayLab(): Promise<GatewayLab> {
  const prefix = `lhgw${process.pid}`;
  const names = ['wan', 'gwa', 'gwb', 'hv', 'c1', 'c2', 'c3', 'g1', 'g2'];
  const namespace = (name: string) => `${prefix}-${name}`;
  const enter = (name: string) => ['nsenter', `--net=/run/netns/${namespace(name)}`];
  const children = new Set<ChildProcess>();
  const directory = await mkdtemp(join(tmpdir(), 'lhgw-'));
  const script = await compileSession(directory);
  const run = async (argv: readonly string[], stdin = '') => {
    const result = await runCommand(argv, { stdin, timeoutSeconds: 30 });
    if (result.exitCode !== 0) throw new Error(`${argv.join(' ')}: ${result.stderr}`);
    return result.stdout;
  };
  const start = async (name: string, args: readonly string[], until: string) => {
    const child = spawn(enter(name)[0]!, [...enter(name).slice(1), process.execPath, script, ...args], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    children.add(child);
    const output = lines(child);
    const first = await output.next();
    if (first.value !== until)
      throw new Error(`session ${args.join(' ')} in ${name}: ${String(first.value)}`);
    return { child, output };
  };
  for (const name of names) await run(['ip', 'netns', 'add', namespace(name)]);
  for (const [name, commands] of Object.entries(plan(namespace)))
    await run(['ip', '-n', namespace(name), '-batch', '-'], commands.map((line) => `${line}\n`).join(''));
  for (const [name, settings] of Object.entries(settingsOf))
    await run([...enter(name), 'sysctl', '-q', '-w', ...settings]);
  for (const server of [...Object.keys(guests), 'c1', 'c2', 'c3'])
    await start(server, ['serve', String(sessionPort)], 'ready');
  const kernelOf = (site: SiteKey) =>
    createLinuxKernel({
      prefix: enter(`gw${site}`),
      run: runCommand,
      start: startCoprocess,
      clock: realClock,
    });
  const agents: GatewayAgent[] = [];
  return {
    namespace,
    directory,
    in: (name, ...argv) => run([...enter(name), ...argv]),
    snapshot: async (site) => {
      const listed = await run([...enter(`gw${site}`), 'sh', '-c', snapshotScript]);
      return listed.replaceAll(' linkdown', '');
    },
    configuration: configurationOf,
    agent: async (site, signal) => {
      const agent = createGatewayAgent({
        configuration: configurationOf(site),
        kernel: kernelOf(site),
        directory: join(directory, site),
        clock: realClock,
        log: silentLog,
      });
      await agent.start(signal);
      agents.push(agent);
      return agent;
    },
    plug: async (guest, site) => {
      const port = `p-${guest}`;
      await run([
        ...['ip', '-n', namespace('hv'), 'link', 'set', port],
        ...(site === null ? ['nomaster'] : ['master', `br${site}`]),
      ]);
    },
    open: async (from, host, every) => {
      const { child, output } = await start(from, ['open', host, String(sessionPort), String(every)], 'open');
      return {
        end: async () => {
          child.stdin.end();
          const result = await output.next();
          return JSON.parse(String(result.value)) as SessionResult;
        },
      };
    },
    down: async () => {
      for (const agent of agents) await agent.close();
      for (const child of children) child.kill('SIGKILL');
      for (const name of names)
        await runCommand(['ip', 'netns', 'del', namespace(name)], { timeoutSeconds: 30 });
      await rm(directory, { recursive: true });
    },
  };
}

const snapshotScript = [
  'ip -4 -o -N address show',
  "ip -br link show | awk '{ print $1, $3 }'",
  'ip -4 -N route show table all',
  'ip -N rule show',
  'ip -N neigh show nud permanent',
  'ip -N neigh show proxy',
  'nft list ruleset',
].join('; ');

/** Compiled once: a child of its own would take half a second each to do so. */
async function compileSession(directory: string): Promise<string> {
  const source = await readFile(join(import.meta.dirname, 'session.ts'), 'utf8');
  const options = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 };
  const script = join(directory, 'session.mjs');
  await writeFile(script, ts.transpileModule(source, { compilerOptions: options }).outputText);
  return script;
}

async function* lines(child: ChildProcess): AsyncGenerator<string, void> {
  let rest = '';
  for await (const chunk of child.stdout!) {
    rest += String(chunk);
    const complete = rest.split('\n');
    rest = complete.pop() ?? '';
    yield* complete;
  }
}

function plan(namespace: (name: string) => string): Record<string, readonly string[]> {
  const up = (device: string, address?: string) => [
    ...(address === undefined ? [] : [`addr add ${address} dev ${device}`]),
    `link set ${device} up`,
  ];
  const pair = (device: string, peer: string, peerNamespace: string) =>
    `link add ${device} type veth peer name ${peer} netns ${namespace(peerNamespace)}`;
  const gateway = (site: SiteKey, other: SiteKey) => [
    'link set lo up',
    ...up('wan0', `${sites[site].wan}/24`),
    `link set lan0 address ${sites[site].mac}`,
    ...up('lan0', `${sites[site].defaultGateway}/24`),
    `route add default via ${wanRouter[site]}`,
    `route add ${sites[other].subnet} via ${wanRouter[site]}`,
  ];
  const host = (address: string, defaultGateway: string, mac?: string) => [
    'link set lo up',
    ...(mac === undefined ? [] : [`link set eth0 address ${mac}`]),
    ...up('eth0', `${address}/24`),
    `route add default via ${defaultGateway}`,
  ];
  return {
    wan: [
      pair('w-a', 'wan0', 'gwa'),
      pair('w-b', 'wan0', 'gwb'),
      pair('w-c1', 'eth0', 'c1'),
      ...up('w-a', '198.51.100.1/24'),
      ...up('w-b', '203.0.113.1/24'),
      ...up('w-c1', '192.0.2.1/24'),
      'route add 10.1.0.0/24 via 198.51.100.2',
      'route add 10.2.0.0/24 via 203.0.113.2',
    ],
    hv: [
      'link add bra type bridge',
      'link add brb type bridge',
      ...up('bra'),
      ...up('brb'),
      ...(
        [
          ['p-gwa', 'lan0', 'gwa', 'bra'],
          ['p-gwb', 'lan0', 'gwb', 'brb'],
          ['p-c2', 'eth0', 'c2', 'bra'],
          ['p-c3', 'eth0', 'c3', 'brb'],
          ['p-g1', 'eth0', 'g1', 'bra'],
          ['p-g2', 'eth0', 'g2', 'bra'],
        ] as const
      ).flatMap(([port, device, peer, bridge]) => [
        pair(port, device, peer),
        `link set ${port} master ${bridge} up`,
      ]),
    ],
    gwa: gateway('a', 'b'),
    gwb: gateway('b', 'a'),
    c1: host('192.0.2.10', '192.0.2.1'),
    c2: host('10.1.0.20', '10.1.0.1'),
    c3: host('10.2.0.30', '10.2.0.1'),
    g1: host(guests.g1.oldAddress, '10.1.0.1', guests.g1.mac),
    g2: host(guests.g2.oldAddress, '10.1.0.1', guests.g2.mac),
  };
}

const wanRouter = { a: '198.51.100.1', b: '203.0.113.1' } as const;

const strict = ['net.ipv4.conf.all.rp_filter=1', 'net.ipv4.ip_forward=1'];
const settingsOf = {
  wan: [...strict, 'net.ipv4.conf.w-a.rp_filter=1', 'net.ipv4.conf.w-b.rp_filter=1'],
  gwa: ['net.ipv4.ip_forward=1', 'net.ipv4.conf.wan0.rp_filter=1', 'net.ipv4.conf.lan0.rp_filter=1'],
  gwb: ['net.ipv4.ip_forward=1', 'net.ipv4.conf.wan0.rp_filter=1', 'net.ipv4.conf.lan0.rp_filter=1'],
  hv: ['net.bridge.bridge-nf-call-iptables=0'],
};

function configurationOf(site: SiteKey): GatewayConfiguration {
  const here = sites[site];
  const there = sites[site === 'a' ? 'b' : 'a'];
  return gatewayConfigurationSchema.parse({
    site: here.site,
    wan: { device: 'wan0', address: here.wan },
    networks: [
      {
        name: network,
        device: 'lan0',
        subnet: here.subnet,
        defaultGateway: here.defaultGateway,
        defaultGatewayMac: here.mac,
      },
    ],
    peers: [{ site: there.site, address: there.wan, vni }],
  });
}

/** A guest's relocation from a to b, as seen from one of them. */
export function relocationOf(
  guest: GuestKey,
  role: Relocation['role'],
  change: Pick<Relocation, 'phase'> & Partial<Relocation>,
): Relocation {
  const other = role === 'source' ? sites.b : sites.a;
  return {
    id: `${guest}-1`,
    role,
    workload: guest,
    guest: { ...guests[guest], origin: 'static' },
    oldSubnet: {
      subnet: sites.a.subnet,
      defaultGateway: sites.a.defaultGateway,
      defaultGatewayMac: sites.a.mac,
    },
    network,
    peer: { site: other.site, address: other.wan },
    sessions: [],
    quarantineUntilSeconds: null,
    ...change,
  };
}

/** The agents of both gateways of a lab, and what tests do with them. */
export interface GatewayPair {
  readonly agents: Readonly<Record<SiteKey, GatewayAgent>>;
  put(guest: GuestKey, site: SiteKey, change: Parameters<typeof relocationOf>[2]): Promise<RelocationStatus>;
  /** It stops at one site and runs, a moment later, at the other; or at the same again. */
  carry(guest: GuestKey, from: SiteKey, to: SiteKey): Promise<void>;
}

export async function gatewayPair(lab: GatewayLab, signal: AbortSignal): Promise<GatewayPair> {
  const agents = { a: await lab.agent('a', signal), b: await lab.agent('b', signal) };
  return {
    agents,
    put: async (guest, site, change) =>
      await agents[site].put(relocationOf(guest, site === 'a' ? 'source' : 'target', change), signal),
    carry: async (guest, from, to) => {
      await lab.plug(guest, null);
      await agents[from].follow(guest, 'stopped');
      await realClock.sleep(0.1);
      await lab.plug(guest, to);
      await agents[to].follow(guest, 'runs');
    },
  };
}

/** What a test in this lab needs. */
export const gatewayLabNeeds = (): readonly (string | null)[] => [
  root(),
  ...['ip', 'nft', 'conntrack', 'arping', 'socat', 'nsenter', 'sysctl'].map(program),
];
