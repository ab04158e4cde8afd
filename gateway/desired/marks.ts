import { createHash } from 'node:crypto';
import { addressFrom, addressNumber } from '../../topology/addresses.ts';

/**
 * How this gateway recognises, also after a restart, what it put into the kernel. Nothing without one of these marks is
 * ever changed or removed.
 *
 *   object               mark
 *   route, rule          protocol 214 (free in rt_protos; 186 is BGP's, which FRR would adopt)
 *   neighbour, proxy     protocol 214
 *   device               group 19528; the alias `lh:…` is for people
 *   nft table            name `longhaul` (and `longhaul_base`, which stays)
 *   session (conntrack)  mark 0x4c480000/18
 */
export const ownerProtocol = 214;
/** 'LH' in ASCII. Unlike an alias it is there from the moment in which the device is made. */
export const ownerGroup = 0x4c48;
export const aliasPrefix = 'lh:';
export const tableName = 'longhaul';
export const baseTableName = 'longhaul_base';

/** Tunnels are told apart by the low 14 bits of their VNI: in session marks, table numbers and addresses. */
export const tunnelIndexes = 2 ** 14;
/** 'LH' in ASCII, then the tunnel. */
const sessionMarkBase = 0x4c48_0000;
/** nft's notation for "a mark of ours, of whichever tunnel". */
export const sessionMarks = '0x4c480000/18';
/** The same for conntrack. */
export const sessionMarksMasked = '0x4c480000/0xffffc000';

/** Policy rules: above any site's own (ip-rule(8): main is 32766), below the local table (0). */
export const deliveryRulePreference = 2140;
export const returnRulePreference = 2141;
const deliveryTableBase = 214_000_000;
const returnTableBase = 214_100_000;

export const tunnelDevicePrefix = 'lht';
export const guestDevicePrefix = 'lhg';

export const tunnelDeviceName = (vni: number): string => `${tunnelDevicePrefix}${vni}`;
export const sessionMarkOf = (vni: number): number => sessionMarkBase + indexOf(vni);
export const sessionMarkText = (vni: number): string => `0x${sessionMarkOf(vni).toString(16)}`;
export const deliveryTableOf = (vni: number): number => deliveryTableBase + indexOf(vni);
export const returnTableOf = (vni: number): number => returnTableBase + indexOf(vni);

/** The guest-facing device of one old gateway MAC on one device of this site: 15 characters hold no MAC address. */
export function guestDeviceName(gatewayMac: string, device: string): string {
  const digest = createHash('sha256').update(`${gatewayMac} ${device}`).digest('hex');
  return `${guestDevicePrefix}${digest.slice(0, 8)}`;
}

/**
 * The hop that holds what was sent to a guest last: in 240.0.0.0/4 (RFC 1112 §4), which nobody routes, with the other 28
 * bits of the guest's own address. Two guests that share one have their copies sent on together.
 */
export function keeperOf(address: string): string {
  return addressFrom(addressNumber(address) | 0xf000_0000n);
}

export interface TunnelEnd {
  readonly address: string;
  readonly mac: string;
}

/**
 * Both ends of a tunnel, known to both gateways without asking: the end with the lower WAN address is even. Addresses
 * are link-local (RFC 3927: 169.254.1.0 to 169.254.254.255 may be used), MAC addresses locally administered.
 */
export function tunnelEnds(
  vni: number,
  wan: { readonly local: string; readonly remote: string },
): { readonly local: TunnelEnd; readonly remote: TunnelEnd } {
  const localIsLower = addressNumber(wan.local) < addressNumber(wan.remote);
  const [lower, higher] = [0, 1].map((side) => tunnelEnd(vni, side)) as [TunnelEnd, TunnelEnd];
  return localIsLower ? { local: lower, remote: higher } : { local: higher, remote: lower };
}

function tunnelEnd(vni: number, side: number): TunnelEnd {
  const index = indexOf(vni);
  const bytes = [vni >> 16, (vni >> 8) & 0xff, vni & 0xff].map((byte) => byte.toString(16).padStart(2, '0'));
  return {
    address: `169.254.${1 + (index >> 7)}.${(index & 0x7f) * 2 + side}`,
    mac: [side === 0 ? '02' : '06', '4c', '48', ...bytes].join(':'),
  };
}

function indexOf(vni: number): number {
  return vni % tunnelIndexes;
}
