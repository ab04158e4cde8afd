import type { Workload } from '../../topology/resolve/topology.ts';
import { hostKey } from '../choose/room.ts';
import type { Choosing } from '../choose/choosing.ts';
import { missingMax, type Fleet } from '../choose/fleet.ts';
import { reason, type Reason } from './reasons.ts';

/**
 * Policies that are broken by where things run before anything moves: nothing of the plan has done it, and a move that
 * leaves it so is not refused for it, so people are told who and where.
 */
export function brokenAtStart({ fleet, calendar }: Choosing): readonly Reason[] {
  return [
    ...apart(fleet),
    ...zonesNotHeld(fleet),
    ...zoneNeighbours(fleet),
    ...quorumsOnOneHost(fleet),
    ...quorumsDisturbed(fleet, calendar),
  ];
}

type Scope = 'host' | 'site';

const placeOf = ({ site, host }: Workload, scope: Scope): string =>
  scope === 'site' ? site : hostKey(site, host);

/** The members at each host, or site, in the order of the policy. */
function byPlace(
  { workloads }: Fleet,
  members: readonly string[],
  scope: Scope,
): ReadonlyMap<string, readonly string[]> {
  const at = new Map<string, string[]>();
  for (const member of members) {
    const place = placeOf(workloads.get(member)!, scope);
    at.set(place, [...(at.get(place) ?? []), member]);
  }
  return at;
}

/** Members of an anti-affinity that share a host, or a site, already. */
function apart(fleet: Fleet): readonly Reason[] {
  return fleet.topology.policies.antiAffinity.flatMap(({ name, scope, workloads }) =>
    [...byPlace(fleet, workloads, scope)]
      .filter(([, together]) => together.length > 1)
      .map(([place, together]) =>
        reason('starts-together', { policy: name, workloads: together.join(', '), place }),
      ),
  );
}

function zonesNotHeld(fleet: Fleet): readonly Reason[] {
  return fleet.topology.policies.zones.flatMap(({ name, zone, workloads }) =>
    [...byPlace(fleet, workloads, 'site')]
      .filter(([site]) => !fleet.sites.get(site)!.zones.includes(zone))
      .map(([site, there]) =>
        reason('starts-zone-not-held', { policy: name, workloads: there.join(', '), site, zone }),
      ),
  );
}

/** Those of a zone that share a host, or a site, with whom they may not stand beside. */
function zoneNeighbours(fleet: Fleet): readonly Reason[] {
  return fleet.topology.policies.zones.flatMap(({ name, scope, workloads, neverBeside }) => {
    const others = byPlace(fleet, neverBeside, scope);
    return [...byPlace(fleet, workloads, scope)].flatMap(([place, held]) => {
      const beside = others.get(place) ?? [];
      return beside.length === 0
        ? []
        : [
            reason('starts-zone-neighbour', {
              policy: name,
              workloads: held.join(', '),
              others: beside.join(', '),
              place,
            }),
          ];
    });
  });
}

/** More members on one host than a quorum can lose: with the host the majority is gone. */
function quorumsOnOneHost(fleet: Fleet): readonly Reason[] {
  return fleet.topology.policies.quorums.flatMap(({ name, workloads }) =>
    [...byPlace(fleet, workloads, 'host')]
      .filter(([, together]) => together.length > 1 && together.length > missingMax(workloads))
      .map(([place, together]) =>
        reason('starts-quorum-on-host', {
          policy: name,
          workloads: together.join(', '),
          place,
          members: workloads.length,
          tolerated: missingMax(workloads),
        }),
      ),
  );
}

/** More members moved by other runs than a quorum can miss: none of ours can go before they are done. */
function quorumsDisturbed({ topology, underWay }: Fleet, calendar: Choosing['calendar']): readonly Reason[] {
  return topology.policies.quorums.flatMap(({ name, workloads }) => {
    const moved = workloads.filter((member) => underWay.endSeconds(member, calendar) > 0);
    return moved.length > missingMax(workloads)
      ? [
          reason('starts-quorum-disturbed', {
            policy: name,
            workloads: moved.join(', '),
            members: workloads.length,
            tolerated: missingMax(workloads),
          }),
        ]
      : [];
  });
}
