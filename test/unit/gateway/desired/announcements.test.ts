import { expect, test } from 'vitest';
import { announcementsOf, gatheringOf } from '../../../../gateway/desired/announcements.ts';
import { announcementFrame } from '../../../../gateway/kernel/arp-frame.ts';
import { announcedAddressesMax } from '../../../../gateway/limits.ts';
import { arriving, leaving, lyon } from '../../../support/relocation-states.ts';

const broadcast = 'ff:ff:ff:ff:ff:ff';

test('source: everybody hears that the gateway has the address, or the guest again', () => {
  const relocation = leaving('web60');
  expect(announcementsOf(lyon, { relocation, guestHere: false }, [])).toEqual({
    device: 'lan0',
    from: '00:00:5e:00:01:02',
    all: [{ to: broadcast, address: '10.2.0.60', mac: '00:00:5e:00:01:02' }],
  });
  expect(announcementsOf(lyon, { relocation, guestHere: true }, [])).toEqual({
    device: 'lan0',
    from: '00:00:5e:00:01:02',
    all: [{ to: broadcast, address: '10.2.0.60', mac: '02:00:00:00:02:60' }],
  });
});

test('target: the guest hears of every other address of its subnet that it is behind the old gateway’s MAC', () => {
  const told = announcementsOf(lyon, { relocation: arriving('app50'), guestHere: true }, []);
  expect([told?.device, told?.from]).toEqual(['lhgc3497ac4', '00:00:5e:00:01:01']);
  expect(told?.all).toHaveLength(253);
  expect(new Set(told?.all.map(({ to, mac }) => `${to} ${mac}`))).toEqual(
    new Set(['02:00:00:00:01:50 00:00:5e:00:01:01']),
  );
  expect(told?.all.map(({ address }) => address)).not.toContain('10.1.0.50');
});

test('target: nobody is told before the guest runs', () => {
  expect(announcementsOf(lyon, { relocation: arriving('app50'), guestHere: false }, [])).toBeNull();
});

test('guests of one subnet that meet again are told each other’s own MAC', () => {
  const first = { relocation: arriving('app51', { phase: 'switched' }), guestHere: true };
  const notYetHere = { relocation: arriving('app52'), guestHere: false };
  const own = { relocation: arriving('app50'), guestHere: true };
  const told = announcementsOf(lyon, own, [first, notYetHere, own])?.all ?? [];
  expect(told.filter(({ mac }) => mac !== '00:00:5e:00:01:01')).toEqual([
    { to: '02:00:00:00:01:51', address: '10.1.0.50', mac: '02:00:00:00:01:50' },
    { to: '02:00:00:00:01:50', address: '10.1.0.51', mac: '02:00:00:00:01:51' },
  ]);
});

test('of a large subnet as many addresses are told as may be', () => {
  const oldSubnet = { ...arriving('app50').oldSubnet, subnet: '10.0.0.0/8' };
  const told = announcementsOf(lyon, { relocation: arriving('app50', { oldSubnet }), guestHere: true }, []);
  expect(told?.all).toHaveLength(announcedAddressesMax);
});

test('before a guest leaves each neighbour is told by itself; the guest and other subnets are not', () => {
  const neighbours = new Map([
    ['10.2.0.20', '02:00:00:00:02:20'],
    ['10.2.0.60', '02:00:00:00:02:60'],
    ['10.2.9.20', '02:00:00:00:09:20'],
  ]);
  const relocation = leaving('web60');
  expect(gatheringOf(relocation, { neighbours, mac: 'gateway' })).toEqual([
    { to: '02:00:00:00:02:20', address: '10.2.0.60', mac: '00:00:5e:00:01:02' },
  ]);
  expect(gatheringOf(relocation, { neighbours, mac: 'guest' })).toEqual([
    { to: '02:00:00:00:02:20', address: '10.2.0.60', mac: '02:00:00:00:02:60' },
  ]);
});

test('an announcement is a gratuitous request of 60 bytes', () => {
  const told = { to: broadcast, address: '10.1.0.50', mac: '02:00:00:00:01:50' };
  const frame = announcementFrame('00:00:5e:00:01:01', told);
  expect(Buffer.from(frame).toString('hex')).toBe(
    'ffffffffffff00005e0001010806' + // Ethernet: to all, from the gateway, ARP
      '0001080006040001' + // Ethernet, IPv4, 6, 4, request
      '0200000001500a010032' + // sender: the guest's MAC, 10.1.0.50
      '0000000000000a010032' + // target: nobody, 10.1.0.50
      '00'.repeat(18),
  );
});
