import { createHash } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { stringify } from 'yaml';
import { formatBytes } from '../../topology/units.ts';
import { guestKey } from '../hypervisors/qemu/arguments.ts';
import { type GuestFiles, guestFiles } from '../hypervisors/qemu/configuration.ts';
import type { GuestDefinition } from '../hypervisors/qemu/definition.ts';
import { findProcess } from '../hypervisors/qemu/process.ts';
import { guestMachine, hostName, nameServerDocument, networkName } from './documents.ts';
import { readIfThere, writeWhole } from './files.ts';
import type { GuestImage } from './guest/image.ts';
import { kernelLine } from './guests.ts';
import { inNamespace, runChecked } from './kernel.ts';
import { keyFiles } from './keys.ts';
import { type Layout, macOf, otherSite, type SiteName, siteNames } from './layout.ts';
import { agentPort, agentStartSecondsMax, hostMemoryBytes, realTimePriority, tunnelVni } from './limits.ts';
import type { LabGuest } from './state.ts';
import { awaitResult, type LabWorld } from './world.ts';

/** The site agents of the lab: their files, their guests' definitions, their processes in the gateways' namespaces. */
const folderOf = (runtime: string, site: SiteName): string => path.join(runtime, `agent-${site}`);
const agentFile = (runtime: string, site: SiteName): string =>
  path.join(folderOf(runtime, site), 'agent.yaml');
const stateFolder = (runtime: string, site: SiteName): string => path.join(folderOf(runtime, site), 'state');
const runFolder = (runtime: string, site: SiteName): string => path.join(folderOf(runtime, site), 'run');

export const agentName = (site: SiteName): string => `agent-${site}`;
export const agentLog = (runtime: string, site: SiteName): string =>
  path.join(runtime, `${agentName(site)}.log`);

/** What the guest says on its serial line while it runs at that site. */
export const consoleFile = (runtime: string, site: SiteName, guest: Pick<LabGuest, 'name'>): string =>
  guestFilesAt(runtime, site, guest).serialLog;

/** The sites at which a QEMU process of the guest lives, running or not: more than one while it moves. */
export async function sitesOfGuest(
  runtime: string,
  guest: Pick<LabGuest, 'name'>,
): Promise<readonly SiteName[]> {
  const found = await Promise.all(
    siteNames.map(async (site) => await findProcess(guestFilesAt(runtime, site, guest))),
  );
  return siteNames.filter((_, index) => found[index] !== null);
}

export function guestFilesAt(runtime: string, site: SiteName, { name }: Pick<LabGuest, 'name'>): GuestFiles {
  return guestFiles(
    { runtimeDirectory: path.join(runFolder(runtime, site), hostName(site)) },
    guestKey(name),
  );
}

interface AgentFile {
  readonly site: SiteName;
  readonly image: GuestImage;
  readonly guestsAreRealTime: boolean;
}

export async function writeAgentFile(
  runtime: string,
  layout: Layout,
  { site, image, guestsAreRealTime }: AgentFile,
): Promise<void> {
  await mkdir(runFolder(runtime, site), { recursive: true, mode: 0o700 });
  const document = agentDocument(runtime, layout, { site, image, guestsAreRealTime });
  await writeWhole(agentFile(runtime, site), stringify(document));
}

/** The guests' home is site a; its agent starts them. */
export async function writeDefinitions(
  runtime: string,
  guests: readonly LabGuest[],
  image: GuestImage,
): Promise<void> {
  for (const guest of guests) {
    const text = `${JSON.stringify(definition(guest, image), null, 2)}\n`;
    const file = definitionFile(runtime, 'a', guest);
    await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
    await writeWhole(file, text);
  }
}

/** What a site's agent keeps of a guest that does not run there; only while the agent is down. */
export async function removeGuest(
  runtime: string,
  site: SiteName,
  guest: Pick<LabGuest, 'name'>,
): Promise<void> {
  await rm(definitionFile(runtime, site, guest), { force: true });
  await rm(guestFilesAt(runtime, site, guest).directory, { recursive: true, force: true });
}

const definitionFile = (runtime: string, site: SiteName, { name }: Pick<LabGuest, 'name'>): string =>
  path.join(stateFolder(runtime, site), 'guests', hostName(site), `${name}.json`);

export function agentCommand(world: LabWorld, layout: Layout, site: SiteName): readonly string[] {
  const file = agentFile(world.directories.runtime, site);
  return [
    ...(world.goesFirst ? realTimeAlone : []),
    ...inNamespace(layout.sites[site].gateway, [...world.longhaul, 'agent', '--config', file]),
  ];
}

const realTime = ['chrt', '--rr', String(realTimePriority)];
/** An agent without its children: dozens of them, when it looks at the kernel, kept guests from their cores for 0.2 to 0.4 s. */
const realTimeAlone = ['chrt', '--reset-on-fork', ...realTime.slice(1)];
const notRealTime = ['chrt', '--other', '0'];

/** A guest that has booted goes before all that is not real-time: all its threads, and those to come. */
export async function raiseGuest({ run, directories }: LabWorld, guest: LabGuest): Promise<void> {
  const pid = await findProcess(guestFilesAt(directories.runtime, 'a', guest));
  if (pid === null) return;
  await runChecked(run, ['chrt', '--rr', '--all-tasks', '--pid', String(realTimePriority), String(pid)]);
}

export async function awaitAgent(world: LabWorld, site: SiteName): Promise<void> {
  const log = agentLog(world.directories.runtime, site);
  const what = { what: `the agent of site ${site}`, seconds: agentStartSecondsMax, hint: log };
  await awaitResult(world, what, async () =>
    (await readIfThere(log))?.includes('agent listens') === true ? true : null,
  );
}

function agentDocument(
  runtime: string,
  layout: Layout,
  { site, image, guestsAreRealTime }: AgentFile,
): unknown {
  const own = layout.sites[site];
  const keys = keyFiles(runtime);
  return {
    format: 'longhaul-agent/1',
    site,
    state: stateFolder(runtime, site),
    runtime: runFolder(runtime, site),
    listen: `${own.managementAddress}:${agentPort}`,
    token: `file:${keys.token(site)}`,
    tls: { key: keys.certificateKey(site), certificate: keys.certificate(site) },
    logLevel: 'debug',
    hosts: [
      {
        name: hostName(site),
        hypervisor: 'qemu',
        accelerator: 'tcg',
        // Site a boots its guests; site b takes in what serves already.
        commandPrefix: [
          ...(guestsAreRealTime && site === 'b' ? realTime : notRealTime),
          ...inNamespace(own.hypervisor, []),
        ],
        memory: formatBytes(hostMemoryBytes),
        // No page fault between a guest that has arrived and the answers to its sessions.
        lockMemory: guestsAreRealTime && site === 'b',
        images: path.dirname(image.kernel),
        networks: { [networkName]: { bridge: own.bridge } },
        migration: { address: own.hypervisorAddress },
      },
    ],
    gateway: { configuration: gatewayDocument(layout, site) },
    dns: [nameServerDocument(runtime, layout, site)],
  };
}

function gatewayDocument(layout: Layout, site: SiteName): unknown {
  const own = layout.sites[site];
  const peer = otherSite(site);
  return {
    site,
    wan: { device: 'wan0', address: own.wanAddress },
    networks: [
      {
        name: networkName,
        device: 'lan0',
        subnet: own.subnet,
        defaultGateway: own.defaultGateway,
        defaultGatewayMac: macOf(own.defaultGateway),
      },
    ],
    peers: [{ site: peer, address: layout.sites[peer].wanAddress, vni: tunnelVni }],
  };
}

function definition(guest: LabGuest, image: GuestImage): GuestDefinition {
  return {
    format: 'longhaul-guest/1',
    workload: guest.name,
    uuid: uuidOf(guest.name),
    memoryBytes: guest.memoryBytes,
    vcpus: 1,
    ...guestMachine,
    kernel: {
      image: path.basename(image.kernel),
      initramfs: path.basename(image.initramfs),
      commandLine: kernelLine(guest),
    },
    disks: [],
    nics: [{ mac: guest.mac, network: networkName }],
    heartbeat: { kind: 'serial', prefix: 'TICK' },
    autostart: true,
  };
}

/** The same for the same name: RFC 9562 §5.8, a version of our own making. */
function uuidOf(name: string): string {
  const hex = createHash('sha256').update(name).digest('hex');
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-');
}
