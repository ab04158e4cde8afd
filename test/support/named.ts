import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DnsServerConfiguration } from '../../gateway/dns/driver.ts';

/** A real BIND on loopback with one forward and two reverse zones; `zoneRecords` are lines of the forward zone. */
export interface Named extends DnsServerConfiguration {
  stop(): Promise<void>;
}

const secret = Buffer.from('secret-secret-secret-secret-1234');
const zones = ['example.test', '1.10.in-addr.arpa', '2.10.in-addr.arpa'];

export async function startNamed(
  name: string,
  records: Readonly<Record<string, readonly string[]>>,
): Promise<Named> {
  const directory = mkdtempSync(join(tmpdir(), 'lh-named-'));
  const port = await freePort();
  for (const zone of zones) writeFileSync(join(directory, `${zone}.zone`), zoneText(records[zone] ?? []));
  writeFileSync(join(directory, 'named.conf'), configuration(directory, port));
  spawnSync('chown', ['-R', 'bind', directory]);
  chmodSync(directory, 0o755);
  const child = spawn('named', ['-g', '-u', 'bind', '-c', join(directory, 'named.conf')], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const exited = new Promise<void>((resolve) => child.on('exit', () => resolve()));
  await new Promise<void>((resolve, reject) => {
    let log = '';
    child.stderr.on('data', (chunk: Buffer) => {
      log += chunk.toString();
      if (log.includes('all zones loaded')) resolve();
    });
    child.on('exit', () => reject(new Error(`named ended:\n${log}`)));
  });
  return {
    name,
    address: '127.0.0.1',
    port,
    zones,
    key: { name: 'lh-key', secret },
    stop: async () => {
      child.kill('SIGTERM');
      await exited;
      rmSync(directory, { recursive: true });
    },
  };
}

function zoneText(records: readonly string[]): string {
  return ['$TTL 60', '@ SOA ns hostmaster 1 3600 600 86400 60', '@ NS ns.example.test.', ...records]
    .join('\n')
    .concat('\n');
}

function configuration(directory: string, port: number): string {
  const zoneBlocks = zones.map(
    (zone) =>
      `zone "${zone}" { type primary; file "${zone}.zone"; update-policy { grant lh-key zonesub ANY; }; };`,
  );
  return `
key lh-key { algorithm hmac-sha256; secret "${secret.toString('base64')}"; };
options {
  directory "${directory}"; pid-file "${directory}/named.pid"; session-keyfile "${directory}/session.key";
  managed-keys-directory "${directory}"; listen-on port ${port} { 127.0.0.1; }; listen-on-v6 { none; };
  recursion no; dnssec-validation no; notify no;
};
controls { };
${zoneBlocks.join('\n')}
`;
}

async function freePort(): Promise<number> {
  return await new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
