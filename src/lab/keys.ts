import { randomBytes } from 'node:crypto';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { exists } from './compile.ts';
import { readIfThere, writeWhole } from './files.ts';
import { runChecked } from './kernel.ts';
import { type Layout, siteNames } from './layout.ts';
import { certificateDays } from './limits.ts';
import type { LabWorld } from './world.ts';

/** The lab's secrets: an authority, a certificate and a token for each agent, the key of the name servers. */
export const keyFiles = (runtime: string) => {
  const folder = path.join(runtime, 'keys');
  return {
    folder,
    authority: path.join(folder, 'ca.pem'),
    authorityKey: path.join(folder, 'ca.key'),
    certificate: (site: string): string => path.join(folder, `agent-${site}.pem`),
    certificateKey: (site: string): string => path.join(folder, `agent-${site}.key`),
    token: (site: string): string => path.join(folder, `agent-${site}.token`),
    dns: path.join(folder, 'dns-key'),
  };
};

/** Makes what is missing; the folder is only readable by root. */
export async function writeKeys(world: LabWorld, layout: Layout): Promise<void> {
  const files = keyFiles(world.directories.runtime);
  await mkdir(files.folder, { recursive: true, mode: 0o700 });
  await writeSecret(files.dns, 'base64');
  if (!(await exists(files.authority))) await makeAuthority(world, files);
  for (const site of siteNames) {
    await writeSecret(files.token(site), 'base64url');
    if (await exists(files.certificate(site))) continue;
    await makeCertificate(world, files, { site, address: layout.sites[site].managementAddress });
  }
}

type KeyFiles = ReturnType<typeof keyFiles>;

async function writeSecret(file: string, encoding: BufferEncoding): Promise<void> {
  if ((await readIfThere(file)) === null) await writeWhole(file, randomBytes(32).toString(encoding));
}

const ellipticKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
const lifetime = ['-days', String(certificateDays)];

async function makeAuthority({ run }: LabWorld, { authority, authorityKey }: KeyFiles): Promise<void> {
  const draft = `${authority}.new`;
  const subject = ['-subj', '/CN=longhaul lab'];
  await runChecked(run, [
    'openssl',
    'req',
    '-x509',
    ...ellipticKey,
    ...lifetime,
    ...subject,
    '-keyout',
    authorityKey,
    '-out',
    draft,
  ]);
  await rename(draft, authority);
}

/** For the agent's address; the file appears only when it is whole. */
async function makeCertificate(
  { run }: LabWorld,
  { authority, authorityKey, certificate, certificateKey }: KeyFiles,
  { site, address }: { readonly site: string; readonly address: string },
): Promise<void> {
  const draft = `${certificate(site)}.new`;
  const request = `${certificate(site)}.request`;
  const names = `${certificate(site)}.names`;
  await writeFile(names, `subjectAltName=IP:${address}\nextendedKeyUsage=serverAuth\n`);
  const subject = ['-subj', `/CN=agent of site ${site}`];
  await runChecked(run, [
    'openssl',
    'req',
    '-new',
    ...ellipticKey,
    ...subject,
    '-keyout',
    certificateKey(site),
    '-out',
    request,
  ]);
  const signer = ['-CA', authority, '-CAkey', authorityKey, '-CAcreateserial', '-extfile', names];
  await runChecked(run, ['openssl', 'x509', '-req', '-in', request, ...signer, ...lifetime, '-out', draft]);
  await rename(draft, certificate(site));
  for (const file of [request, names]) await rm(file, { force: true });
}
