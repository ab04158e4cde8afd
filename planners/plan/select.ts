import type { Workload } from '../../topology/resolve/topology.ts';
import type { Accepted } from '../choose/candidate.ts';
import { choose, questionOf, stay, type Choice } from '../choose/choose.ts';
import type { Choosing } from '../choose/choosing.ts';
import { siteOf, workloadOf } from '../choose/fleet.ts';
import type { LinkUse } from '../choose/load.ts';
import { wireRatio } from '../choose/paths.ts';
import { isLive } from '../choose/rules/rule.ts';
import type { Requested } from '../schedule/goals/requested.ts';

/**
 * A choice for every workload of the goal, the hardest to place first: whoever comes later sees the room and the links
 * that earlier ones take.
 */
export function select(choosing: Choosing, { moves, worthless }: Requested): readonly Choice[] {
  const { fleet, room, load } = choosing;
  return moves
    .map((wanted) => ({ ...wanted, workload: workloadOf(fleet, wanted.workload) }))
    .sort((a, b) => hardestFirst(a.workload, b.workload))
    .map(({ workload, targets, hosts }) => {
      const sites = targets.map((site) => siteOf(fleet, site));
      const choice = worthwhile(choose(choosing, workload, { sites, hosts }), worthless);
      if (choice.candidate !== null) {
        const { site, host } = choice.candidate;
        room.place(workload, { site, host });
        load.add(choice.candidate.path, linkUse(choosing, workload, choice.candidate));
      }
      return choice;
    });
}

/** A live move sends all the time; the others keep the link waiting while they shut down, boot or clone. */
function linkUse({ predictor }: Choosing, workload: Workload, candidate: Accepted): LinkUse {
  const { method, path, estimate } = candidate;
  const usable = path.rateBitsPerSecond / 8;
  const goodput = predictor.goodputBytesPerSecond(questionOf(workload, candidate)) * wireRatio(path);
  const pathShare = Math.min(1, goodput / usable);
  const wireBytes = estimate.wireBytes.p50;
  const total = estimate.totalSeconds.p50;
  const sendingSeconds = isLive(method) ? total : Math.min(total, wireBytes / (usable * pathShare));
  return { wireBytes, pathShare, sendingSeconds, idleSeconds: total - sendingSeconds };
}

/** The choice, or to stay where the move would be made for nothing. */
function worthwhile(choice: Choice, worthless: Requested['worthless']): Choice {
  const because = worthless(choice);
  if (because === null) return choice;
  const { chosen, rejected } = choice.decision;
  return {
    ...choice,
    candidate: null,
    ways: [],
    decision: {
      chosen: stay,
      because: [because],
      rejected: [{ option: chosen, because: [because] }, ...rejected],
    },
  };
}

function hardestFirst(a: Workload, b: Workload): number {
  return b.priority - a.priority || b.memoryBytes - a.memoryBytes || (a.name < b.name ? -1 : 1);
}
