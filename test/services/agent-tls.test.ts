import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ClientTls, createSiteClient } from '../../src/site/client.ts';
import { createSiteServer, listen, type ServerTls } from '../../src/site/server.ts';
import type { Site } from '../../src/site/site.ts';
import type { Log } from '../../topology/world.ts';
import { silentLog } from '../support/log.ts';
import { program, requires } from '../support/requires.ts';

/**
 * A worker and an agent that show each other certificates made by openssl:
 *
 *   ours (CA) ── agent, worker, expired-agent, expired-worker, elsewhere (for another address)
 *   other (CA) ── stranger
 */
const here = { name: 'lyon', hosts: [], guests: [], gateway: null };
const site = { name: 'lyon', describe: async () => here } as unknown as Site;
let directory = '';
const logged: unknown[] = [];
const log: Log = { ...silentLog, warn: (fields) => void logged.push(fields) };
const pem = (name: string): string => readFileSync(join(directory, name), 'utf8');
const pair = (name: string) => ({ certificate: pem(`${name}.crt`), key: pem(`${name}.key`) });

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'longhaul-tls-'));
  makeAuthority('ours');
  makeAuthority('other');
  makeCertificate('agent', { authority: 'ours', names: 'IP:127.0.0.1' });
  makeCertificate('expired-agent', { authority: 'ours', names: 'IP:127.0.0.1', days: -1 });
  makeCertificate('elsewhere', { authority: 'ours', names: 'IP:192.0.2.1' });
  makeCertificate('worker', { authority: 'ours', names: 'DNS:worker' });
  makeCertificate('expired-worker', { authority: 'ours', names: 'DNS:worker', days: -1 });
  makeCertificate('stranger', { authority: 'other', names: 'DNS:worker' });
});
afterAll(() => rmSync(directory, { recursive: true }));

interface Meeting {
  readonly server?: string;
  readonly asksForCertificates?: boolean;
  readonly serverToken?: string | null;
  readonly client: ClientTls | null;
  readonly token?: string | null;
}

/** One call of a worker to an agent; answers what it is told. */
async function meet({
  server: name = 'agent',
  asksForCertificates = true,
  serverToken = null,
  client: clientTls,
  token = null,
}: Meeting): Promise<unknown> {
  const tls: ServerTls = { ...pair(name), clientAuthority: asksForCertificates ? pem('ours.crt') : null };
  const server = createSiteServer({ site, log, token: serverToken, tls });
  const url = await listen(server, { host: '127.0.0.1', port: 0 }, { token: serverToken, tls });
  const client = createSiteClient({
    ...{ site: 'lyon', url, token, tls: clientTls },
    ...{ balancers: false, connectSeconds: 5 },
  });
  try {
    return await client.describe(AbortSignal.timeout(30_000));
  } catch (error) {
    const { code, message } = error as Error & { readonly code: string };
    return `${code}: ${message}`;
  } finally {
    await client.close();
    await server.close();
  }
}

const showing = (name: string | null): ClientTls => ({
  authority: pem('ours.crt'),
  client: name === null ? null : pair(name),
});

requires('agents over TLS', [program('openssl')], () => {
  test('a worker with a certificate of the authority is heard, with a token also where one is asked for', async () => {
    expect(await meet({ client: showing('worker') })).toEqual(here);
    expect(await meet({ client: showing('worker'), serverToken: 'right', token: 'right' })).toEqual(here);
    expect(
      await meet({ client: showing(null), asksForCertificates: false, serverToken: 'right', token: 'right' }),
    ).toEqual(here);
  });

  test.each([
    ['no certificate', null, "none is shown ('client' of its agent", 'peer did not return a certificate'],
    [
      'one of another authority',
      'stranger',
      'another authority signed it',
      'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    ],
    ['one that has expired', 'expired-worker', 'ours has expired', 'CERT_HAS_EXPIRED'],
  ])(
    'a worker that shows %s is refused, and the log of the agent says why',
    async (_, shown, told, noted) => {
      expect(await meet({ client: showing(shown) })).toMatch(
        new RegExp(`^LH_AGENT_UNREACHABLE: .*${told.replaceAll(/[()]/g, '.')}`),
      );
      expect(logged.splice(0)).toEqual([{ error: expect.stringContaining(noted) as string }]);
    },
  );

  test.each([
    [null, 'no token was sent'],
    ['wrong', 'the token is not the right one'],
  ])('a certificate does not stand in for the token %j', async (token, told) => {
    expect(await meet({ client: showing('worker'), serverToken: 'right', token })).toBe(
      `LH_AGENT_UNAUTHORISED: Agent of site 'lyon' refused the caller: ${told}`,
    );
  });

  test.each([
    ['of another authority', 'agent', 'other', "'certificateAuthority' of the topology has not signed"],
    [
      'of an authority unknown to the system',
      'agent',
      null,
      "'certificateAuthority' of the topology has not",
    ],
    [
      'that has expired',
      'expired-agent',
      'ours',
      'certificate has expired; renew the certificate of the agent',
    ],
    [
      'for another address',
      'elsewhere',
      'ours',
      "reach it by a name of its certificate ('url' of the topology)",
    ],
  ])('an agent that shows a certificate %s is not spoken to', async (_, server, authority, told) => {
    const client = { ...showing('worker'), authority: authority === null ? null : pem(`${authority}.crt`) };
    const answer = await meet({ server, client });
    expect(answer).toMatch(/^LH_AGENT_UNREACHABLE: /);
    expect(answer).toContain(told);
  });
});

function openssl(...args: readonly string[]): void {
  execFileSync('openssl', [...args], { cwd: directory, stdio: 'ignore' });
}

const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

function makeAuthority(name: string): void {
  const files = ['-keyout', `${name}.key`, '-out', `${name}.crt`];
  openssl('req', '-x509', ...newKey, '-days', '2', '-subj', `/CN=${name}`, ...files);
}

function makeCertificate(
  name: string,
  {
    authority,
    names,
    days = 2,
  }: { readonly authority: string; readonly names: string; readonly days?: number },
): void {
  writeFileSync(join(directory, 'names'), `subjectAltName=${names}\n`);
  openssl('req', '-new', ...newKey, '-subj', `/CN=${name}`, '-keyout', `${name}.key`, '-out', 'request');
  const signer = ['-CA', `${authority}.crt`, '-CAkey', `${authority}.key`, '-CAcreateserial'];
  openssl(
    'x509',
    '-req',
    '-in',
    'request',
    ...signer,
    '-extfile',
    'names',
    '-days',
    `${days}`,
    '-out',
    `${name}.crt`,
  );
}
