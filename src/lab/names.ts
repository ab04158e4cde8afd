import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { readIfThere, writeWhole } from './files.ts';
import { keyFiles } from './keys.ts';
import { inNamespace } from './kernel.ts';
import { type Layout, type SiteName, siteNames } from './layout.ts';
import { serverStartSecondsMax } from './limits.ts';
import type { LabGuest } from './state.ts';
import { awaitResult, type LabWorld } from './world.ts';

/**
 * A real BIND at each site, both primary for the lab's zone and the reverse zones of both sites; updates only signed
 * with the lab's key (RFC 8945).
 */
export const zone = 'lab.test';
export const keyName = 'longhaul-lab';
export const nameServerPort = 53;
/** Short, so that a move in the lab need not wait a minute for caches to forget the old address. */
export const guestNameTtlSeconds = 5;
export const reverseZones = ['0.1.10.in-addr.arpa', '0.2.10.in-addr.arpa'] as const;

const folderOf = (runtime: string, site: SiteName): string => path.join(runtime, `named-${site}`);

export const nameServerLog = (runtime: string, site: SiteName): string =>
  path.join(runtime, `named-${site}.log`);

/** Zone files are only written where there are none: the server has changed them since. */
export async function writeNameServer(
  world: LabWorld,
  layout: Layout,
  { site, guests }: { readonly site: SiteName; readonly guests: readonly LabGuest[] },
): Promise<void> {
  const { runtime } = world.directories;
  const folder = folderOf(runtime, site);
  await mkdir(folder, { recursive: true });
  const secret = await readFile(keyFiles(runtime).dns, 'utf8');
  const address = layout.sites[site].servicesAddress;
  await writeWhole(path.join(folder, 'named.conf'), configuration(folder, address, secret));
  const zones = { [zone]: forwardRecords(layout, guests), ...reverseRecords(guests) };
  for (const [name, records] of Object.entries(zones)) {
    const file = path.join(folder, `${name}.zone`);
    if ((await readIfThere(file)) === null) await writeFile(file, zoneText(records));
  }
}

export function nameServerCommand(world: LabWorld, layout: Layout, site: SiteName): readonly string[] {
  const file = path.join(folderOf(world.directories.runtime, site), 'named.conf');
  return inNamespace(layout.sites[site].services, ['named', '-g', '-n', '1', '-c', file]);
}

export async function awaitNameServer(world: LabWorld, site: SiteName): Promise<void> {
  const log = nameServerLog(world.directories.runtime, site);
  const what = { what: `named of site ${site}`, seconds: serverStartSecondsMax, hint: log };
  await awaitResult(world, what, async () =>
    (await readIfThere(log))?.includes('all zones loaded') === true ? true : null,
  );
}

function forwardRecords(layout: Layout, guests: readonly LabGuest[]): readonly string[] {
  return [
    ...siteNames.map((site) => `ns-${site} A ${layout.sites[site].servicesAddress}`),
    ...guests.map(({ name, address }) => `${name} ${guestNameTtlSeconds} A ${address}`),
  ];
}

function reverseRecords(guests: readonly LabGuest[]): Readonly<Record<string, readonly string[]>> {
  const pointer = ({ name, address }: LabGuest): string =>
    `${address.split('.').at(-1) ?? ''} ${guestNameTtlSeconds} PTR ${name}.${zone}.`;
  const [old, target] = reverseZones;
  return { [old]: guests.map(pointer), [target]: [] };
}

function zoneText(records: readonly string[]): string {
  const head = [
    '$TTL 60',
    `@ SOA ns-a.${zone}. hostmaster.${zone}. 1 3600 600 86400 5`,
    ...siteNames.map((site) => `@ NS ns-${site}.${zone}.`),
  ];
  return `${[...head, ...records].join('\n')}\n`;
}

function configuration(folder: string, address: string, secret: string): string {
  const zones = [zone, ...reverseZones].map(
    (name) =>
      `zone "${name}" { type primary; file "${name}.zone"; update-policy { grant ${keyName} zonesub ANY; }; };`,
  );
  return `key ${keyName} { algorithm hmac-sha256; secret "${secret}"; };
options {
  directory "${folder}"; pid-file "${folder}/named.pid"; session-keyfile "${folder}/session.key";
  managed-keys-directory "${folder}"; listen-on port ${nameServerPort} { ${address}; }; listen-on-v6 { none; };
  recursion no; dnssec-validation no; notify no;
};
controls { };
${zones.join('\n')}
`;
}
