import path from 'node:path';
import { z } from 'zod';
import { type GatewayConfiguration, gatewayConfigurationSchema } from '../../gateway/configuration.ts';
import type { SourceFile } from '../../topology/load/document.ts';
import { load } from '../../topology/load/load.ts';
import { inputError } from '../../topology/load/problems.ts';
import { flag } from '../../topology/schema/elements.ts';
import { bytes, seconds } from '../../topology/schema/quantities.ts';
import { address, dnsName, endpointUrl, entityName, secret } from '../../topology/schema/texts.ts';
import { setupStallSecondsDefault, stallSecondsDefault } from './limits.ts';

/**
 * The file of one site's agent, `longhaul-agent/1`: what it mounts, where it listens, who may call it, where it keeps
 * what it must not forget. Read once, at start; every problem is told with its line and column.
 */
const filePath = (example: string) =>
  z
    .string()
    .regex(/^[^,\0]+$/, 'is not a path, or holds a comma')
    .meta({ examples: [example] });
const deviceName = (example: string) =>
  z
    .string()
    .regex(
      /^[A-Za-z0-9_.-]{1,15}$/,
      "is not the name of a network device: at most 15 letters, digits, '.', '_', '-'",
    )
    .meta({ examples: [example] });

const portRange = z
  .string()
  .transform((text, context) => {
    const [first = 0, last = 0] = (/^(\d{1,5})-(\d{1,5})$/.exec(text) ?? []).slice(1).map(Number);
    if (first >= 1 && first <= last && last <= 65_535) return { first, last };
    context.issues.push({ code: 'custom', input: text, message: `'${text}' is not a range of TCP ports` });
    return z.NEVER;
  })
  .meta({ examples: ['49152-49215'] });

const commandPrefix = z
  .array(z.string().min(1))
  .prefault([])
  .meta({
    examples: [['ip', 'netns', 'exec', 'paris']],
    description: 'Put before every command that concerns it.',
  });

const qemuHost = z.strictObject({
  name: entityName('paris-1').describe('As in the topology.'),
  hypervisor: z.literal('qemu').describe('Driver that speaks to it.'),
  accelerator: z
    .enum(['kvm', 'tcg'])
    .prefault('kvm')
    .meta({ examples: ['tcg'], description: 'tcg: without KVM.' }),
  program: filePath('/usr/bin/qemu-system-x86_64')
    .prefault('/usr/bin/qemu-system-x86_64')
    .describe('QEMU itself.'),
  commandPrefix,
  memory: bytes({ example: '64 GiB' }).describe('What its guests may have together.'),
  lockMemory: flag(false).describe(
    'Guests have all their memory from the start, locked: one that arrives waits for no page, and what it uses of it cannot be told any more. Needs CAP_IPC_LOCK; without it QEMU does not start.',
  ),
  images: filePath('/var/lib/longhaul/images').describe('Folder of kernels and initramfs.'),
  storages: z
    .record(entityName('san'), filePath('/srv/san'))
    .prefault({})
    .meta({ examples: [{ san: '/srv/san' }], description: 'Storage by name, and where it is mounted here.' }),
  networks: z
    .record(entityName('lan'), z.strictObject({ bridge: deviceName('br0') }))
    .prefault({})
    .meta({ examples: [{ lan: { bridge: 'br0' } }], description: 'Network by name, and its bridge here.' }),
  migration: z
    .strictObject({
      address: address('10.1.2.2').describe('Where it receives streams.'),
      ports: portRange.prefault('49152-49215').describe('One for each stream at a time.'),
    })
    .describe('The way of migration streams.'),
  postCopy: flag(true).describe('Whether its kernel lets guests fetch pages on demand (userfaultfd).'),
});

const dnsServer = z.strictObject({
  name: entityName('ns1').describe('Unique.'),
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
      description: 'It is authoritative for them.',
    }),
  key: z
    .strictObject({ name: dnsName('lh-key'), secret: secret('file:keys/paris.tsig') })
    .optional()
    .meta({ description: 'TSIG key (HMAC-SHA256, base64); without it the server is asked, never told.' }),
});

const balancer = z.strictObject({
  name: entityName('edge').describe('Unique.'),
  driver: z
    .literal('haproxy')
    .prefault('haproxy')
    .meta({ examples: ['haproxy'], description: 'Driver that speaks to it.' }),
  url: endpointUrl('unix:/run/haproxy/admin.sock').describe('Control interface.'),
  pools: z
    .array(entityName('web'))
    .min(1)
    .meta({ examples: [['web', 'api']] }),
});

const listen = z
  .string()
  .transform((text, context) => {
    const match = /^(\[[0-9a-f:]+\]|[^:[\]]+):(\d{1,5})$/i.exec(text);
    const port = Number(match?.[2]);
    if (match?.[1] !== undefined && port <= 65_535) return { host: match[1].replace(/^\[|\]$/g, ''), port };
    context.issues.push({ code: 'custom', input: text, message: `'${text}' is not an address and a port` });
    return z.NEVER;
  })
  .meta({ examples: ['127.0.0.1:7443'] });

export const agentFileSchema = z.strictObject({
  format: z.literal('longhaul-agent/1').describe('Says which form the file has.'),
  site: entityName('paris').describe('As in the topology.'),
  state: filePath('/var/lib/longhaul-agent').describe('Claims, guests, relocations: must outlive a reboot.'),
  runtime: filePath('/run/longhaul-agent')
    .optional()
    .describe('Sockets and logs of guests; its path is short, as sockets need. Default: run in `state`.'),
  listen: listen
    .prefault('127.0.0.1:7443')
    .describe('Beyond loopback only with TLS and a token or a client authority.'),
  token: secret('file:/etc/longhaul/agent.token').optional().describe('What callers must show.'),
  tls: z
    .strictObject({
      key: filePath('/etc/longhaul/agent.key'),
      certificate: filePath('/etc/longhaul/agent.crt'),
      clientAuthority: filePath('/etc/longhaul/workers-ca.crt')
        .optional()
        .describe('Callers must show a certificate that it signed.'),
    })
    .optional()
    .meta({ description: 'PEM files.' }),
  logLevel: z
    .enum(['debug', 'info', 'warn', 'error'])
    .prefault('info')
    .meta({ examples: ['debug'], description: 'Least of what is logged.' }),
  hosts: z.array(qemuHost).prefault([]).meta({ description: 'Hypervisor hosts.' }),
  gateway: z
    .strictObject({
      commandPrefix,
      configuration: gatewayConfigurationSchema.describe("The router's devices, networks and peers."),
    })
    .optional()
    .meta({ description: 'The router that is the default gateway of the guests.' }),
  dns: z.array(dnsServer).prefault([]).meta({ description: 'Authoritative name servers of the site.' }),
  balancers: z.array(balancer).prefault([]).meta({ description: 'Load balancers of the site.' }),
  stall: seconds({ example: '8 s', min: { value: 1, text: '1 s' } })
    .prefault(`${stallSecondsDefault} s`)
    .describe('A stream that moves no byte for so long has lost its path.'),
  setupStall: seconds({ example: '30 s', min: { value: 1, text: '1 s' } })
    .prefault(`${setupStallSecondsDefault} s`)
    .describe('The same while the stream is set up.'),
});

type AgentFile = z.output<typeof agentFileSchema>;

export interface AgentConfiguration extends Omit<AgentFile, 'hosts' | 'gateway' | 'runtime'> {
  readonly hosts: readonly ReturnType<typeof resolveHost>[];
  readonly gateway: {
    readonly commandPrefix: readonly string[];
    readonly configuration: GatewayConfiguration;
  } | null;
}

/** Throws LH_INPUT_INVALID with every problem. Paths in it are relative to the file. */
export function readAgentConfiguration(source: SourceFile): AgentConfiguration {
  const loaded = load(source, { kind: 'agent file', format: 'longhaul-agent/1', schema: agentFileSchema });
  if (loaded.raw !== null && loaded.isWhole) checkReferences(loaded.raw, loaded.report);
  if (loaded.raw === null || loaded.problems.length > 0) throw inputError(loaded.problems);
  return resolve(loaded.raw, path.dirname(path.resolve(source.file)));
}

function checkReferences(file: AgentFile, report: ReturnType<typeof load>['report']): void {
  for (const list of ['hosts', 'dns', 'balancers'] as const)
    file[list].forEach(({ name }, index) => {
      if (file[list].findIndex((other) => other.name === name) < index)
        report([list, index, 'name'], `'${name}' stands here a second time`, 'give each its own name');
    });
  const gatewaySite = file.gateway?.configuration.site;
  if (gatewaySite !== undefined && gatewaySite !== file.site)
    report(['gateway', 'configuration', 'site'], `'${gatewaySite}' is another site`, `write '${file.site}'`);
}

function resolve(file: AgentFile, directory: string): AgentConfiguration {
  const at = (name: string): string => path.resolve(directory, name);
  const state = at(file.state);
  const runtime = file.runtime === undefined ? path.join(state, 'run') : at(file.runtime);
  const { hosts, gateway, runtime: _, tls, ...rest } = file;
  return {
    ...rest,
    state,
    ...(tls === undefined ? {} : { tls: resolveTls(tls, at) }),
    gateway: gateway ?? null,
    hosts: hosts.map((host) => resolveHost(host, { at, state, runtime })),
  };
}

interface Folders {
  readonly at: (name: string) => string;
  readonly state: string;
  readonly runtime: string;
}

/** As src/hypervisors/qemu/configuration.ts wants it. */
function resolveHost(
  { memory, images, storages, migration, ...host }: AgentFile['hosts'][number],
  { at, state, runtime }: Folders,
) {
  return {
    ...host,
    memoryBytes: memory,
    imageDirectory: at(images),
    definitionDirectory: path.join(state, 'guests', host.name),
    runtimeDirectory: path.join(runtime, host.name),
    storages: Object.fromEntries(Object.entries(storages).map(([name, folder]) => [name, at(folder)])),
    migration: {
      address: migration.address,
      firstPort: migration.ports.first,
      lastPort: migration.ports.last,
    },
  };
}

function resolveTls(
  { key, certificate, clientAuthority }: NonNullable<AgentFile['tls']>,
  at: (name: string) => string,
): NonNullable<AgentFile['tls']> {
  return {
    key: at(key),
    certificate: at(certificate),
    ...(clientAuthority === undefined ? {} : { clientAuthority: at(clientAuthority) }),
  };
}
