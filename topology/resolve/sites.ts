import { addressNumber } from '../addresses.ts';
import type { Location } from '../geography.ts';
import type { RawHost, RawNetwork, RawSite } from '../schema/sites.ts';
import { rangeOf } from '../schema/texts.ts';
import type { Entry, Inventory } from './inventory.ts';
import { sortedByName, sortedWords } from './order.ts';
import { amountOf } from './prices.ts';
import type { AgentEndpoint, DnsServer, Host, Network, Site } from './topology.ts';

export function resolveSite({ raw, path }: Entry<RawSite>, { raw: topology, report }: Inventory): Site {
  return {
    name: raw.name,
    location: raw.location === undefined ? null : locationOf(raw.location),
    residency: raw.residency ?? null,
    zones: sortedWords(raw.zones),
    networks: sortedByName(raw.networks.map(resolveNetwork)),
    hosts: sortedByName(raw.hosts.map(resolveHost)),
    agent: raw.agent === undefined ? null : resolveAgent(raw.agent),
    dns: sortedByName(raw.dns.map(resolveDns)),
    dhcp: sortedByName(
      raw.dhcp.map(({ name, driver, url, password, lease }) => ({
        name,
        driver,
        url,
        password: password ?? null,
        leaseSeconds: lease,
      })),
    ),
    balancers: sortedByName(
      raw.balancers.map(({ name, driver, url, pools }) => ({ name, driver, url, pools: sortedWords(pools) })),
    ),
    costPerHostHour: amountOf(raw.costPerHostHour, {
      currency: topology.currency,
      path: [...path, 'costPerHostHour'],
      report,
    }),
    powerWattsMax: raw.powerMax ?? null,
    movesMax: raw.movesMax ?? null,
  };
}

export function locationOf(raw: { readonly latitude: number; readonly longitude: number }): Location {
  return { latitudeDegrees: raw.latitude, longitudeDegrees: raw.longitude };
}

function resolveNetwork(raw: RawNetwork): Network {
  return {
    name: raw.name,
    subnet: raw.subnet,
    defaultGateway: raw.defaultGateway,
    vlan: raw.vlan ?? null,
    mtuBytes: raw.mtu,
    dhcpPools: raw.dhcpPools
      .flatMap((text) => rangeOf(text) ?? [])
      .sort((a, b) => (addressNumber(a.first) < addressNumber(b.first) ? -1 : 1)),
    portSecurity: raw.portSecurity,
    gatewayInline: raw.gatewayInline,
  };
}

function resolveHost(raw: RawHost): Host {
  return {
    name: raw.name,
    hypervisor: raw.hypervisor,
    cpuArchitecture: raw.cpuArchitecture,
    cpuModel: raw.cpuModel,
    cpuModels: sortedWords([raw.cpuModel, ...raw.cpuModels]),
    cores: raw.cores,
    memoryBytes: raw.memory,
    storageBytes: raw.storage,
    storages: sortedWords(raw.storages),
    machineTypes: sortedWords(raw.machineTypes),
    movesMax: raw.movesMax,
    devices: sortedWords(raw.devices),
    power: raw.power === undefined ? null : { idleWatts: raw.power.idle, busyWatts: raw.power.busy },
  };
}

function resolveAgent(raw: NonNullable<RawSite['agent']>): AgentEndpoint {
  return {
    url: raw.url,
    token: raw.token,
    certificateAuthority: raw.certificateAuthority ?? null,
    client: raw.client ?? null,
    expiresSeconds: raw.expires ?? null,
  };
}

function resolveDns(raw: RawSite['dns'][number]): DnsServer {
  const { name, address, port, zones, key, transferLag } = raw;
  return {
    name,
    address,
    port,
    zones: sortedWords(zones),
    key:
      key === undefined ? null : { name: key.name, secret: key.secret, expiresSeconds: key.expires ?? null },
    transferLagSeconds: transferLag,
  };
}
