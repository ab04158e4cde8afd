import type { DnsChange, DnsStatus } from '../../../gateway/dns/change.ts';
import { LonghaulError } from '../../../topology/errors.ts';
import type { Move } from '../move.ts';
import type { Step } from '../step.ts';

/** Names: their time to live is lowered ahead, they turn to the new address, and the time to live comes back. */
export const lowerTtl: Step = {
  name: 'lower TTL',
  weight: 1,
  deadlineSeconds: ({ limits, dnsSites }) => limits.callSeconds * Math.max(1, dnsSites.length),
  apply: async (move, signal) => {
    if (move.planned.names.length === 0) return undefined;
    await converge(move, sayingOld(move, 'lowered'), signal);
    return { ttlLoweredAtSeconds: move.clock.nowSeconds() };
  },
  undo: async (move, signal) => {
    if (move.planned.names.length > 0) await converge(move, sayingOld(move, 'planned'), signal);
  },
};

/** Whoever asked before the lowering keeps its answer for the whole of the old time to live. */
export const waitForOldTtl: Step = {
  name: 'wait for old TTL',
  weight: 1,
  deadlineSeconds: ({ planned, limits }) =>
    Math.max(0, ...planned.names.map(({ ttlSeconds }) => ttlSeconds)) + limits.callSeconds,
  apply: async ({ planned, facts, clock, report }, signal) => {
    const { ttlLoweredAtSeconds } = facts;
    const lowered = planned.names.filter(
      ({ ttlSeconds, loweredTtlSeconds }) => loweredTtlSeconds < ttlSeconds,
    );
    if (ttlLoweredAtSeconds === undefined || lowered.length === 0) return undefined;
    const oldTtlSeconds = Math.max(...lowered.map(({ ttlSeconds }) => ttlSeconds));
    const leftSeconds = ttlLoweredAtSeconds + oldTtlSeconds - clock.nowSeconds();
    report({
      ratio: 0,
      convergence: null,
      text: `resolvers forget the old time to live in ${Math.ceil(Math.max(0, leftSeconds))} s`,
    });
    if (leftSeconds > 0) await clock.sleep(leftSeconds, signal);
    return undefined;
  },
};

export const turnNames: Step = {
  name: 'turn names',
  weight: 1,
  deadlineSeconds: ({ limits, dnsSites }) => limits.callSeconds * Math.max(1, dnsSites.length),
  apply: async (move, signal) => {
    if (move.planned.names.length > 0 && hasNewAddress(move))
      await converge(move, sayingNew(move, 'lowered'), signal);
    return { dnsNewSinceSeconds: move.clock.nowSeconds() };
  },
  undo: async (move, signal) => {
    if (move.planned.names.length > 0 && hasNewAddress(move))
      await converge(move, sayingOld(move, 'lowered'), signal);
  },
};

export const restoreTtl: Step = {
  name: 'restore TTL',
  weight: 1,
  deadlineSeconds: ({ limits, dnsSites }) => limits.callSeconds * Math.max(1, dnsSites.length),
  apply: async (move, signal) => {
    if (move.planned.names.length === 0) return undefined;
    const change = hasNewAddress(move) ? sayingNew(move, 'planned') : sayingOld(move, 'planned');
    await converge(move, change, signal);
    return undefined;
  },
};

/** Every site that has name servers brings its own to say it; all of them must, before this answers. */
async function converge(move: Move, change: DnsChange, signal: AbortSignal): Promise<void> {
  const statuses = await Promise.all(
    move.dnsSites.map(async ({ agent, model }) => ({
      site: model.name,
      status: await agent.dns.apply(move.claim, change, signal),
    })),
  );
  for (const { site, status } of statuses)
    if (!status.converged)
      throw new LonghaulError('LH_DNS_NOT_CONVERGED', [move.workload.name, site, laggards(status)]);
}

function laggards({ servers }: DnsStatus): string {
  return servers
    .filter(({ converged }) => !converged)
    .map(({ server, error, answers }) => `${server}: ${error ?? JSON.stringify(answers)}`)
    .join('; ');
}

/** The first address is the one that names speak of. */
const hasNewAddress = ({ planned }: Move): boolean => planned.addresses.length > 0;

type Ttl = 'lowered' | 'planned';

function sayingOld(move: Move, ttl: Ttl): DnsChange {
  const { oldAddress, newAddress } = addressesOf(move);
  return saying(move, { ttl, address: oldAddress, previous: newAddress });
}

function sayingNew(move: Move, ttl: Ttl): DnsChange {
  const { oldAddress, newAddress } = addressesOf(move);
  return saying(move, { ttl, address: newAddress, previous: oldAddress });
}

function saying(
  { planned, workload }: Move,
  { ttl, address, previous }: { readonly ttl: Ttl; readonly address: string; readonly previous: string },
): DnsChange {
  const names = planned.names.map((name) => ({
    name: name.name,
    address,
    previousAddresses: [...new Set([address, previous])],
    ttlSeconds: ttl === 'lowered' ? name.loweredTtlSeconds : name.ttlSeconds,
  }));
  const [first] = names;
  return {
    workload: workload.name,
    names,
    reverse: first === undefined ? [] : [{ address, name: first.name, ttlSeconds: first.ttlSeconds }],
    withdrawn: address === previous ? [] : [previous],
  };
}

function addressesOf({ planned, workload }: Move): {
  readonly oldAddress: string;
  readonly newAddress: string;
} {
  const [change] = planned.addresses;
  const kept = workload.addresses[0]?.address ?? '';
  return { oldAddress: change?.oldAddress ?? kept, newAddress: change?.newAddress ?? kept };
}
