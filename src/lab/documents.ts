import path from 'node:path';
import { stringify } from 'yaml';
import {
  formatBitsPerSecond,
  formatBytes,
  formatBytesPerSecond,
  formatSeconds,
} from '../../topology/units.ts';
import { writeWhole } from './files.ts';
import { echoPort, pathPort } from './guests.ts';
import { keyFiles } from './keys.ts';
import { type Layout, otherSite, type SiteName, siteNames } from './layout.ts';
import { agentPort, hostCores, hostMemoryBytes } from './limits.ts';
import { guestNameTtlSeconds, keyName, nameServerPort, reverseZones, zone } from './names.ts';
import type { LabGuest, LabState } from './state.ts';

/** The lab as the product's own files: a topology and a runbook that `longhaul plan` and `run` take as they are. */
export const topologyFile = (runtime: string): string => path.join(runtime, 'topology.yaml');
export const runbookFile = (runtime: string): string => path.join(runtime, 'runbook.yaml');

export const networkName = 'lan';
export const hostName = (site: SiteName): string => `${site}-1`;
export const guestMachine = { cpuModel: 'qemu64', machineType: 'pc-q35-7.2' } as const;

export async function writeDocuments(runtime: string, layout: Layout, state: LabState): Promise<void> {
  await writeWhole(topologyFile(runtime), stringify(topologyDocument(runtime, layout, state)), 0o644);
  await writeWhole(runbookFile(runtime), stringify(runbookDocument(state.guests)), 0o644);
}

/** All guests, one after the other. */
export function runbookDocument(guests: readonly LabGuest[], to: SiteName = 'b'): unknown {
  return {
    format: 'longhaul-runbook/1',
    name: 'lab',
    goal: 'move',
    workloads: guests.map(({ name }) => name),
    to,
    limits: { movesMax: 1, drainMax: '2 min' },
    weights: 'keep-sessions',
  };
}

/** `guestsAt`: where the guests are now; at b they are known by their new addresses. */
export function topologyDocument(
  runtime: string,
  layout: Layout,
  {
    guestsAt = 'a',
    ...state
  }: Pick<LabState, 'shape' | 'congestionControl' | 'guests'> & { readonly guestsAt?: SiteName },
): unknown {
  return {
    format: 'longhaul-topology/1',
    name: 'lab',
    sites: siteNames.map((site) => siteDocument(runtime, layout, site)),
    links: [linkDocument(state)],
    workloads: state.guests.map((guest) => workloadDocument(guest, guestsAt)),
  };
}

function siteDocument(runtime: string, layout: Layout, site: SiteName): unknown {
  const { subnet, defaultGateway, managementAddress } = layout.sites[site];
  const keys = keyFiles(runtime);
  return {
    name: site,
    networks: [{ name: networkName, subnet, defaultGateway, mtu: 1500, gatewayInline: true }],
    hosts: [
      {
        name: hostName(site),
        hypervisor: 'qemu',
        cpuModel: guestMachine.cpuModel,
        cores: hostCores,
        memory: formatBytes(hostMemoryBytes),
        machineTypes: [guestMachine.machineType],
        movesMax: 2,
      },
    ],
    agent: {
      url: `https://${managementAddress}:${agentPort}`,
      token: `file:${keys.token(site)}`,
      certificateAuthority: keys.authority,
    },
    dns: [nameServerDocument(runtime, layout, site)],
  };
}

/** As the topology and the agent's file have it. */
export function nameServerDocument(runtime: string, layout: Layout, site: SiteName): unknown {
  return {
    name: `ns-${site}`,
    address: layout.sites[site].servicesAddress,
    port: nameServerPort,
    zones: [zone, ...reverseZones],
    key: { name: keyName, secret: `file:${keyFiles(runtime).dns}` },
  };
}

function linkDocument({ shape, congestionControl }: Pick<LabState, 'shape' | 'congestionControl'>): unknown {
  return {
    name: 'wan',
    between: ['a', 'b'],
    rate: formatBitsPerSecond(shape.rateBitsPerSecond),
    rtt: formatSeconds(shape.rttSeconds),
    jitter: formatSeconds(shape.jitterSeconds),
    loss: shape.loss,
    buffer: formatSeconds(shape.bufferSeconds),
    mtu: 1500,
    congestionControl,
  };
}

function workloadDocument(guest: LabGuest, site: SiteName): unknown {
  const { name, mac, memoryBytes } = guest;
  const addresses = { a: guest.address, b: guest.newAddress };
  const other = otherSite(site);
  return {
    name,
    site,
    host: hostName(site),
    vcpus: 1,
    memory: `${memoryBytes} B`,
    dirty: dirtyCurve(guest),
    addresses: [
      {
        network: networkName,
        address: addresses[site],
        mac,
        newAddresses: { [other]: { network: networkName, address: addresses[other] } },
      },
    ],
    names: [{ name: `${name}.${zone}`, ttl: formatSeconds(guestNameTtlSeconds) }],
    sessions: 'keep',
    downtimeBudget: '2 s',
    ports: [echoPort, pathPort],
    cpuModel: guestMachine.cpuModel,
    machineType: guestMachine.machineType,
    methods: ['routed-live', 'cold'],
  };
}

/** Intervals as `calc-dirty-rate` takes them. */
const curveSeconds = [1, 3, 10] as const;
const pageBytes = 4096;

/**
 * What the guest was told to dirty: distinct pages after t seconds of writes at rate r over n pages are n(1 − e^(−rt/n))
 * at random, min(rt, n) in sequence. Measuring it is `longhaul probe`'s work.
 */
function dirtyCurve({ options }: LabGuest): readonly { readonly interval: string; readonly rate: string }[] {
  const [, rate = '0', set = '0', pattern = 'random'] = (options['dirty'] ?? '').split(',');
  const pages = Number(set) * (2 ** 20 / pageBytes);
  if (pages === 0 || Number(rate) === 0) return [];
  return curveSeconds.map((seconds) => {
    const written = Number(rate) * seconds;
    const distinct =
      pattern === 'sequential' ? Math.min(written, pages) : pages * -Math.expm1(-written / pages);
    return { interval: `${seconds} s`, rate: formatBytesPerSecond((distinct * pageBytes) / seconds) };
  });
}
