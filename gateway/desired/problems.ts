import { isInSubnet } from '../../topology/addresses.ts';
import type { GatewayConfiguration } from '../configuration.ts';
import type { Relocation } from '../relocation.ts';

export type Problem = { readonly code: 'invalid' | 'unfit' | 'conflict'; readonly text: string };

/** Why this gateway will not carry a relocation; checked before anything is written or changed. */
export function problemsOf(
  configuration: GatewayConfiguration,
  relocation: Relocation,
  others: readonly Relocation[],
): readonly Problem[] {
  return [
    ...placeProblems(configuration, relocation),
    ...guestProblems(relocation),
    ...others.flatMap((other) => conflicts(relocation, other)),
  ];
}

function placeProblems(configuration: GatewayConfiguration, relocation: Relocation): readonly Problem[] {
  const problems: Problem[] = [];
  const invalid = (text: string) => problems.push({ code: 'invalid', text });
  const { guest, oldSubnet, role } = relocation;
  const network = configuration.networks.find(({ name }) => name === relocation.network);
  const peer = configuration.peers.find(({ site }) => site === relocation.peer.site);
  if (peer === undefined)
    invalid(`site '${relocation.peer.site}' is not among its peers ${names(configuration.peers, 'site')}`);
  else if (peer.address !== relocation.peer.address)
    invalid(
      `peer '${peer.site}' is at ${peer.address} here, at ${relocation.peer.address} in the relocation`,
    );
  if (!isInSubnet(guest.oldAddress, oldSubnet.subnet))
    invalid(`old address ${guest.oldAddress} is not in ${oldSubnet.subnet}`);
  if (guest.oldAddress === oldSubnet.defaultGateway)
    invalid(`old address ${guest.oldAddress} is the default gateway's`);
  if (network === undefined) {
    invalid(
      `network '${relocation.network}' is not among its networks ${names(configuration.networks, 'name')}`,
    );
    return problems;
  }
  if (role === 'source') {
    for (const key of ['subnet', 'defaultGateway', 'defaultGatewayMac'] as const)
      if (network[key] !== oldSubnet[key])
        invalid(`${key} of '${network.name}' is ${network[key]} here, ${oldSubnet[key]} in the relocation`);
    return problems;
  }
  if (!isInSubnet(guest.newAddress, network.subnet))
    invalid(`new address ${guest.newAddress} is not in ${network.subnet}, the subnet of '${network.name}'`);
  if (guest.newAddress === network.defaultGateway)
    invalid(`new address ${guest.newAddress} is the default gateway of '${network.name}'`);
  if (oldSubnet.defaultGatewayMac === network.defaultGatewayMac)
    problems.push({
      code: 'unfit',
      text: `the default gateways of both sites have the MAC address ${network.defaultGatewayMac}; give each site its own`,
    });
  return problems;
}

function guestProblems({ guest }: Relocation): readonly Problem[] {
  if (guest.origin === 'static') return [];
  const text =
    `the guest got ${guest.oldAddress} by DHCP and would lose it at its next renewal, ` +
    'which the new site does not answer; give it a static address or choose another method';
  return [{ code: 'unfit', text }];
}

function conflicts(relocation: Relocation, other: Relocation): readonly Problem[] {
  if (other.id === relocation.id) return [];
  const is = (what: string): Problem => ({
    code: 'conflict',
    text: `${what} of relocation '${other.id}' (${other.phase}); make that absent first`,
  });
  if (other.guest.oldAddress === relocation.guest.oldAddress)
    return [is(`old address ${other.guest.oldAddress} is already that`)];
  const bothArrive = other.role === 'target' && relocation.role === 'target';
  if (bothArrive && other.guest.newAddress === relocation.guest.newAddress)
    return [is(`new address ${other.guest.newAddress} is already that`)];
  return [];
}

function names<K extends string>(list: readonly Readonly<Record<K, string>>[], key: K): string {
  return list.map((one) => `'${one[key]}'`).join(', ') || '(none)';
}
