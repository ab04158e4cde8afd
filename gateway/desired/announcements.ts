import { Address4 } from 'ip-address';
import { isInSubnet } from '../../topology/addresses.ts';
import type { GatewayConfiguration } from '../configuration.ts';
import { announcedAddressesMax } from '../limits.ts';
import type { Relocation } from '../relocation.ts';
import { guestDeviceName } from './marks.ts';
import type { Placement } from './desired.ts';

export interface Announcement {
  /** The MAC address to tell. */
  readonly to: string;
  readonly address: string;
  readonly mac: string;
}

const broadcastMac = 'ff:ff:ff:ff:ff:ff';

export interface Announcements {
  readonly device: string;
  /** The device's own MAC address. Frames that bore a guest's would draw its traffic from its switch port to ours. */
  readonly from: string;
  readonly all: readonly Announcement[];
}

/**
 * Who must be told which MAC address now answers for which address, after a guest began or ceased to run here.
 * Source: everybody in the old subnet, that the gateway (or the guest again) has the old address.
 * Target: the guest, that its old neighbours are behind the gateway; and guests that came from the same subnet, that
 * they are beside each other again. An address that the hearer does not know yet is ignored by it.
 */
export function announcementsOf(
  configuration: GatewayConfiguration,
  { relocation, guestHere }: Placement,
  others: readonly Placement[],
): Announcements | null {
  const network = configuration.networks.find(({ name }) => name === relocation.network);
  if (network === undefined) return null;
  const { guest } = relocation;
  if (relocation.role === 'source') {
    const mac = guestHere ? guest.mac : network.defaultGatewayMac;
    return {
      device: network.device,
      from: network.defaultGatewayMac,
      all: [{ to: broadcastMac, address: guest.oldAddress, mac }],
    };
  }
  if (!guestHere) return null;
  const beside = others.flatMap((other) => (isBeside(relocation, other) ? [other.relocation.guest] : []));
  const macs = new Map(beside.map(({ oldAddress, mac }) => [oldAddress, mac]));
  const toGuest = neighbourAddresses(relocation).map((address) => ({
    to: guest.mac,
    address,
    mac: macs.get(address) ?? relocation.oldSubnet.defaultGatewayMac,
  }));
  const toOthers = beside.map(({ mac }) => ({ to: mac, address: guest.oldAddress, mac: guest.mac }));
  return {
    device: guestDeviceName(relocation.oldSubnet.defaultGatewayMac, network.device),
    from: relocation.oldSubnet.defaultGatewayMac,
    all: [...toOthers, ...toGuest],
  };
}

interface Gathering {
  /** MAC addresses by address. */
  readonly neighbours: ReadonlyMap<string, string | null>;
  /** Whose they shall take for the guest's. */
  readonly mac: 'gateway' | 'guest';
}

/**
 * While a guest may leave: its neighbours shall reach it through the gateway, which then has what they send at the moment
 * of the stop. Each is told by itself: the guest must not hear that another has its address (RFC 5227 §2.4).
 */
export function gatheringOf(
  { guest, oldSubnet }: Relocation,
  { neighbours, mac }: Gathering,
): readonly Announcement[] {
  const told = [...neighbours].flatMap(([address, to]) =>
    to !== null && to !== guest.mac && isInSubnet(address, oldSubnet.subnet) ? [to] : [],
  );
  return told.slice(0, announcedAddressesMax).map((to) => ({
    to,
    address: guest.oldAddress,
    mac: mac === 'gateway' ? oldSubnet.defaultGatewayMac : guest.mac,
  }));
}

function isBeside(relocation: Relocation, { relocation: other, guestHere }: Placement): boolean {
  return (
    guestHere &&
    other.id !== relocation.id &&
    other.role === 'target' &&
    other.network === relocation.network &&
    other.oldSubnet.subnet === relocation.oldSubnet.subnet &&
    other.oldSubnet.defaultGatewayMac === relocation.oldSubnet.defaultGatewayMac
  );
}

/** Every other address of the old subnet, as many as may be told. */
export function neighbourAddresses({ guest, oldSubnet }: Relocation): readonly string[] {
  const subnet = new Address4(oldSubnet.subnet);
  const first = subnet.startAddress().bigInt() + 1n;
  const last = subnet.endAddress().bigInt() - 1n;
  const addresses: string[] = [];
  for (let value = first; value <= last && addresses.length < announcedAddressesMax; value++) {
    const address = Address4.fromBigInt(value).correctForm();
    if (address !== guest.oldAddress) addresses.push(address);
  }
  return addresses;
}
