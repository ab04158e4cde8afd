import type { Workload } from '../../topology/resolve/topology.ts';
import { reason, type Reason } from '../plan/reasons.ts';
import type { Choosing } from './choosing.ts';
import { siteToBe, type Fleet } from './fleet.ts';

/**
 * Peers that may be only so far apart and move under one goal: where one may end depends on where the other can. What
 * each can reach is narrowed before anybody is placed, so that the first does not go where the second cannot follow;
 * whoever is placed has one end. A peer that does not move is where it is (rules/site.ts).
 */
export function narrowEnds({ fleet, ends }: Choosing, home: ReadonlyMap<string, string>): void {
  let hasChanged = true;
  while (hasChanged) {
    hasChanged = false;
    for (const [name, sites] of ends) {
      const own = home.get(name)!;
      const near = sites.filter((site) => tooFar(fleet, ends, { name, site }).length === 0);
      if (near.length === sites.length || (sites.length === 1 && sites[0] === own)) continue;
      ends.set(name, near.length > 0 ? near : [own]);
      hasChanged = true;
    }
  }
}

/** What its peers have against a site, by where they end or still may. */
export function peersApart(
  { fleet, ends, leaving }: Choosing,
  { name, peers }: Workload,
  site: string,
): readonly Reason[] {
  const isSaid = (peer: string): boolean =>
    !leaving.has(peer) &&
    peers.some(({ workload, rttMaxSeconds }) => workload === peer && rttMaxSeconds !== null);
  return tooFar(fleet, ends, { name, site }).filter(({ values }) => !isSaid(String(values['peer'])));
}

function tooFar(
  fleet: Fleet,
  ends: Choosing['ends'],
  { name, site }: { readonly name: string; readonly site: string },
): readonly Reason[] {
  return (fleet.closePeers.get(name) ?? []).flatMap(({ peer, rttMaxSeconds }) => {
    const open = ends.get(peer) ?? [siteToBe(fleet, peer)!];
    const [nearest] = open
      .map((end) => ({ end, rttSeconds: fleet.paths.roundTripSeconds(site, end) }))
      .sort((a, b) => a.rttSeconds - b.rttSeconds || (a.end < b.end ? -1 : 1));
    return nearest!.rttSeconds > rttMaxSeconds
      ? [
          reason('peer-ends-too-far', {
            rttSeconds: Number.isFinite(nearest!.rttSeconds) ? nearest!.rttSeconds : 'without a link',
            peer,
            site: nearest!.end,
            limitSeconds: rttMaxSeconds,
          }),
        ]
      : [];
  });
}
