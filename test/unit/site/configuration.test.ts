import { expect, test } from 'vitest';
import { readAgentConfiguration } from '../../../src/site/configuration.ts';

const read = (text: string) => readAgentConfiguration({ file: '/etc/longhaul/agent.yaml', text });

const whole = `format: longhaul-agent/1
site: paris
state: /var/lib/lh
runtime: /run/lh
listen: 10.1.1.1:7443
token: file:/etc/longhaul/token
tls: { key: agent.key, certificate: agent.crt }
hosts:
  - name: paris-1
    hypervisor: qemu
    accelerator: tcg
    memory: 4 GiB
    images: images
    networks: { lan: { bridge: br0 } }
    migration: { address: 10.1.2.2, ports: 49152-49160 }
    commandPrefix: [ip, netns, exec, a-hv]
dns:
  - { name: ns1, address: 10.1.1.2, zones: [example.test], key: { name: lh, secret: 'env:TSIG' } }
`;

test('a file says what the agent mounts; its paths are relative to it', () => {
  const { hosts, listen, tls, stall, gateway } = read(whole);
  expect({ listen, tls, stall, gateway }).toEqual({
    listen: { host: '10.1.1.1', port: 7443 },
    tls: { key: '/etc/longhaul/agent.key', certificate: '/etc/longhaul/agent.crt' },
    stall: 8,
    gateway: null,
  });
  expect(hosts).toEqual([
    {
      name: 'paris-1',
      hypervisor: 'qemu',
      accelerator: 'tcg',
      program: '/usr/bin/qemu-system-x86_64',
      commandPrefix: ['ip', 'netns', 'exec', 'a-hv'],
      memoryBytes: 4 * 2 ** 30,
      lockMemory: false,
      imageDirectory: '/etc/longhaul/images',
      definitionDirectory: '/var/lib/lh/guests/paris-1',
      runtimeDirectory: '/run/lh/paris-1',
      storages: {},
      networks: { lan: { bridge: 'br0' } },
      migration: { address: '10.1.2.2', firstPort: 49_152, lastPort: 49_160 },
      postCopy: true,
    },
  ]);
});

test('every problem is told at once, with line, column and what would be right', () => {
  const faulty = whole
    .replace('memory: 4 GiB', 'memory: 4')
    .replace('token: file:/etc/longhaul/token', 'token: hunter2')
    .replace('49152-49160', '49160-49152')
    .replace('listen: 10.1.1.1:7443', 'lisen: 10.1.1.1:7443');
  expect(() => read(faulty)).toThrow(
    [
      "/etc/longhaul/agent.yaml:5:1: lisen: 'lisen' is not a key here; did you mean 'listen'?",
      '/etc/longhaul/agent.yaml:6:8: token: a secret is not written into a file; only a reference env:NAME or file:PATH is; write for example "file:/etc/longhaul/agent.token"',
      '/etc/longhaul/agent.yaml:12:13: hosts[0].memory: \'4\' has no unit (B, kB, MB, GB, TB, KiB, MiB, GiB, TiB); write for example "64 GiB"',
      '/etc/longhaul/agent.yaml:15:44: hosts[0].migration.ports: \'49160-49152\' is not a range of TCP ports; write for example "49152-49215"',
    ].join('\n'),
  );
});

test('a name that stands twice and a gateway of another site are problems too', () => {
  const twice = `${whole}  - { name: ns1, address: 10.1.1.3, zones: [example.test] }
gateway:
  configuration:
    site: lyon
    wan: { device: wan0, address: 198.51.100.2 }
    networks: []
    peers: []
`;
  expect(() => read(twice)).toThrow(
    [
      "/etc/longhaul/agent.yaml:19:13: dns[1].name: 'ns1' stands here a second time; give each its own name",
      "/etc/longhaul/agent.yaml:22:11: gateway.configuration.site: 'lyon' is another site; write 'paris'",
    ].join('\n'),
  );
});
