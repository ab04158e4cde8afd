import { expect, test } from 'vitest';
import { problemsOf } from '../../../../gateway/desired/problems.ts';
import type { Relocation } from '../../../../gateway/relocation.ts';
import { arriving, leaving, lyon } from '../../../support/relocation-states.ts';

const texts = (relocation: Relocation, others: readonly Relocation[] = []) =>
  problemsOf(lyon, relocation, others).map(({ code, text }) => `${code}: ${text}`);
const guest = arriving('app50').guest;

test('what fits is carried', () => {
  expect(texts(arriving('app50'), [arriving('app51'), leaving('web60')])).toEqual([]);
  expect(texts(leaving('web60'), [arriving('app51')])).toEqual([]);
});

test('a relocation put again does not contradict itself', () => {
  expect(texts(arriving('app50', { phase: 'switched' }), [arriving('app50')])).toEqual([]);
});

test('places that this gateway does not know are named, with those it knows', () => {
  expect(texts(arriving('app50', { network: 'dmz', peer: { site: 'oslo', address: '192.0.2.9' } }))).toEqual([
    "invalid: site 'oslo' is not among its peers 'paris', 'turin'",
    "invalid: network 'dmz' is not among its networks 'apps', 'data'",
  ]);
  expect(texts(arriving('app50', { peer: { site: 'paris', address: '192.0.2.9' } }))).toEqual([
    "invalid: peer 'paris' is at 198.51.100.2 here, at 192.0.2.9 in the relocation",
  ]);
});

test('addresses outside their subnets, or of a default gateway, are refused', () => {
  expect(
    texts(arriving('app50', { guest: { ...guest, oldAddress: '10.1.0.1', newAddress: '10.2.0.1' } })),
  ).toEqual([
    "invalid: old address 10.1.0.1 is the default gateway's",
    "invalid: new address 10.2.0.1 is the default gateway of 'apps'",
  ]);
  expect(
    texts(arriving('app50', { guest: { ...guest, oldAddress: '10.8.0.5', newAddress: '10.9.0.5' } })),
  ).toEqual([
    'invalid: old address 10.8.0.5 is not in 10.1.0.0/24',
    "invalid: new address 10.9.0.5 is not in 10.2.0.0/24, the subnet of 'apps'",
  ]);
});

test('a source whose subnet the relocation describes otherwise is refused', () => {
  const oldSubnet = {
    subnet: '10.2.0.0/23',
    defaultGateway: '10.2.0.254',
    defaultGatewayMac: '00:00:5e:00:01:09',
  };
  expect(texts(leaving('web60', { oldSubnet }))).toEqual([
    "invalid: subnet of 'apps' is 10.2.0.0/24 here, 10.2.0.0/23 in the relocation",
    "invalid: defaultGateway of 'apps' is 10.2.0.1 here, 10.2.0.254 in the relocation",
    "invalid: defaultGatewayMac of 'apps' is 00:00:5e:00:01:02 here, 00:00:5e:00:01:09 in the relocation",
  ]);
});

test('a guest with an address by DHCP is refused, with the reason', () => {
  expect(texts(arriving('app50', { guest: { ...guest, origin: 'dhcp' } }))).toEqual([
    'unfit: the guest got 10.1.0.50 by DHCP and would lose it at its next renewal, which the new site does not answer; ' +
      'give it a static address or choose another method',
  ]);
});

test('gateways with one and the same MAC address cannot be told apart by the guest', () => {
  const oldSubnet = { ...arriving('app50').oldSubnet, defaultGatewayMac: '00:00:5e:00:01:02' };
  expect(texts(arriving('app50', { oldSubnet }))).toEqual([
    'unfit: the default gateways of both sites have the MAC address 00:00:5e:00:01:02; give each site its own',
  ]);
});

test('an address that another relocation has is a conflict, settled or not', () => {
  const other = arriving('other', { guest, phase: 'settled' });
  expect(texts(arriving('app50'), [other])).toEqual([
    "conflict: old address 10.1.0.50 is already that of relocation 'other' (settled); make that absent first",
  ]);
  const sameNew = arriving('other', { guest: { ...guest, oldAddress: '10.1.0.77' } });
  expect(texts(arriving('app50'), [sameNew])).toEqual([
    "conflict: new address 10.2.0.50 is already that of relocation 'other' (prepared); make that absent first",
  ]);
});
