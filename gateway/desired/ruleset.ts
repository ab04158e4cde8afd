import type { GatewayConfiguration } from '../configuration.ts';
import {
  baseTableName,
  guestDevicePrefix,
  sessionMarks,
  tableName,
  tunnelDeviceName,
  tunnelDevicePrefix,
} from './marks.ts';
import type { Element, Table } from './objects.ts';

/**
 * The nft tables, spelt as nft lists them, so that they can be compared with what the kernel holds. They depend on the
 * configuration alone; guests come and go as elements, which disturbs nobody else's sessions.
 *
 *   guests        guest-facing device . old address    target: the guest lives there
 *   arriving      tunnel . old address                 target: may come out of the tunnel, towards the guest
 *   departed      tunnel . old address                 source: may come out of the tunnel, from the guest
 *   quarantined   old address                          source: refused
 *   split         guest-facing device . old address    has just arrived: its packets for the tunnel may be split
 *   new_flows     old address, with a time             when the last new flow to it went through the tunnel
 *   kept          old address : a hop in the tunnel    where the guest still is: of what it is sent, copies are kept
 */
export function ruleset(configuration: GatewayConfiguration): readonly Table[] {
  return [
    { kind: 'table', family: 'inet', name: tableName, structure: inetStructure(configuration) },
    { kind: 'table', family: 'ip', name: tableName, structure: ipStructure },
    { kind: 'table', family: 'arp', name: tableName, structure: arpStructure },
  ];
}

/**
 * Stays for good: with the last nat chain of a namespace gone, the kernel stops translating flows that are open, ours
 * and everybody else's. And it tracks sessions only from the moment in which the first rule looks at one, so that those
 * which fell silent earlier could not be handed over.
 */
export const baseTable: Table = {
  kind: 'table',
  family: 'inet',
  name: baseTableName,
  structure: text([
    chain('track', 'filter hook prerouting priority filter', ['ct state established accept']),
    chain('to_old', 'nat hook prerouting priority dstnat', []),
    chain('to_new', 'nat hook postrouting priority srcnat', []),
  ]),
};

/** How long the kernel remembers the last new flow of an address; longer than any drain. */
export const newFlowsTimeoutDays = 7;
const newFlowsMax = 65_535;

export const setElement = (set: string, ...parts: readonly string[]): Element => ({
  kind: 'element',
  family: 'inet',
  table: tableName,
  set,
  element: parts.join(' . '),
  data: null,
});
export const mapElement = (map: string, element: string, data: string): Element => ({
  ...setElement(map, element),
  data,
});
/** Interface names are quoted, as nft lists them. */
export const quoted = (device: string): string => `"${device}"`;

const toOld = 'dnat ip to ip daddr map @old_of_new';
const notFirstPacket = 'tcp flags != syn / fin,syn,rst,ack';
/** As nft prints 0x4000. */
const dontFragment = 16_384;
const tunnels = quoted(`${tunnelDevicePrefix}*`);
const guestDevices = quoted(`${guestDevicePrefix}*`);

function inetStructure(configuration: GatewayConfiguration): string {
  return text([
    set('guests', 'ifname . ipv4_addr'),
    set('arriving', 'ifname . ipv4_addr'),
    set('departed', 'ifname . ipv4_addr'),
    set('quarantined', 'ipv4_addr'),
    set('split', 'ifname . ipv4_addr'),
    set('new_flows', 'ipv4_addr', [
      `size ${newFlowsMax}`,
      'flags dynamic,timeout',
      `timeout ${newFlowsTimeoutDays}d`,
    ]),
    map('mark_of_tunnel', 'ifname : mark'),
    map('mark_of_guest', 'ipv4_addr : mark'),
    map('old_of_new', 'ipv4_addr : ipv4_addr'),
    map('new_of_old', 'ipv4_addr : ipv4_addr'),
    // A VXLAN device takes packets from anyone who knows the VNI; this lets in its peer only.
    chain('tunnel_peers', 'filter hook input priority raw', peerRules(configuration)),
    // Sessions of the old address are marked; what the guest sends for them goes back where they come from.
    chain('mark_sessions', 'filter hook prerouting priority mangle', [
      `iifname . ip daddr @arriving ct state new ct mark set iifname map @mark_of_tunnel`,
      `iifname . ip saddr @guests ct state new ct mark 0x00000000 ${notFirstPacket} ct mark set ip saddr map @mark_of_guest`,
      `iifname . ip saddr @guests ct mark ${sessionMarks} meta mark set ct mark`,
      `iifname . ip saddr @split ct mark ${sessionMarks} ip id != 0 ip frag-off ${dontFragment} ip frag-off set 0`,
      `iifname != ${tunnels} return`,
      `iifname . ip daddr @arriving return`,
      `iifname . ip saddr @departed return`,
      'drop',
    ]),
    chain('note_new_flows', 'filter hook forward priority mangle', [
      `${notFirstPacket} return`,
      'oifname . ip daddr @departed ct state new update @new_flows { ip daddr }',
      'iifname . ip daddr @arriving ct state new update @new_flows { ip daddr }',
    ]),
    chain('refuse', 'filter hook input priority filter', [
      'ip daddr @quarantined meta l4proto tcp reject with tcp reset',
      'ip daddr @quarantined reject with icmp host-unreachable',
    ]),
    chain('to_old', 'nat hook prerouting priority dstnat', [toOld]),
    // For what runs on the gateway itself: a load balancer, a probe.
    chain('to_old_from_here', 'nat hook output priority -100', [toOld]),
    chain('to_new', 'nat hook postrouting priority srcnat', [
      `ct mark != ${sessionMarks} snat ip to ip saddr map @new_of_old`,
    ]),
  ]);
}

function peerRules({ peers, vxlanPort, wan }: GatewayConfiguration): readonly string[] {
  return peers.flatMap(({ vni, address }) => {
    const packets = `udp dport ${vxlanPort} @th,96,24 0x${vni.toString(16)}`;
    return [`${packets} ip saddr != ${address} drop`, `${packets} iifname != ${quoted(wan.device)} drop`];
  });
}

/**
 * Of what is forwarded to a guest that may stop at any moment, a copy goes to a hop in the tunnel whose MAC address nobody
 * knows: the kernel keeps the last of them. When the guest has stopped, a neighbour entry sends them on,
 * so that what reached its host too late is not lost. TCP only, which knows what it has had already; not what opens or
 * breaks a session. The family is ip because nft's dup has no other that routes (nft(8), DUP STATEMENT).
 */
const ipStructure = text([
  map('kept', 'ipv4_addr : ipv4_addr'),
  chain('keep', 'filter hook forward priority mangle', [
    `oifname != ${tunnels} tcp flags ! syn,rst dup to ip daddr map @kept`,
  ]),
]);

/**
 * On a guest-facing device only its guests may be answered: it would answer for the whole segment. And nothing may be
 * asked: the question would carry this gateway's address with the old gateway's MAC to every host of the segment. Nor in a tunnel:
 * its far end is known, and copies are kept until the guest has stopped.
 */
const arpStructure = text([
  set('guests', 'ifname . ipv4_addr'),
  chain('in', 'filter hook input priority filter', [
    `iifname ${guestDevices} iifname . arp saddr ip != @guests drop`,
  ]),
  chain('out', 'filter hook output priority filter', [
    `oifname ${guestDevices} arp operation request drop`,
    `oifname ${tunnels} arp operation request drop`,
  ]),
]);

function set(name: string, type: string, more: readonly string[] = []): string {
  return block(`set ${name}`, [`type ${type}`, ...more]);
}

function map(name: string, type: string): string {
  return block(`map ${name}`, [`type ${type}`]);
}

function chain(name: string, hook: string, rules: readonly string[]): string {
  return block(`chain ${name}`, [`type ${hook}; policy accept;`, ...rules]);
}

function block(head: string, lines: readonly string[]): string {
  return [`\t${head} {`, ...lines.map((line) => `\t\t${line}`), '\t}'].join('\n');
}

function text(blocks: readonly string[]): string {
  return blocks.join('\n\n');
}

/** The marks of a tunnel's sessions. */
export const tunnelMark = (vni: number, mark: string): Element =>
  mapElement('mark_of_tunnel', quoted(tunnelDeviceName(vni)), mark);
