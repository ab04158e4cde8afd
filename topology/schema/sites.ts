import { z } from 'zod';
import { count, flag, mtu, names, texts } from './elements.ts';
import { bytes, money, seconds, watts } from './quantities.ts';
import {
  address,
  addressRange,
  agentUrl,
  dnsName,
  endpointUrl,
  entityName,
  secret,
  subnet,
  unrepeated,
} from './texts.ts';
import { instant } from './times.ts';

const network = z.strictObject({
  name: entityName('lan').describe('Unique within its site.'),
  subnet: subnet('10.1.0.0/24').describe(
    'IPv4 prefix. Subnets of different sites are disjoint unless stretched.',
  ),
  defaultGateway: address('10.1.0.1').describe("The guests' default gateway, inside the subnet."),
  vlan: z
    .int()
    .min(1)
    .max(4094)
    .optional()
    .meta({ examples: [120], description: 'VLAN id (IEEE 802.1Q).' }),
  mtu: mtu().prefault(1500).describe('Bytes, 576 to 9216.'),
  dhcpPools: z
    .array(addressRange())
    .prefault([])
    .meta({
      examples: [['10.1.0.100-10.1.0.199']],
      description: 'Ranges that DHCP hands out; new addresses lie outside.',
    }),
  portSecurity: flag(false).describe('Switch ports let only registered MAC addresses speak.'),
  gatewayInline: flag(false).describe(
    'Our gateway is the default gateway here; routed-live needs it at both ends.',
  ),
});

const host = z.strictObject({
  name: entityName('paris-1').describe('Unique within its site.'),
  hypervisor: entityName('qemu').describe('Driver that speaks to it: simulated, qemu, libvirt.'),
  cpuArchitecture: z
    .string()
    .min(1)
    .prefault('x86_64')
    .meta({ examples: ['aarch64'], description: 'As uname -m says.' }),
  cpuModel: z
    .string()
    .min(1)
    .meta({ examples: ['Cascadelake-Server'], description: "The host's own CPU model." }),
  cpuModels: texts('Broadwell').describe('Further CPU models it can present to a guest.'),
  cores: count(1, 64).describe('Physical cores.'),
  memory: bytes({ example: '512 GiB', min: { value: 1, text: '1 B' } }).describe('For guests.'),
  storage: bytes({ example: '8 TiB' }).prefault('0 B').describe('Its own disks, for guests.'),
  storages: names('san-metro').describe('Shared storages it has mounted.'),
  machineTypes: texts('pc-q35-7.2').describe('Machine types it can run; empty: not restricted.'),
  movesMax: count(1, 2).prefault(2).describe('Moves it takes part in at once.'),
  devices: texts('gpu-a100').describe("Devices it can pass through; 'vtpm' where it can hold a virtual TPM."),
  power: z
    .strictObject({
      idle: watts({ example: '120 W' }).describe('Drawn while on and empty.'),
      busy: watts({ example: '480 W' }).describe('Drawn at full load.'),
    })
    .optional()
    .meta({ description: 'For consolidation.' }),
});

const expires = instant().optional().describe('When it ends; nothing is planned beyond.');

const filePath = (example: string) =>
  z
    .string()
    .min(1)
    .meta({ examples: [example] });

const agent = z.strictObject(
  {
    url: agentUrl('https://agent.paris.example:7443').describe('https; http only on loopback.'),
    token: secret('env:PARIS_AGENT_TOKEN').describe('Reference: env:NAME or file:PATH.'),
    certificateAuthority: filePath('pki/ca.pem')
      .optional()
      .describe("File of the CA that signed the agent's certificate."),
    client: z
      .strictObject({
        certificate: filePath('pki/worker.pem').describe('Its certificate.'),
        key: filePath('pki/worker.key').describe('The key of the certificate.'),
      })
      .optional()
      .meta({ description: 'What workers show an agent that asks for a certificate; PEM files.' }),
    expires,
  },
  unrepeated,
);

const dnsServer = z.strictObject({
  name: entityName('ns1').describe('Unique within its site.'),
  address: address('10.1.0.53').describe('Where it takes updates.'),
  port: z
    .int()
    .min(1)
    .max(65_535)
    .prefault(53)
    .meta({ examples: [5353], description: 'UDP and TCP port.' }),
  zones: z
    .array(dnsName('example.test'))
    .min(1)
    .meta({
      examples: [['example.test', '1.10.in-addr.arpa']],
      description: 'Zones it is authoritative for.',
    }),
  key: z
    .strictObject(
      {
        name: dnsName('lh-key').describe('Name of the TSIG key.'),
        secret: secret('file:keys/paris.tsig').describe('Reference: env:NAME or file:PATH.'),
        expires,
      },
      unrepeated,
    )
    .optional()
    .meta({ description: 'TSIG key (HMAC-SHA256); without it the server takes no updates from us.' }),
  transferLag: seconds({ example: '5 s' })
    .prefault('0 s')
    .describe('How long a change takes to reach its secondaries.'),
});

const dhcpServer = z.strictObject({
  name: entityName('kea-1').describe('Unique within its site.'),
  driver: entityName('kea').prefault('kea').describe('Driver that speaks to it.'),
  url: endpointUrl('http://127.0.0.1:8000').describe('Control interface.'),
  password: secret('env:KEA_PASSWORD').optional().describe('Reference: env:NAME or file:PATH.'),
  lease: seconds({ example: '1 h', min: { value: 1, text: '1 s' } }).describe('Length of its leases.'),
});

const balancer = z.strictObject({
  name: entityName('edge').describe('Unique within its site.'),
  driver: entityName('haproxy').prefault('haproxy').describe('Driver that speaks to it.'),
  url: endpointUrl('unix:/run/haproxy/admin.sock').describe('Control interface.'),
  pools: z
    .array(entityName('web'))
    .min(1)
    .meta({ examples: [['web', 'api']], description: 'Pools it balances.' }),
});

/** A data centre: its networks, hosts, and the servers it owns. */
export const site = z.strictObject({
  name: entityName('paris').describe('Unique.'),
  location: z
    .strictObject({
      latitude: z
        .number()
        .min(-90)
        .max(90)
        .meta({ examples: [48.8566], description: 'Degrees north.' }),
      longitude: z
        .number()
        .min(-180)
        .max(180)
        .meta({ examples: [2.3522], description: 'Degrees east.' }),
    })
    .optional()
    .meta({ description: 'With it, round trips are checked against light in fibre.' }),
  residency: z
    .string()
    .min(1)
    .optional()
    .meta({ examples: ['FR'], description: 'Country or region, for residency policies.' }),
  zones: names('pci').describe('Compliance zones it may hold.'),
  networks: z.array(network).prefault([]).meta({ description: 'Its layer-3 networks.' }),
  hosts: z.array(host).prefault([]).meta({ description: 'Its hypervisor machines.' }),
  agent: agent.optional().meta({ description: 'Its site agent; not needed where all is simulated.' }),
  dns: z.array(dnsServer).prefault([]).meta({ description: 'Authoritative name servers it owns.' }),
  dhcp: z.array(dhcpServer).prefault([]).meta({ description: 'DHCP servers it owns.' }),
  balancers: z.array(balancer).prefault([]).meta({ description: 'Load balancers it owns.' }),
  costPerHostHour: money('hour').optional().describe('What a host that is on costs; default 0.'),
  powerMax: watts({ example: '40 kW' })
    .optional()
    .describe('What its hosts may draw together; default no limit.'),
  movesMax: count(1, 10).optional().describe('Moves in and out at once; default no limit.'),
});
export type RawSite = z.output<typeof site>;
export type RawNetwork = RawSite['networks'][number];
export type RawHost = RawSite['hosts'][number];
