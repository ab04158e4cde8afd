import { z } from 'zod';
import { isAddress, isInSubnet, isSubnet } from '../topology/addresses.ts';
import { tunnelIndexes } from './desired/marks.ts';

/**
 * One gateway: the router that is the default gateway of its site's guests. Its processes run in the router's network
 * namespace, or reach it through a command prefix. Both gateways of a pair of sites are given the same VNI.
 */
const deviceName = z
  .string()
  .regex(
    /^[A-Za-z0-9_.-]{1,15}$/,
    'must be the name of a network device: at most 15 letters, digits, ".", "_", "-"',
  );
const address = z.string().refine(isAddress, 'must be an IPv4 address; write for example "198.51.100.2"');
const subnet = z.string().refine(isSubnet, 'must be an IPv4 subnet; write for example "10.1.0.0/24"');
const mac = z
  .string()
  .regex(
    /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/,
    'must be a MAC address in lower case; write for example "00:00:5e:00:01:01"',
  );

const shape = z.strictObject({
  site: z.string().min(1),
  wan: z.strictObject({ device: deviceName, address }),
  networks: z.array(
    z.strictObject({
      name: z.string().min(1),
      device: deviceName,
      subnet,
      defaultGateway: address,
      /** What guests know the default gateway by; of the device itself, or a virtual one it answers with. */
      defaultGatewayMac: mac,
    }),
  ),
  peers: z.array(
    z.strictObject({
      site: z.string().min(1),
      /** Its gateway on the WAN: the far end of the tunnel, and the only one it accepts packets from. */
      address,
      /** RFC 7348 §5: 24 bits. */
      vni: z.int().min(1).max(0xff_ffff),
    }),
  ),
  /** RFC 7348 §5: IANA assigned 4789. */
  vxlanPort: z.int().min(1).max(65_535).default(4789),
});

export const gatewayConfigurationSchema = shape.superRefine((configuration, context) => {
  const problem = (path: (string | number)[], message: string) =>
    context.addIssue({ code: 'custom', path, message });
  configuration.networks.forEach((network, index) => {
    if (!isInSubnet(network.defaultGateway, network.subnet))
      problem(
        ['networks', index, 'defaultGateway'],
        `${network.defaultGateway} is not in ${network.subnet}, the subnet of '${network.name}'`,
      );
  });
  for (const [list, key] of [
    ['networks', 'name'],
    ['networks', 'device'],
    ['peers', 'site'],
    ['peers', 'address'],
  ] as const)
    for (const index of repeats(
      (configuration[list] as readonly Record<string, unknown>[]).map((one) => one[key]),
    ))
      problem([list, index, key], 'is used twice');
  for (const index of repeats(configuration.peers.map(({ vni }) => vni % tunnelIndexes)))
    problem(['peers', index, 'vni'], `must differ from the other peers' modulo ${tunnelIndexes}`);
});

export type GatewayConfiguration = Readonly<z.infer<typeof shape>>;
export type GatewayNetwork = GatewayConfiguration['networks'][number];
export type GatewayPeer = GatewayConfiguration['peers'][number];

/** Indexes of the values that stood in the list before. */
function repeats(values: readonly unknown[]): readonly number[] {
  return values.flatMap((value, index) => (values.indexOf(value) < index ? [index] : []));
}
