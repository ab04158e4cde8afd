import { gatewayConfigurationSchema, type GatewayConfiguration } from '../../gateway/configuration.ts';
import type { Placement } from '../../gateway/desired/desired.ts';
import type { Relocation } from '../../gateway/relocation.ts';

/** A gateway with two peers and two networks, and the named states its relocations are in. */
export const lyon: GatewayConfiguration = gatewayConfigurationSchema.parse({
  site: 'lyon',
  wan: { device: 'wan0', address: '203.0.113.2' },
  networks: [
    {
      name: 'apps',
      device: 'lan0',
      subnet: '10.2.0.0/24',
      defaultGateway: '10.2.0.1',
      defaultGatewayMac: '00:00:5e:00:01:02',
    },
    {
      name: 'data',
      device: 'lan1.20',
      subnet: '10.2.1.0/24',
      defaultGateway: '10.2.1.1',
      defaultGatewayMac: '00:00:5e:00:01:03',
    },
  ],
  peers: [
    { site: 'paris', address: '198.51.100.2', vni: 7 },
    { site: 'turin', address: '192.0.2.2', vni: 8 },
  ],
});

/** What lyon's router has before the gateway comes. */
export const lyonDevices = {
  lo: {},
  wan0: { address: '203.0.113.2' },
  lan0: { address: '10.2.0.1', mac: '00:00:5e:00:01:02' },
  'lan1.20': { address: '10.2.1.1', mac: '00:00:5e:00:01:03' },
};

export const nowSeconds = 1_800_000_000;

export function arriving(id: string, change: Partial<Relocation> = {}): Relocation {
  const last = Number(id.replace(/\D/g, ''));
  return {
    id,
    role: 'target',
    phase: 'prepared',
    workload: id,
    guest: {
      mac: `02:00:00:00:01:${last}`,
      oldAddress: `10.1.0.${last}`,
      newAddress: `10.2.0.${last}`,
      origin: 'static',
    },
    oldSubnet: {
      subnet: '10.1.0.0/24',
      defaultGateway: '10.1.0.1',
      defaultGatewayMac: '00:00:5e:00:01:01',
    },
    network: 'apps',
    peer: { site: 'paris', address: '198.51.100.2' },
    sessions: [],
    quarantineUntilSeconds: null,
    ...change,
  };
}

/** From lyon to paris. */
export function leaving(id: string, change: Partial<Relocation> = {}): Relocation {
  const last = Number(id.replace(/\D/g, ''));
  return arriving(id, {
    role: 'source',
    guest: {
      mac: `02:00:00:00:02:${last}`,
      oldAddress: `10.2.0.${last}`,
      newAddress: `10.1.0.${last}`,
      origin: 'static',
    },
    oldSubnet: {
      subnet: '10.2.0.0/24',
      defaultGateway: '10.2.0.1',
      defaultGatewayMac: '00:00:5e:00:01:02',
    },
    ...change,
  });
}

const here = (relocation: Relocation): Placement => ({ relocation, guestHere: true });
const elsewhere = (relocation: Relocation): Placement => ({ relocation, guestHere: false });

export const namedStates: Readonly<Record<string, readonly Placement[]>> = {
  empty: [],
  'one arrives, prepared': [elsewhere(arriving('app50'))],
  'one arrived, switched': [here(arriving('app50', { phase: 'switched' }))],
  'one arrived, settled': [here(arriving('app50', { phase: 'settled' }))],
  'two of one subnet, one switched, one prepared': [
    here(arriving('app50', { phase: 'switched' })),
    elsewhere(arriving('app51')),
  ],
  'the other one follows, its guest not yet here': [
    here(arriving('app50', { phase: 'settled' })),
    elsewhere(arriving('app51', { phase: 'following' })),
  ],
  'one leaves, prepared': [here(leaving('web60'))],
  'one left, switched': [elsewhere(leaving('web60', { phase: 'switched' }))],
  'one left, quarantined': [
    elsewhere(leaving('web60', { phase: 'settled', quarantineUntilSeconds: nowSeconds + 60 })),
  ],
  'one goes home, still here': [here(arriving('app50', { phase: 'returning' }))],
  'one has gone home, the tunnel stands': [elsewhere(arriving('app50', { phase: 'returned' }))],
  'one comes home, still away': [elsewhere(leaving('web60', { phase: 'returning' }))],
  'one is home, the tunnel stands': [here(leaving('web60', { phase: 'returned' }))],
  'one comes home while others arrive and leave': [
    here(arriving('app50', { phase: 'switched' })),
    elsewhere(arriving('app51', { phase: 'returned' })),
    elsewhere(leaving('web60', { phase: 'switched' })),
    here(leaving('web61', { phase: 'returning' })),
  ],
  'one comes while another leaves by the same tunnel': [
    here(arriving('app50', { phase: 'switched' })),
    elsewhere(leaving('web60', { phase: 'switched' })),
  ],
  'guests of two old sites with the same gateway MAC': [
    here(arriving('app50', { phase: 'switched' })),
    here(
      arriving('app52', {
        phase: 'switched',
        guest: {
          mac: '02:00:00:00:03:52',
          oldAddress: '10.3.0.52',
          newAddress: '10.2.0.52',
          origin: 'static',
        },
        oldSubnet: {
          subnet: '10.3.0.0/24',
          defaultGateway: '10.3.0.1',
          defaultGatewayMac: '00:00:5e:00:01:01',
        },
        peer: { site: 'turin', address: '192.0.2.2' },
      }),
    ),
  ],
  'a guest changes its new address': [
    here(
      arriving('app50', {
        phase: 'settled',
        guest: {
          mac: '02:00:00:00:01:50',
          oldAddress: '10.1.0.50',
          newAddress: '10.2.0.99',
          origin: 'static',
        },
      }),
    ),
  ],
};
