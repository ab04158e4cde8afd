import { LonghaulError } from '../../topology/errors.ts';
import type { BalancerChange, BalancerStatus } from './change.ts';
import type { BalancerDriver } from './driver.ts';

interface FakeMember {
  state: 'serving' | 'draining';
  sessions: number;
}

/** A balancer in memory; every member is healthy. `setSessions` opens and ends sessions; `toString` prints one member a line. */
export interface FakeBalancer extends BalancerDriver {
  setSessions(pool: string, address: string, sessions: number): void;
  toString(): string;
}

export function createFakeBalancer(
  name: string,
  initial: Readonly<Record<string, readonly string[]>>,
): FakeBalancer {
  const pools = new Map(
    Object.entries(initial).map(([pool, addresses]) => [
      pool,
      new Map(addresses.map((address): [string, FakeMember] => [address, { state: 'serving', sessions: 0 }])),
    ]),
  );
  const membersOf = (pool: string): Map<string, FakeMember> => {
    const members = pools.get(pool);
    if (members === undefined) throw new LonghaulError('LH_BALANCER_POOL_UNKNOWN', [name, pool]);
    return members;
  };
  const observe = ({ pool, members }: BalancerChange): BalancerStatus => {
    const held = membersOf(pool);
    const observed = members.map(({ address }) => {
      const member = held.get(address);
      return {
        balancer: name,
        address,
        state: member?.state ?? ('absent' as const),
        healthy: member?.state === 'serving',
        sessions: member?.sessions ?? 0,
      };
    });
    const converged = members.every(({ state }, index) => observed[index]?.state === state);
    return { converged, members: observed, error: null };
  };
  return {
    name,
    pools: Object.keys(initial),
    observe: async (change) => observe(change),
    apply: async (change) => {
      const held = membersOf(change.pool);
      for (const { address, state } of change.members) {
        const member = held.get(address);
        if (state !== 'absent') held.set(address, { state, sessions: member?.sessions ?? 0 });
        else if (member !== undefined && member.sessions === 0) held.delete(address);
        else if (member !== undefined) member.state = 'draining';
      }
      return observe(change);
    },
    setSessions: (pool, address, sessions) => {
      const member = membersOf(pool).get(address);
      if (member !== undefined) member.sessions = sessions;
    },
    toString: () =>
      [...pools]
        .flatMap(([pool, members]) =>
          [...members].map(([address, member]) => `${pool} ${address} ${member.state}`),
        )
        .sort()
        .join('\n'),
  };
}
