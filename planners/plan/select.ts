import type { Workload } from '../../topology/resolve/topology.ts';
import type { Accepted } from '../choose/candidate.ts';
import { choose, questionOf, stay, type Choice } from '../choose/choose.ts';
import type { Choosing } from '../choose/choosing.ts';
import { siteOf, workloadOf } from '../choose/fleet.ts';
import { templatesFor } from '../choose/kinds.ts';
import type { LinkUse } from '../choose/load.ts';
import { wireRatio } from '../choose/paths.ts';
import { narrowEnds, peersApart } from '../choose/peers.ts';
import { isLive } from '../choose/rules/rule.ts';
import type { Requested } from '../schedule/goals/requested.ts';
import { reason, type Reason } from './reasons.ts';

/**
 * A choice for every workload of the goal, the hardest to place first: whoever comes later sees the room and the links
 * that earlier ones take.
 */
export function select(choosing: Choosing, { moves, worthless }: Requested): readonly Choice[] {
  const { fleet, room, load, ends } = choosing;
  const wanted = moves
    .map((each) => ({
      workload: workloadOf(fleet, each.workload),
      sites: each.targets.map((site) => siteOf(fleet, site)),
      hosts: each.hosts,
    }))
    .sort((a, b) => hardestFirst(a.workload, b.workload));
  for (const { workload, sites } of wanted) {
    if (!fleet.closePeers.has(workload.name)) continue;
    const open = templatesFor(choosing, workload, sites).filter(({ ways }) => ways.length > 0);
    ends.set(workload.name, open.length > 0 ? open.map(({ site }) => site.name) : [workload.site]);
  }
  narrowEnds(choosing, new Map(wanted.map(({ workload }) => [workload.name, workload.site])));
  const choices = wanted.map(({ workload, sites, hosts }) => {
    const choice = worthwhile(choose(choosing, workload, { sites, hosts }), worthless);
    if (choice.candidate !== null) {
      const { site, host } = choice.candidate;
      room.place(workload, { site, host });
      load.add(choice.candidate.path, linkUse(choosing, workload, choice.candidate));
    }
    if (ends.has(workload.name)) ends.set(workload.name, [choice.candidate?.site ?? workload.site]);
    return choice;
  });
  return ends.size === 0 ? choices : withPeers(choosing, choices);
}

/** Whoever has lost a peer on the way, for which there was no room in the end, stays with it. */
function withPeers(choosing: Choosing, choices: readonly Choice[]): readonly Choice[] {
  const kept = choices.map((choice) => {
    const { workload, candidate } = choice;
    const because = candidate === null ? [] : peersApart(choosing, workload, candidate.site);
    if (because.length === 0) return choice;
    choosing.ends.set(workload.name, [workload.site]);
    return staying(choice, { because: [reason('no-option')], against: because });
  });
  return kept.some((choice, index) => choice !== choices[index]) ? withPeers(choosing, kept) : kept;
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
  return staying(choice, { because: [because], against: [because] });
}

function staying(
  choice: Choice,
  { because, against }: { readonly because: readonly Reason[]; readonly against: readonly Reason[] },
): Choice {
  const { chosen, rejected } = choice.decision;
  return {
    ...choice,
    candidate: null,
    ways: [],
    decision: { chosen: stay, because, rejected: [{ option: chosen, because: against }, ...rejected] },
  };
}

function hardestFirst(a: Workload, b: Workload): number {
  return b.priority - a.priority || b.memoryBytes - a.memoryBytes || (a.name < b.name ? -1 : 1);
}
