import { expect, test } from 'vitest';
import type { BalancerChange } from '../../gateway/balancer/change.ts';
import type { BalancerDriver } from '../../gateway/balancer/driver.ts';

export interface BalancerWorld {
  readonly driver: BalancerDriver;
  /** Pool 'app' with this one serving member at the start. */
  readonly oldAddress: string;
  readonly newAddress: string;
  /** Holds a session open on a member; answers how to end it. */
  openSession(address: string): Promise<() => Promise<void>>;
}

export function balancerSuite(
  withWorld: (use: (world: BalancerWorld) => Promise<void>) => Promise<void>,
): void {
  const signal = AbortSignal.timeout(30_000);
  const change = (members: BalancerChange['members']): BalancerChange => ({
    workload: 'web',
    pool: 'app',
    members,
  });
  const until = async (world: BalancerWorld, wanted: BalancerChange): Promise<unknown> => {
    for (let attempt = 0; attempt < 200; attempt++) {
      const status = await world.driver.apply(wanted, signal);
      if (status.converged && status.members.every(({ state, healthy }) => state !== 'serving' || healthy))
        return status.members;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return await world.driver.observe(wanted, signal);
  };

  test('a clone is added, serves, and the old member drains and goes; each step twice is one step', async () => {
    await withWorld(async (world) => {
      const { driver, oldAddress, newAddress } = world;
      const balancer = driver.name;
      const member = (address: string, state: string, sessions = 0): unknown => ({
        balancer,
        address,
        state,
        healthy: state === 'serving',
        sessions,
      });
      const both = change([
        { address: oldAddress, state: 'serving' },
        { address: newAddress, state: 'serving' },
      ]);
      for (const _twice of [1, 2])
        expect(await until(world, both)).toEqual([
          member(oldAddress, 'serving'),
          member(newAddress, 'serving'),
        ]);

      const end = await world.openSession(oldAddress);
      const drained = change([{ address: oldAddress, state: 'draining' }]);
      for (const _twice of [1, 2])
        expect(await until(world, drained)).toEqual([member(oldAddress, 'draining', 1)]);

      const gone = change([{ address: oldAddress, state: 'absent' }]);
      expect((await driver.apply(gone, signal)).members).toEqual([member(oldAddress, 'draining', 1)]);
      await end();
      for (const _twice of [1, 2]) expect(await until(world, gone)).toEqual([member(oldAddress, 'absent')]);
    });
  });

  test('a draining member serves again when it shall', async () => {
    await withWorld(async (world) => {
      await until(world, change([{ address: world.oldAddress, state: 'draining' }]));
      expect(await until(world, change([{ address: world.oldAddress, state: 'serving' }]))).toMatchObject([
        { state: 'serving' },
      ]);
    });
  });

  test('a pool that was not entrusted to us is refused', async () => {
    await withWorld(async ({ driver }) => {
      await expect(
        driver.apply({ workload: 'web', pool: 'other', members: [] }, signal),
      ).rejects.toMatchObject({
        code: 'LH_BALANCER_POOL_UNKNOWN',
      });
    });
  });
}
