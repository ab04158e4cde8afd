import assert from 'node:assert/strict';
import type { GatewayConfiguration, GatewayNetwork, GatewayPeer } from '../configuration.ts';
import { isReturn, type Relocation } from '../relocation.ts';
import { keptBytesMax, keptSolicitsMax, neighbourQueueBytesMax, neighbourSolicitsMax } from '../limits.ts';
import {
  aliasPrefix,
  deliveryRulePreference,
  deliveryTableOf,
  guestDeviceName,
  keeperOf,
  returnRulePreference,
  returnTableOf,
  sessionMarkText,
  tableName,
  tunnelDeviceName,
  tunnelEnds,
} from './marks.ts';
import {
  localTable,
  mainTable,
  stateOf,
  type KernelObject,
  type KernelState,
  type Setting,
  type Table,
} from './objects.ts';
import { baseTable, mapElement, quoted, ruleset, setElement, tunnelMark } from './ruleset.ts';

/**
 * From relocations to kernel objects: pure, and the only place that knows all of them. Each relocation names everything
 * it needs; what several need is the same object, so it stays until the last of them is gone.
 *
 *   site A (source)                                     site B (target)
 *   lan0 ── proxy ARP of the old address                lhg… (old gateway's MAC) ── guest
 *    │      route old/32 ─┐                               │  route old/32, neighbour, 1:1 map, policy routes
 *   wan0 ──── lht7 ═══════╧════════ VXLAN ═════════════ lht7 ── wan0
 */
export interface Placement {
  readonly relocation: Relocation;
  /** The guest runs at this gateway's site. */
  readonly guestHere: boolean;
}

export interface Desired {
  /** Everything of ours that the kernel shall hold. */
  readonly state: (placements: readonly Placement[], nowSeconds: number) => KernelState;
  /** What one relocation needs of it. */
  readonly objectsOf: (placement: Placement, nowSeconds: number) => readonly KernelObject[];
}

export function createDesired(configuration: GatewayConfiguration): Desired {
  const gateway: Gateway = { configuration, tables: ruleset(configuration) };
  const objects = (placement: Placement, nowSeconds: number) => objectsOf(gateway, placement, nowSeconds);
  return {
    state: (placements, nowSeconds) =>
      stateOf([...permanentObjects, ...placements.flatMap((placement) => objects(placement, nowSeconds))]),
    objectsOf: objects,
  };
}

interface Gateway {
  readonly configuration: GatewayConfiguration;
  readonly tables: readonly Table[];
}

/** What a gateway has even without relocations, and keeps. */
const permanentObjects: readonly KernelObject[] = [
  baseTable,
  // A session that bypassed this gateway for a while is out of window when it comes back, not invalid.
  setting('net/netfilter/nf_conntrack_tcp_be_liberal', '1'),
  // Sessions of neighbours never crossed the old gateway: they are picked up in the middle.
  setting('net/netfilter/nf_conntrack_tcp_loose', '1'),
];

function objectsOf(
  gateway: Gateway,
  { relocation, guestHere }: Placement,
  nowSeconds: number,
): readonly KernelObject[] {
  if (relocation.phase === 'absent') return [];
  const { configuration } = gateway;
  const network = configuration.networks.find(({ name }) => name === relocation.network);
  const peer = configuration.peers.find(({ site }) => site === relocation.peer.site);
  assert(network !== undefined && peer !== undefined, `relocation ${relocation.id} was not checked`);
  const site: Site = { ...gateway, relocation, network, peer };
  const { phase } = relocation;
  if (relocation.role === 'source') {
    if (phase === 'settled') return quarantine(site, nowSeconds);
    return isReturn(phase) ? homecomingObjects(site, guestHere) : sourceObjects(site, guestHere);
  }
  return [
    ...guestObjects(site),
    ...(guestHere ? deliveryObjects(site) : []),
    ...(phase === 'settled' ? [] : targetTunnelObjects(site)),
    ...(phase === 'settled' || (isReturn(phase) && !guestHere) ? [] : [arrivalRoute(site)]),
    ...(isReturn(phase) ? leavingObjects(site, guestHere) : []),
  ];
}

interface Site extends Gateway {
  readonly relocation: Relocation;
  readonly network: GatewayNetwork;
  readonly peer: GatewayPeer;
}

/** The proxy entry sleeps as long as the old address is routed to its own segment; one route turns both. */
function sourceObjects(site: Site, guestHere: boolean): readonly KernelObject[] {
  const { oldAddress } = site.relocation.guest;
  const { device } = site.network;
  const tunnel = tunnelDeviceName(site.peer.vni);
  const objects: readonly KernelObject[] = [
    ...tunnelObjects(site),
    setElement('departed', quoted(tunnel), oldAddress),
    promptProxy(device),
    { kind: 'proxy', address: oldAddress, device },
  ];
  return [
    ...objects,
    ...keptObjects(site, guestHere),
    ...(guestHere ? [] : [tunnelRoute(site, oldAddress, mainTable)]),
  ];
}

/** While the guest may leave at any moment: when it has, the neighbour entry sends what was kept after it. */
function keptObjects(site: Site, guestHere: boolean): readonly KernelObject[] {
  const { role, phase, guest } = site.relocation;
  if (phase !== (role === 'source' ? 'following' : 'returning')) return [];
  const device = tunnelDeviceName(site.peer.vni);
  const address = keeperOf(guest.oldAddress);
  const objects: readonly KernelObject[] = [
    { ...mapElement('kept', guest.oldAddress, address), family: 'ip' },
    hostRoute(address, device, mainTable),
  ];
  if (guestHere) return objects;
  return [...objects, { kind: 'neighbour', address, mac: endsOf(site).remote.mac, device }];
}

/** The address is made the gateway's own: it then answers ARP probes (RFC 5227) too, which a proxy does not. */
function quarantine({ tables, relocation }: Site, nowSeconds: number): readonly KernelObject[] {
  const { quarantineUntilSeconds, guest } = relocation;
  if (quarantineUntilSeconds !== null && quarantineUntilSeconds <= nowSeconds) return [];
  return [
    ...tables,
    setElement('quarantined', guest.oldAddress),
    {
      kind: 'route',
      type: 'local',
      destination: guest.oldAddress,
      via: null,
      device: 'lo',
      table: localTable,
    },
  ];
}

/** What the guest needs here as long as it holds its old address inside. */
function guestObjects(site: Site): readonly KernelObject[] {
  const { tables, relocation, network } = site;
  const { oldAddress, newAddress } = relocation.guest;
  const device = guestDeviceOf(site);
  const guest = setElement('guests', quoted(device), oldAddress);
  return [
    ...tables,
    guest,
    { ...guest, family: 'arp', table: tableName },
    mapElement('old_of_new', newAddress, oldAddress),
    mapElement('new_of_old', oldAddress, newAddress),
    ...guestDeviceObjects(site, device),
    promptProxy(network.device),
    { kind: 'proxy', address: newAddress, device: network.device },
    hostRoute(newAddress, device, mainTable),
  ];
}

function guestDeviceObjects({ relocation, network }: Site, device: string): readonly KernelObject[] {
  const mac = relocation.oldSubnet.defaultGatewayMac;
  const conf = `net/ipv4/conf/${device}`;
  const neigh = `net/ipv4/neigh/${device}`;
  return [
    {
      kind: 'device',
      name: device,
      mac,
      type: { name: 'macvlan', lower: network.device },
    },
    setting(`${conf}/forwarding`, '1'),
    setting(`${conf}/rp_filter`, '1'),
    setting(`${conf}/proxy_arp`, '1'),
    setting(`${conf}/arp_ignore`, '1'),
    setting(`${conf}/send_redirects`, '0'),
    setting(`net/ipv6/conf/${device}/disable_ipv6`, '1'),
    setting(`${neigh}/proxy_delay`, '0'),
    // While its neighbour entry is missing the kernel asks for the guest and parks its packets; nobody answers.
    setting(`${neigh}/mcast_solicit`, String(neighbourSolicitsMax)),
    setting(`${neigh}/unres_qlen_bytes`, String(neighbourQueueBytesMax)),
    { kind: 'up', device, alias: `${aliasPrefix}guests:${network.name}` },
  ];
}

/** Old address to the guest for everybody at this site; the neighbour entry last, as it releases parked packets. */
function deliveryObjects(site: Site): readonly KernelObject[] {
  const { oldAddress, mac } = site.relocation.guest;
  const device = guestDeviceOf(site);
  return [hostRoute(oldAddress, device, mainTable), { kind: 'neighbour', address: oldAddress, mac, device }];
}

/** Out of the tunnel to the guest, and its answers back into it. */
function targetTunnelObjects(site: Site): readonly KernelObject[] {
  const { vni } = site.peer;
  const { oldAddress } = site.relocation.guest;
  const device = guestDeviceOf(site);
  const tunnel = tunnelDeviceName(vni);
  const mark = sessionMarkText(vni);
  return [
    ...tunnelObjects(site),
    setElement('arriving', quoted(tunnel), oldAddress),
    mapElement('mark_of_guest', oldAddress, mark),
    ...splitObjects(site, device),
    {
      kind: 'rule',
      preference: deliveryRulePreference,
      device: tunnel,
      mark: null,
      table: deliveryTableOf(vni),
    },
    tunnelRoute(site, 'default', returnTableOf(vni)),
    // Bound to the guests' device: the kernel copies the mark to the tunnel's own packets, which would loop.
    { kind: 'rule', preference: returnRulePreference, device, mark, table: returnTableOf(vni) },
  ];
}

/**
 * A guest that has just arrived does not know yet that the tunnel takes less than its segment did. Until the switch its
 * packets for it are split instead of being refused: the refusal (ICMP, RFC 1191) would cost each session the first that
 * it says after its silence. Packets without an identification stay whole (RFC 6864 §4.1): their parts could not be told apart.
 */
function splitObjects({ relocation }: Site, device: string): readonly KernelObject[] {
  const { role, phase, guest } = relocation;
  if (phase !== (role === 'target' ? 'following' : 'returning')) return [];
  return [setElement('split', quoted(device), guest.oldAddress)];
}

/** What comes out of the tunnel for the old address goes to the guest. */
function arrivalRoute(site: Site): KernelObject {
  const { relocation, peer } = site;
  return hostRoute(relocation.guest.oldAddress, guestDeviceOf(site), deliveryTableOf(peer.vni));
}

/** On the way home: as soon as the guest is not here, everything for it goes into the tunnel. */
function leavingObjects(site: Site, guestHere: boolean): readonly KernelObject[] {
  const { oldAddress } = site.relocation.guest;
  const { vni } = site.peer;
  const mayLeave = setElement('departed', quoted(tunnelDeviceName(vni)), oldAddress);
  const objects = [mayLeave, ...keptObjects(site, guestHere)];
  if (guestHere) return objects;
  return [
    ...objects,
    tunnelRoute(site, oldAddress, mainTable),
    tunnelRoute(site, oldAddress, deliveryTableOf(vni)),
  ];
}

/**
 * At home, beside what a source has: sessions that know the guest by its new address come out of the tunnel and go back
 * into it, by the same marks as on the way out.
 */
function homecomingObjects(site: Site, guestHere: boolean): readonly KernelObject[] {
  const { oldAddress, mac } = site.relocation.guest;
  const { vni } = site.peer;
  const { device } = site.network;
  const tunnel = tunnelDeviceName(vni);
  const mark = sessionMarkText(vni);
  return [
    ...sourceObjects(site, guestHere),
    setElement('guests', quoted(device), oldAddress),
    setElement('arriving', quoted(tunnel), oldAddress),
    mapElement('mark_of_guest', oldAddress, mark),
    ...splitObjects(site, device),
    hostRoute(oldAddress, device, deliveryTableOf(vni)),
    {
      kind: 'rule',
      preference: deliveryRulePreference,
      device: tunnel,
      mark: null,
      table: deliveryTableOf(vni),
    },
    tunnelRoute(site, 'default', returnTableOf(vni)),
    { kind: 'rule', preference: returnRulePreference, device, mark, table: returnTableOf(vni) },
    ...(guestHere ? [{ kind: 'neighbour', address: oldAddress, mac, device } as const] : []),
  ];
}

function tunnelObjects(site: Site): readonly KernelObject[] {
  const { configuration, tables, peer } = site;
  const name = tunnelDeviceName(peer.vni);
  const { local, remote } = endsOf(site);
  const conf = `net/ipv4/conf/${name}`;
  return [
    ...tables,
    tunnelMark(peer.vni, sessionMarkText(peer.vni)),
    {
      kind: 'device',
      name,
      mac: local.mac,
      type: {
        name: 'vxlan',
        vni: peer.vni,
        local: configuration.wan.address,
        remote: peer.address,
        port: configuration.vxlanPort,
        underlay: configuration.wan.device,
      },
    },
    setting(`${conf}/forwarding`, '1'),
    // Loose (RFC 3704 §2.4): clients' addresses are not routed into the tunnel.
    setting(`${conf}/rp_filter`, '2'),
    setting(`${conf}/send_redirects`, '0'),
    setting(`net/ipv6/conf/${name}/disable_ipv6`, '1'),
    setting(`net/ipv4/neigh/${name}/mcast_solicit`, String(keptSolicitsMax)),
    setting(`net/ipv4/neigh/${name}/unres_qlen_bytes`, String(keptBytesMax)),
    { kind: 'address', device: name, local: local.address, peer: remote.address },
    { kind: 'up', device: name, alias: `${aliasPrefix}tunnel:${peer.site}` },
    { kind: 'neighbour', address: remote.address, mac: remote.mac, device: name },
  ];
}

function guestDeviceOf({ relocation, network }: Pick<Site, 'relocation' | 'network'>): string {
  return guestDeviceName(relocation.oldSubnet.defaultGatewayMac, network.device);
}

function endsOf({ configuration, peer }: Site): ReturnType<typeof tunnelEnds> {
  return tunnelEnds(peer.vni, { local: configuration.wan.address, remote: peer.address });
}

function hostRoute(destination: string, device: string, table: number): KernelObject {
  return { kind: 'route', type: 'unicast', destination, via: null, device, table };
}

function tunnelRoute(site: Site, destination: string, table: number): KernelObject {
  const via = endsOf(site).remote.address;
  const device = tunnelDeviceName(site.peer.vni);
  return { kind: 'route', type: 'unicast', destination, via, device, table };
}

/** By default the kernel waits up to 0.8 s before it answers for another (neigh proxy_delay). */
function promptProxy(device: string): Setting {
  return setting(`net/ipv4/neigh/${device}/proxy_delay`, '0');
}

function setting(path: string, value: string): Setting {
  return { kind: 'setting', path, value };
}
