import { readdir } from 'node:fs/promises';
import { z } from 'zod';
import { LonghaulError } from '../../topology/errors.ts';
import type { RunCommand } from '../../topology/world.ts';
import type { Layout } from './layout.ts';
import { commandTimeoutSeconds, relayQueueFrames } from './limits.ts';

/** Builds the layout's namespaces and devices with ip(8), and knows them again by a mark on their loopback device. */
const markPrefix = 'longhaul-lab:';

/** Runs a program inside a namespace. */
export const inNamespace = (namespace: string, argv: readonly string[]): readonly string[] => [
  'ip',
  'netns',
  'exec',
  namespace,
  ...argv,
];

export async function runChecked(run: RunCommand, argv: readonly string[], stdin = ''): Promise<string> {
  const { exitCode, stdout, stderr } = await run(argv, { stdin, timeoutSeconds: commandTimeoutSeconds });
  if (exitCode === 0) return stdout;
  const lines = (stderr.trim() === '' ? stdout : stderr).trim().split('\n');
  throw new LonghaulError('LH_COMMAND_FAILED', [argv.join(' '), exitCode, lines.slice(-5).join('; ')]);
}

export async function listNamespaces(): Promise<readonly string[]> {
  return await readdir('/run/netns').catch(() => []);
}

/** Makes the namespace, marked as ours; nothing is in it yet. */
export async function createNamespace(run: RunCommand, name: string, labId: string): Promise<void> {
  await runChecked(run, ['ip', 'netns', 'add', name]);
  await runChecked(run, ['ip', '-n', name, 'link', 'set', 'lo', 'alias', markPrefix + labId]);
}

export async function deleteNamespace(run: RunCommand, name: string): Promise<void> {
  await runChecked(run, ['ip', 'netns', 'delete', name]);
}

const linkSchema = z.array(z.object({ ifname: z.string(), ifalias: z.string().optional() }));

/**
 * Whose namespace it is: the lab's id, 'bare' when nothing is in it (made, and killed before it was marked), 'foreign'
 * otherwise.
 */
export async function ownerOf(run: RunCommand, name: string): Promise<string> {
  const links = linkSchema.parse(JSON.parse(await runChecked(run, ['ip', '-n', name, '-j', 'link', 'show'])));
  const alias = links.find(({ ifname }) => ifname === 'lo')?.ifalias;
  if (alias?.startsWith(markPrefix) === true) return alias.slice(markPrefix.length);
  return alias === undefined && links.every(({ ifname }) => ifname === 'lo') ? 'bare' : 'foreign';
}

/** One namespace's share of the layout, as lines for `ip -n NAMESPACE -batch -`. */
export interface NamespaceLines {
  readonly namespace: string;
  readonly lines: readonly string[];
}

/** Cables, bridges, addresses and sysctls; routes follow when the relay holds the circuits' devices open. */
export async function buildNetwork(run: RunCommand, layout: Layout): Promise<void> {
  for (const namespace of layout.namespaces) await setSysctls(run, namespace, baseSysctls(layout, namespace));
  for (const part of [...renderDevices(layout), ...renderPlumbing(layout)]) await runLines(run, part);
}

export async function buildRoutes(run: RunCommand, layout: Layout): Promise<void> {
  for (const part of renderRoutes(layout)) await runLines(run, part);
}

export async function runLines(run: RunCommand, { namespace, lines }: NamespaceLines): Promise<void> {
  if (lines.length > 0)
    await runChecked(run, ['ip', '-n', namespace, '-batch', '-'], `${lines.join('\n')}\n`);
}

export async function setSysctls(
  run: RunCommand,
  namespace: string,
  values: Readonly<Record<string, string>>,
): Promise<void> {
  const pairs = Object.entries(values).map(([name, value]) => `${name}=${value}`);
  await runChecked(run, inNamespace(namespace, ['sysctl', '-q', '-w', ...pairs]));
}

/**
 * No IPv6, so that nothing is on a line but what was sent; bridged frames stay out of nft and conntrack; the provider's
 * routers check where packets come from (RFC 3704 §2.2), gateways leave that to their agent.
 */
function baseSysctls(layout: Layout, namespace: string): Readonly<Record<string, string>> {
  const isEdge = Object.values(layout.sites).some(({ edge }) => edge === namespace);
  return {
    'net.ipv6.conf.all.disable_ipv6': '1',
    'net.ipv6.conf.default.disable_ipv6': '1',
    ...(layout.routers.includes(namespace) ? { 'net.ipv4.ip_forward': '1' } : {}),
    ...(isEdge ? { 'net.ipv4.conf.all.rp_filter': '1' } : {}),
  };
}

export function renderDevices({ namespaces, cables, circuits, bridges }: Layout): readonly NamespaceLines[] {
  const taps = circuits.flatMap(({ ends }) => ends);
  return namespaces.map((namespace) => ({
    namespace,
    lines: [
      ...cables
        .filter(({ ends: [one] }) => one.namespace === namespace)
        .map(
          ({ ends: [one, two] }) =>
            `link add ${one.device} type veth peer name ${two.device} netns ${two.namespace}`,
        ),
      ...taps
        .filter((tap) => tap.namespace === namespace)
        .flatMap(({ device }) => [
          `tuntap add dev ${device} mode tap`,
          `link set ${device} txqueuelen ${relayQueueFrames}`,
        ]),
      ...bridges
        .filter(({ bridge }) => bridge.namespace === namespace)
        .map(({ bridge }) => `link add ${bridge.device} type bridge forward_delay 0`),
    ],
  }));
}

/** Ports into bridges, addresses, everything up. */
export function renderPlumbing({
  namespaces,
  cables,
  circuits,
  bridges,
  addresses,
  macs,
}: Layout): readonly NamespaceLines[] {
  const ends = [...cables, ...circuits].flatMap(({ ends }) => ends);
  return namespaces.map((namespace) => {
    const own = bridges.filter(({ bridge }) => bridge.namespace === namespace);
    return {
      namespace,
      lines: [
        ...own.flatMap(({ bridge, ports }) =>
          ports.map((port) => `link set ${port} master ${bridge.device}`),
        ),
        ...macs
          .filter((one) => one.namespace === namespace)
          .map(({ device, mac }) => `link set ${device} address ${mac}`),
        ...addresses
          .filter((one) => one.namespace === namespace)
          .map(({ device, address }) => `addr add ${address} dev ${device}`),
        'link set lo up',
        ...own.map(({ bridge }) => `link set ${bridge.device} up`),
        ...ends.filter((end) => end.namespace === namespace).map(({ device }) => `link set ${device} up`),
      ],
    };
  });
}

export function renderRoutes({ namespaces, routes }: Layout): readonly NamespaceLines[] {
  return namespaces.map((namespace) => ({
    namespace,
    lines: routes
      .filter((route) => route.namespace === namespace)
      .map(({ subnet, via, source }) =>
        [`route replace ${subnet} via ${via}`, ...(source === undefined ? [] : [`src ${source}`])].join(' '),
      ),
  }));
}

/** A hypervisor's port for a guest; adding it twice changes nothing. */
export async function addGuestPort(
  run: RunCommand,
  {
    hypervisor,
    bridge,
    port,
  }: { readonly hypervisor: string; readonly bridge: string; readonly port: string },
): Promise<void> {
  const links = linkSchema.parse(
    JSON.parse(await runChecked(run, ['ip', '-n', hypervisor, '-j', 'link', 'show'])),
  );
  if (links.some(({ ifname }) => ifname === port)) return;
  await runLines(run, {
    namespace: hypervisor,
    lines: [`tuntap add dev ${port} mode tap`, `link set ${port} master ${bridge}`, `link set ${port} up`],
  });
}
