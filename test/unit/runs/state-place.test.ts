import { expect, test } from 'vitest';
import type { Plan } from '../../../planners/plan/plan.ts';
import { refuseStateLeftBehind } from '../../../src/runs/state-place.ts';
import { addressesOfHost, ownAddresses } from '../../../src/world/addresses.ts';
import { planFor } from '../../support/simulation.ts';

/** Paris is evacuated: `lan` 10.1.0.0/24 is there alone, `metro` 10.9.0.0/24 is stretched to lyon. */
function evacuation(hypervisor = 'qemu'): Plan {
  const plan = planFor('routed-live');
  const sites = plan.topology.sites.map((site) => ({
    ...site,
    hosts: site.hosts.map((host) => ({ ...host, hypervisor })),
  }));
  return { ...plan, topology: { ...plan.topology, sites } };
}

const refuse = (plan: Plan, ...addresses: readonly string[]): void =>
  refuseStateLeftBehind(plan, { name: '/srv/state', addresses });

test('a state at the site that is left is refused, and it is said where it could be', () => {
  expect(() => refuse(evacuation(), '192.0.2.7', '10.1.0.9')).toThrow(
    expect.objectContaining({
      code: 'LH_STATE_LEFT_BEHIND',
      message:
        "State '/srv/state' lies at 10.1.0.9, in network 'lan' of 'paris': the site that is to be left",
      settle: "longhaul run PLAN on a machine outside 'paris', or --state with a Redis outside it",
    }),
  );
});

test('a state elsewhere, on a stretched segment, of another goal, or of simulated sites is not', () => {
  refuse(evacuation(), '10.2.0.9', '192.0.2.7');
  refuse(evacuation(), '10.9.0.9');
  refuse(evacuation());
  const goal = { kind: 'move', workloads: ['web'], to: 'lyon' } as unknown as Plan['runbook']['goal'];
  refuse({ ...evacuation(), runbook: { ...evacuation().runbook, goal } }, '10.1.0.9');
  refuse(evacuation('simulated'), '10.1.0.9');
});

test('a Redis on loopback is on this machine; a name that nobody knows is nowhere', async () => {
  expect(await addressesOfHost('127.0.0.1')).toEqual(ownAddresses());
  expect(await addressesOfHost('10.1.0.9')).toEqual(['10.1.0.9']);
  expect(await addressesOfHost('nobody.invalid')).toEqual([]);
  expect(ownAddresses().some((address) => address.startsWith('127.'))).toBe(false);
});
