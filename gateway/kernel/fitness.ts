import { z } from 'zod';
import type { GatewayConfiguration } from '../configuration.ts';
import { succeeded } from './ip.ts';
import type { KernelPort, RunOptions } from './port.ts';

/** What the gateway calls (Debian: iproute2, nftables, conntrack, arping, socat, procps, grep, iputils-ping). */
const programs = ['ip', 'nft', 'conntrack', 'arping', 'socat', 'sysctl', 'grep', 'ping'];
const listMissing = [
  'sh',
  '-c',
  'for p in "$@"; do command -v "$p" >/dev/null || echo "$p"; done',
  'sh',
  ...programs,
];
const forwarding = 'net/ipv4/ip_forward';

const links = z.array(
  z.object({
    ifname: z.string(),
    address: z.string().optional(),
    addr_info: z.array(z.object({ local: z.string().optional() })),
  }),
);

/** Where this machine is not the router that the configuration describes; looked at once, before anything is changed. */
export async function unfitness(
  kernel: KernelPort,
  { wan, networks }: GatewayConfiguration,
  options: RunOptions = {},
): Promise<readonly string[]> {
  const missing = succeeded(listMissing, await kernel.run(listMissing, options))
    .split('\n')
    .filter(isText);
  if (missing.length > 0) return [`not installed: ${missing.join(', ')}`];
  const listing = ['ip', '-N', '-j', '-d', '-batch', '-'];
  const [listed, forwards] = await Promise.all([
    kernel.run(listing, { ...options, stdin: 'addr show\n' }),
    kernel.run(['grep', '-H', '', `/proc/sys/${forwarding}`], options),
  ]);
  const found = links.parse(JSON.parse(succeeded(listing, listed)));
  const expected = [
    { name: wan.device, address: wan.address, mac: null },
    ...networks.map(({ device, defaultGateway, defaultGatewayMac }) => ({
      name: device,
      address: defaultGateway,
      mac: defaultGatewayMac,
    })),
  ];
  return [
    ...expected.flatMap((device) => deviceProblems(found, device)),
    ...(forwards.stdout.trim().endsWith(':1')
      ? []
      : [`it does not forward packets (${forwarding} is not 1)`]),
  ];
}

function deviceProblems(
  found: z.infer<typeof links>,
  { name, address, mac }: { readonly name: string; readonly address: string; readonly mac: string | null },
): readonly string[] {
  const device = found.find(({ ifname }) => ifname === name);
  if (device === undefined) return [`there is no device '${name}'`];
  const hasAddress = device.addr_info.some(({ local }) => local === address);
  return [
    ...(hasAddress ? [] : [`'${name}' does not have the address ${address}`]),
    ...(mac === null || mac === device.address
      ? []
      : [`'${name}' has the MAC address ${device.address ?? '(none)'}, not ${mac}`]),
  ];
}

function isText(line: string): boolean {
  return line !== '';
}
