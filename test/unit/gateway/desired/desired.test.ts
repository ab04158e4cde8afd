import { describe, expect, test } from 'vitest';
import { createDesired } from '../../../../gateway/desired/desired.ts';
import { stateText, textOf } from '../../../../gateway/desired/objects.ts';
import { arriving, leaving, lyon, namedStates, nowSeconds } from '../../../support/relocation-states.ts';

const desired = createDesired(lyon);
const textFor = (name: string) => stateText(desired.state(namedStates[name] ?? [], nowSeconds)).split('\n');
const permanent = textFor('empty');
/** What a state has beside what every gateway has. */
const beside = (name: string) => textFor(name).filter((line) => !permanent.includes(line));

test('a gateway without relocations keeps its base table and two settings of connection tracking', () => {
  expect(permanent).toEqual([
    'table inet longhaul_base',
    'setting net/netfilter/nf_conntrack_tcp_be_liberal=1',
    'setting net/netfilter/nf_conntrack_tcp_loose=1',
  ]);
});

test('one arrives, prepared: the guest device, its maps, and the way out of the tunnel and back; nothing delivered', () => {
  expect(beside('one arrives, prepared')).toEqual([
    'table arp longhaul',
    'table inet longhaul',
    'table ip longhaul',
    'element arp longhaul guests "lhgc3497ac4" . 10.1.0.50',
    'element inet longhaul arriving "lht7" . 10.1.0.50',
    'element inet longhaul guests "lhgc3497ac4" . 10.1.0.50',
    'element inet longhaul mark_of_guest 10.1.0.50 : 0x4c480007',
    'element inet longhaul mark_of_tunnel "lht7" : 0x4c480007',
    'element inet longhaul new_of_old 10.1.0.50 : 10.2.0.50',
    'element inet longhaul old_of_new 10.2.0.50 : 10.1.0.50',
    'device lhgc3497ac4 link lan0 address 00:00:5e:00:01:01 group 19528 type macvlan mode private',
    'device lht7 address 06:4c:48:00:00:07 group 19528 type vxlan id 7 local 203.0.113.2 remote 198.51.100.2 dstport 4789 dev wan0 nolearning',
    'setting net/ipv4/conf/lhgc3497ac4/arp_ignore=1',
    'setting net/ipv4/conf/lhgc3497ac4/forwarding=1',
    'setting net/ipv4/conf/lhgc3497ac4/proxy_arp=1',
    'setting net/ipv4/conf/lhgc3497ac4/rp_filter=1',
    'setting net/ipv4/conf/lhgc3497ac4/send_redirects=0',
    'setting net/ipv4/conf/lht7/forwarding=1',
    'setting net/ipv4/conf/lht7/rp_filter=2',
    'setting net/ipv4/conf/lht7/send_redirects=0',
    'setting net/ipv4/neigh/lan0/proxy_delay=0',
    'setting net/ipv4/neigh/lhgc3497ac4/mcast_solicit=120',
    'setting net/ipv4/neigh/lhgc3497ac4/proxy_delay=0',
    'setting net/ipv4/neigh/lhgc3497ac4/unres_qlen_bytes=4194304',
    'setting net/ipv4/neigh/lht7/mcast_solicit=1000000',
    'setting net/ipv4/neigh/lht7/unres_qlen_bytes=16384',
    'setting net/ipv6/conf/lhgc3497ac4/disable_ipv6=1',
    'setting net/ipv6/conf/lht7/disable_ipv6=1',
    'address 169.254.1.15/32 peer 169.254.1.14 dev lht7',
    'up lhgc3497ac4 alias lh:guests:apps up',
    'up lht7 alias lh:tunnel:paris up',
    'proxy 10.2.0.50 dev lan0',
    'route 10.1.0.50 dev lhgc3497ac4 table 214000007',
    'route 10.2.0.50 dev lhgc3497ac4 table 254',
    'route default via 169.254.1.14 dev lht7 onlink table 214100007',
    'rule pref 2140 iif lht7 lookup 214000007',
    'rule pref 2141 iif lhgc3497ac4 fwmark 0x4c480007 lookup 214100007',
    'neighbour 169.254.1.14 lladdr 02:4c:48:00:00:07 dev lht7 nud permanent',
  ]);
});

test('one has gone home: both its addresses go into the tunnel, what its guest answers comes out of it', () => {
  const prepared = beside('one arrives, prepared');
  const gone = beside('one has gone home, the tunnel stands');
  expect(gone.filter((line) => !prepared.includes(line))).toEqual([
    'element inet longhaul departed "lht7" . 10.1.0.50',
    'route 10.1.0.50 via 169.254.1.14 dev lht7 onlink table 214000007',
    'route 10.1.0.50 via 169.254.1.14 dev lht7 onlink table 254',
  ]);
  expect(prepared.filter((line) => !gone.includes(line))).toEqual([
    'route 10.1.0.50 dev lhgc3497ac4 table 214000007',
  ]);
});

test('one is home: what comes out of the tunnel is delivered on its segment, its marked sessions go back', () => {
  const prepared = beside('one leaves, prepared');
  const home = beside('one is home, the tunnel stands');
  expect(prepared.filter((line) => !home.includes(line))).toEqual([]);
  expect(home.filter((line) => !prepared.includes(line))).toEqual([
    'element inet longhaul arriving "lht7" . 10.2.0.60',
    'element inet longhaul guests "lan0" . 10.2.0.60',
    'element inet longhaul mark_of_guest 10.2.0.60 : 0x4c480007',
    'route 10.2.0.60 dev lan0 table 214000007',
    'route default via 169.254.1.14 dev lht7 onlink table 214100007',
    'rule pref 2140 iif lht7 lookup 214000007',
    'rule pref 2141 iif lan0 fwmark 0x4c480007 lookup 214100007',
    'neighbour 10.2.0.60 lladdr 02:00:00:00:02:60 dev lan0 nud permanent',
  ]);
});

test('switched adds to prepared the delivery to the guest, and nothing else', () => {
  const prepared = textFor('one arrives, prepared');
  expect(beside('one arrived, switched').filter((line) => !prepared.includes(line))).toEqual([
    'route 10.1.0.50 dev lhgc3497ac4 table 254',
    'neighbour 10.1.0.50 lladdr 02:00:00:00:01:50 dev lhgc3497ac4 nud permanent',
  ]);
});

test('settled keeps what the guest needs as long as it holds its old address', () => {
  expect(beside('one arrived, settled').filter((line) => !line.startsWith('setting'))).toEqual([
    'table arp longhaul',
    'table inet longhaul',
    'table ip longhaul',
    'element arp longhaul guests "lhgc3497ac4" . 10.1.0.50',
    'element inet longhaul guests "lhgc3497ac4" . 10.1.0.50',
    'element inet longhaul new_of_old 10.1.0.50 : 10.2.0.50',
    'element inet longhaul old_of_new 10.2.0.50 : 10.1.0.50',
    'device lhgc3497ac4 link lan0 address 00:00:5e:00:01:01 group 19528 type macvlan mode private',
    'up lhgc3497ac4 alias lh:guests:apps up',
    'proxy 10.2.0.50 dev lan0',
    'route 10.1.0.50 dev lhgc3497ac4 table 254',
    'route 10.2.0.50 dev lhgc3497ac4 table 254',
    'neighbour 10.1.0.50 lladdr 02:00:00:00:01:50 dev lhgc3497ac4 nud permanent',
  ]);
});

test('one leaves, prepared: the tunnel, and an answer for its address that sleeps until the route turns', () => {
  expect(beside('one leaves, prepared').filter((line) => !line.startsWith('setting'))).toEqual([
    'table arp longhaul',
    'table inet longhaul',
    'table ip longhaul',
    'element inet longhaul departed "lht7" . 10.2.0.60',
    'element inet longhaul mark_of_tunnel "lht7" : 0x4c480007',
    'device lht7 address 06:4c:48:00:00:07 group 19528 type vxlan id 7 local 203.0.113.2 remote 198.51.100.2 dstport 4789 dev wan0 nolearning',
    'address 169.254.1.15/32 peer 169.254.1.14 dev lht7',
    'up lht7 alias lh:tunnel:paris up',
    'proxy 10.2.0.60 dev lan0',
    'neighbour 169.254.1.14 lladdr 02:4c:48:00:00:07 dev lht7 nud permanent',
  ]);
});

test('the cut at the source is one route', () => {
  const prepared = textFor('one leaves, prepared');
  expect(textFor('one left, switched').filter((line) => !prepared.includes(line))).toEqual([
    'route 10.2.0.60 via 169.254.1.14 dev lht7 onlink table 254',
  ]);
});

test('of what is sent to a guest that may stop, copies are kept; they are sent on before the route turns', () => {
  const relocation = leaving('web60', { phase: 'following' });
  const linesOf = (guestHere: boolean) =>
    desired.objectsOf({ relocation, guestHere }, nowSeconds).map(textOf);
  const before = linesOf(true);
  expect(before).toContain('ip longhaul kept 10.2.0.60 : 250.2.0.60');
  expect(linesOf(false).filter((line) => !before.includes(line))).toEqual([
    '250.2.0.60 lladdr 02:4c:48:00:00:07 dev lht7 nud permanent',
    '10.2.0.60 via 169.254.1.14 dev lht7 onlink table 254',
  ]);
});

test('in quarantine the address is the gateway’s own and refused, until the time is over', () => {
  expect(beside('one left, quarantined')).toEqual([
    'table arp longhaul',
    'table inet longhaul',
    'table ip longhaul',
    'element inet longhaul quarantined 10.2.0.60',
    'route local 10.2.0.60 dev lo table 255',
  ]);
  const later = desired.state(namedStates['one left, quarantined'] ?? [], nowSeconds + 60);
  expect(stateText(later).split('\n')).toEqual(permanent);
  const forever = leaving('web60', { phase: 'settled' });
  const muchLater = desired.state([{ relocation: forever, guestHere: false }], nowSeconds * 2);
  expect(stateText(muchLater)).toContain('quarantined 10.2.0.60');
});

test('two guests of one subnet share devices, rules and tables; what the second needs of its own is its addresses', () => {
  const first = textFor('one arrived, switched');
  expect(
    textFor('two of one subnet, one switched, one prepared').filter((line) => !first.includes(line)),
  ).toEqual([
    'element arp longhaul guests "lhgc3497ac4" . 10.1.0.51',
    'element inet longhaul arriving "lht7" . 10.1.0.51',
    'element inet longhaul guests "lhgc3497ac4" . 10.1.0.51',
    'element inet longhaul mark_of_guest 10.1.0.51 : 0x4c480007',
    'element inet longhaul new_of_old 10.1.0.51 : 10.2.0.51',
    'element inet longhaul old_of_new 10.2.0.51 : 10.1.0.51',
    'proxy 10.2.0.51 dev lan0',
    'route 10.1.0.51 dev lhgc3497ac4 table 214000007',
    'route 10.2.0.51 dev lhgc3497ac4 table 254',
  ]);
});

test('guests of two sites with the same gateway MAC share the guest device, each with its own tunnel and return rule', () => {
  const rules = textFor('guests of two old sites with the same gateway MAC').filter((line) =>
    /^(device|rule)/.test(line),
  );
  expect(rules.map((line) => line.replace(/ (address|type).*/, ''))).toEqual([
    'device lhgc3497ac4 link lan0',
    'device lht7',
    'device lht8',
    'rule pref 2140 iif lht7 lookup 214000007',
    'rule pref 2140 iif lht8 lookup 214000008',
    'rule pref 2141 iif lhgc3497ac4 fwmark 0x4c480007 lookup 214100007',
    'rule pref 2141 iif lhgc3497ac4 fwmark 0x4c480008 lookup 214100008',
  ]);
});

test('absent relocations need nothing', () => {
  expect(
    desired.objectsOf({ relocation: arriving('app50', { phase: 'absent' }), guestHere: false }, 0),
  ).toEqual([]);
});

test('the order of the relocations does not matter', () => {
  const placements = Object.values(namedStates)[4] ?? [];
  expect(stateText(desired.state(placements.toReversed(), nowSeconds))).toBe(
    stateText(desired.state(placements, nowSeconds)),
  );
});

test('a relocation to an unknown network or site is a programming error here: it was refused before', () => {
  const relocation = arriving('app50', { network: 'nowhere' });
  expect(() => desired.objectsOf({ relocation, guestHere: false }, 0)).toThrow('was not checked');
});

describe('the nft tables', () => {
  const tables = [...desired.state(namedStates['one arrived, switched'] ?? [], nowSeconds).values()].filter(
    ({ kind }) => kind === 'table',
  );
  test('are the same for every state of one gateway, so that a change of guests never replaces them', () => {
    for (const placements of Object.values(namedStates).filter((list) => list.length > 0))
      expect(
        [...desired.state(placements, nowSeconds).values()].filter(({ kind }) => kind === 'table'),
      ).toEqual(tables);
  });
  test('let each tunnel take packets from its peer only, on the WAN device only', () => {
    const text = tables.map(textOf).join('\n');
    expect(text.match(/^.*udp dport.*$/gm)?.map((line) => line.trim())).toEqual([
      'udp dport 4789 @th,96,24 0x7 ip saddr != 198.51.100.2 drop',
      'udp dport 4789 @th,96,24 0x7 iifname != "wan0" drop',
      'udp dport 4789 @th,96,24 0x8 ip saddr != 192.0.2.2 drop',
      'udp dport 4789 @th,96,24 0x8 iifname != "wan0" drop',
    ]);
  });
});
