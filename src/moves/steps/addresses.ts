import type { GatewayFacts, Relocation, RelocationStatus, Session } from '../../../gateway/relocation.ts';
import { LonghaulError } from '../../../topology/errors.ts';
import type { AddressChange } from '../../../planners/plan/plan.ts';
import type { Move, RelocationPair } from '../move.ts';
import { at, type Stage } from '../phases.ts';
import type { Step } from '../step.ts';

/** The addresses of a workload that follow it through the gateways: one relocation each, one half at each site. */

/** RFC 5227 §2.1.1: an address is probed before it is used. */
export const probeAddresses: Step = {
  name: 'probe new address',
  weight: 1,
  deadlineSeconds: ({ limits }) => limits.callSeconds,
  apply: async ({ planned, target, workload }, signal) => {
    for (const { newNetwork, newAddress } of planned.addresses) {
      const { heldBy } = await target.agent.relocations.probe(newNetwork, newAddress, signal);
      if (heldBy !== null)
        throw new LonghaulError('LH_ADDRESS_HELD', [newAddress, workload.name, target.model.name, heldBy], {
          settle: `free ${newAddress} at '${target.model.name}' or plan with another address`,
        });
    }
    return undefined;
  },
};

export const prepareRelocations: Step = {
  name: 'prepare relocation',
  weight: 1,
  deadlineSeconds: ({ limits }) => 2 * limits.callSeconds,
  apply: async (move, signal) => {
    const relocations = move.facts.relocations ?? (await describePairs(move, signal, { mustFit: true }));
    for (const pair of relocations) {
      const { source, target } = pair;
      requireConverged(move, await put(move, 'target', at(pair, target, 'prepared'), signal));
      requireConverged(move, await put(move, 'source', at(pair, source, 'prepared'), signal));
    }
    return { relocations };
  },
  undo: async (move, signal) => {
    for (const pair of move.facts.relocations ?? (await describePairs(move, signal))) {
      const { source, target } = pair;
      const atSource = await move.source.agent.relocations.get(source.id, signal);
      const atTarget = await move.target.agent.relocations.get(source.id, signal);
      if (atSource === null && atTarget === null) continue;
      await put(move, 'source', at(pair, source, 'undone'), signal);
      await put(move, 'target', at(pair, target, 'undone'), signal);
    }
  },
};

/**
 * From here on both gateways follow the guest by themselves, the moment it stops or runs: this comes before the
 * transfer, as nothing tells beforehand when a guest will stop.
 */
export const followGuest: Step = {
  name: 'follow guest',
  weight: 1,
  deadlineSeconds: ({ limits }) => 2 * limits.callSeconds,
  apply: async (move, signal) => {
    await handSessionsOver(move, signal);
    for (const pair of move.facts.relocations ?? [])
      requireConverged(move, await put(move, 'source', at(pair, pair.source, 'following'), signal));
    return undefined;
  },
  undo: async (move, signal) => {
    for (const pair of move.facts.relocations ?? []) {
      await put(move, 'source', at(pair, pair.source, 'prepared'), signal);
      await put(move, 'target', at(pair, pair.target, 'prepared'), signal);
    }
  },
};

/** Sessions open at the source become known to the target's gateway, which follows its guest from then on. */
export async function handSessionsOver(move: Move, signal: AbortSignal): Promise<void> {
  for (const pair of move.facts.relocations ?? []) {
    const sessions = await openSessions(move, pair.source, signal);
    const followed = { ...at(pair, pair.target, 'following'), sessions };
    requireConverged(move, await put(move, 'target', followed, signal));
  }
}

async function put(
  move: Move,
  end: 'source' | 'target',
  ...[relocation, signal]: readonly [Relocation, AbortSignal]
): Promise<RelocationStatus> {
  return await move[end].agent.relocations.put(move.claim, relocation, signal);
}

/** What the gateways did by themselves becomes the desired state, whatever a guest does from now on. */
export const switchRelocations: Step = {
  name: 'switch relocation',
  weight: 1,
  deadlineSeconds: ({ limits }) => 2 * limits.callSeconds,
  apply: async (move, signal) => {
    await putBoth(move, 'switched', signal);
    return undefined;
  },
};

/** The tunnel goes: first the source stops sending into it, then the target stops listening. */
export const settleRelocations: Step = {
  name: 'settle relocation',
  weight: 1,
  deadlineSeconds: ({ limits }) => 2 * limits.callSeconds,
  apply: async (move, signal) => {
    await putBoth(move, 'settled', signal);
    return undefined;
  },
};

async function putBoth(move: Move, stage: Stage, signal: AbortSignal): Promise<void> {
  for (const pair of move.facts.relocations ?? []) {
    requireConverged(move, await put(move, 'source', at(pair, pair.source, stage), signal));
    requireConverged(move, await put(move, 'target', at(pair, pair.target, stage), signal));
  }
}

/** A redirected or cold workload hands over no sessions: they end with the guest that had them. */
async function openSessions(
  move: Move,
  { id }: Relocation,
  signal: AbortSignal,
): Promise<readonly Session[]> {
  if (move.method === 'cold') return [];
  return (await move.source.agent.relocations.get(id, signal))?.sessions ?? [];
}

function requireConverged({ workload }: Move, { id, role, converged, differences }: RelocationStatus): void {
  if (!converged)
    throw new LonghaulError('LH_KERNEL_APPLY_FAILED', [
      `relocation '${id}' of '${workload.name}'`,
      role,
      differences.join('; '),
    ]);
}

/** `mustFit`: a guest that left by a relocation is refused where it cannot go; otherwise such a pair was never put. */
async function describePairs(
  move: Move,
  signal: AbortSignal,
  { mustFit = false } = {},
): Promise<readonly RelocationPair[]> {
  if (move.planned.addresses.length === 0) return [];
  const [source, target] = await Promise.all([
    move.source.agent.describe(signal),
    move.target.agent.describe(signal),
  ]);
  if (source.gateway === null || target.gateway === null)
    throw new LonghaulError('LH_PLAN_STALE', [
      move.workload.name,
      `'${source.gateway === null ? source.name : target.name}' has no gateway of ours`,
    ]);
  const facts = { source: source.gateway, target: target.gateway };
  const held = await move.source.agent.relocations.held(move.workload.name, signal);
  if (mustFit) for (const address of move.planned.addresses) refuseOnward(move, address, held);
  return move.planned.addresses.map(
    (address, index) =>
      homePair(move, address, { facts, held }) ??
      pairOf(move, address, { facts, id: `${move.run}-${move.workload.name}-${index}` }),
  );
}

/**
 * The way home of a guest that left by a relocation: the same relocation, with the roles as they were. Null for one that
 * holds, inside, the address under which it is known where it runs.
 */
function homePair(
  { source, target }: Move,
  { oldAddress, newAddress, newNetwork }: AddressChange,
  { facts, held }: { readonly facts: GatewayPair; readonly held: readonly Relocation[] },
): RelocationPair | null {
  const left = leftBy(held, oldAddress);
  if (left?.guest.oldAddress !== newAddress) return null;
  const peer = { site: source.model.name, address: facts.source.tunnelAddress };
  return left.peer.site === target.model.name
    ? { source: left, target: { ...left, role: 'source', network: newNetwork, peer } }
    : null;
}

const leftBy = (held: readonly Relocation[], address: string): Relocation | undefined =>
  held.find(({ role, guest }) => role === 'target' && guest.newAddress === address);

function refuseOnward(
  { workload, source, target }: Move,
  { oldAddress, newAddress }: AddressChange,
  held: readonly Relocation[],
): void {
  const left = leftBy(held, oldAddress);
  if (left === undefined) return;
  const inner = left.guest.oldAddress;
  if (inner === newAddress && left.peer.site === target.model.name) return;
  throw new LonghaulError(
    'LH_PLAN_STALE',
    [
      workload.name,
      `inside it holds ${inner} of '${left.peer.site}'; from '${source.model.name}' it can only go back there, to that address`,
    ],
    { settle: `longhaul plan TOPOLOGY RUNBOOK, with ${inner} at '${left.peer.site}' as its new address` },
  );
}

interface GatewayPair {
  readonly source: GatewayFacts;
  readonly target: GatewayFacts;
}

function pairOf(
  { planned, workload, source, target }: Move,
  address: AddressChange,
  { facts, id }: { readonly facts: GatewayPair; readonly id: string },
): RelocationPair {
  const network = source.model.networks.find(({ name }) => name === address.network);
  const mac = facts.source.networks.find(({ name }) => name === address.network)?.defaultGatewayMac;
  if (network === undefined || mac === undefined)
    throw new LonghaulError('LH_PLAN_STALE', [
      planned.workload,
      `the gateway of '${source.model.name}' has no network '${address.network}'`,
    ]);
  const { oldAddress, newAddress, mac: guestMac } = address;
  const origin = workload.addresses.find((each) => each.address === oldAddress)?.origin ?? 'static';
  if (guestMac === null)
    throw new LonghaulError('LH_PLAN_STALE', [
      workload.name,
      `the MAC address that holds ${oldAddress} is not known`,
    ]);
  const common = {
    id,
    phase: 'prepared' as const,
    workload: workload.name,
    guest: { mac: guestMac, oldAddress, newAddress, origin },
    oldSubnet: { subnet: network.subnet, defaultGateway: network.defaultGateway, defaultGatewayMac: mac },
    sessions: [],
    quarantineUntilSeconds: null,
  };
  return {
    source: {
      ...common,
      role: 'source',
      network: address.network,
      peer: { site: target.model.name, address: facts.target.tunnelAddress },
    },
    target: {
      ...common,
      role: 'target',
      network: address.newNetwork,
      peer: { site: source.model.name, address: facts.source.tunnelAddress },
    },
  };
}
