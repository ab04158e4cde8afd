import { siteToBe, type Fleet } from '../choose/fleet.ts';
import type { PlannedMove } from './plan.ts';
import { reason, type Reason } from './reasons.ts';

/**
 * Peers that are further from each other than they may be: for good, where the schedule has no room for one of them
 * before the deadline; or from the end of the one move to that of the other, which no order of moves can avoid.
 */
export function peersApartWarnings(fleet: Fleet, moves: readonly PlannedMove[]): readonly Reason[] {
  const byName = new Map(moves.map((move) => [move.workload, move]));
  return moves.flatMap((move) =>
    (fleet.closePeers.get(move.workload) ?? []).flatMap(({ peer, rttMaxSeconds }): readonly Reason[] => {
      const other = byName.get(peer);
      const site = move.decision.chosen.target!.site;
      if (other === undefined) {
        const stays = siteToBe(fleet, peer)!;
        const rttSeconds = fleet.paths.roundTripSeconds(site, stays);
        const values = {
          workload: move.workload,
          site,
          peer,
          stays,
          rttSeconds,
          limitSeconds: rttMaxSeconds,
        };
        return rttSeconds > rttMaxSeconds ? [reason('peer-left-behind', values)] : [];
      }
      const apartSeconds = other.endSeconds.p50 - move.endSeconds.p50;
      const rttSeconds = fleet.paths.roundTripSeconds(site, other.source.site);
      const values = { workload: move.workload, peer, apartSeconds, rttSeconds, limitSeconds: rttMaxSeconds };
      return apartSeconds > 0 && rttSeconds > rttMaxSeconds ? [reason('peers-apart-meanwhile', values)] : [];
    }),
  );
}
