import type { Runbook } from '../../topology/resolve/runbook.ts';
import type { Link, Topology, Workload } from '../../topology/resolve/topology.ts';
import type { Random } from '../../topology/world.ts';
import { choose, type Accepted, type Choice } from '../choose/choose.ts';
import { createFleet, siteOf, workloadOf, type Fleet } from '../choose/fleet.ts';
import type { Choosing } from '../choose/candidates.ts';
import { ladderOf } from '../choose/ladder.ts';
import { loweredTtlSeconds } from '../choose/limits.ts';
import { usableBitsPerSecond } from '../choose/paths.ts';
import { Predictor } from '../choose/predict.ts';
import { weightsOf } from '../choose/presets.ts';
import { hostKey, Room } from '../choose/room.ts';
import { keepsSegment } from '../choose/rules/path.ts';
import { requested } from '../schedule/goals.ts';
import type { Job, LinkCapacity, Placed, Problem } from '../schedule/problem.ts';
import { schedule } from '../schedule/schedule.ts';
import type { Model } from '../estimate/model.ts';
import { planHash } from './hash.ts';
import type { AddressChange, NameChange, Plan, PlannedMove } from './plan.ts';
import { reason, type Reason } from './reasons.ts';

export interface PlanInput {
  readonly topology: Topology;
  readonly runbook: Runbook;
  readonly model: Model;
  /** When the plan is made: the start that is assumed where the runbook names none and something depends on it. */
  readonly nowSeconds: number;
  readonly random: Random;
}

/**
 * The plan for a runbook: who moves, how each of them, and when. Pure: the same input, and random numbers from the
 * same seed, give the same bytes.
 */
export function makePlan({ topology, runbook, model, nowSeconds }: PlanInput): Plan {
  const fleet = createFleet(topology, runbook);
  const startSeconds = runbook.startSeconds ?? (dependsOnStart(topology, runbook) ? nowSeconds : null);
  const { moves: wanted, closed } = requested(fleet);
  const choosing: Choosing = {
    fleet,
    room: new Room(topology),
    predictor: new Predictor(model),
    weights: weightsOf(runbook.weights),
    leaving: new Set(wanted.map(({ workload }) => workload)),
    closed,
  };
  const choices = wanted
    .toSorted((a, b) => biggestFirst(workloadOf(fleet, a.workload), workloadOf(fleet, b.workload)))
    .map(({ workload, targets }) => {
      const choice = choose(
        choosing,
        workloadOf(fleet, workload),
        targets.map((site) => siteOf(fleet, site)),
      );
      if (choice.candidate !== null)
        choosing.room.place(workload, hostKey(choice.candidate.site, choice.candidate.host));
      return choice;
    });
  const moving = choices.filter((choice): choice is Moving => choice.candidate !== null);
  const placed = schedule(problemOf(fleet, moving));
  const moves = movesOf(fleet, moving, placed);
  const stays = choices
    .filter(({ candidate }) => candidate === null)
    .map(({ workload, decision }) => ({ workload: workload.name, because: staysBecause(decision) }))
    .sort((a, b) => (a.workload < b.workload ? -1 : 1));
  const rest: Omit<Plan, 'hash'> = {
    format: 'longhaul-plan/1',
    name: runbook.name,
    topology,
    runbook,
    model: { id: model.id, fittedTo: model.fittedTo },
    startSeconds,
    verdict: stays.length === 0 ? 'feasible' : 'none-found',
    moves,
    stays,
    makespan: {
      p50Seconds: Math.max(0, ...moves.map(({ endSeconds }) => endSeconds.p50)),
      p90Seconds: Math.max(0, ...moves.map(({ endSeconds }) => endSeconds.p90)),
      lowerBoundSeconds: Math.max(0, ...placed.map(({ option }) => option.seconds)),
    },
    latestSafeStartSeconds: null,
    links: topology.links.map((link) => useOf(link, { placed, shareMax: runbook.limits.linkShareMax })),
    warnings: warningsOf(moving),
  };
  return { ...rest, hash: planHash(rest) };
}

type Moving = Choice & { readonly candidate: Accepted };

function dependsOnStart({ links, workloads }: Topology, { deadlineSeconds, freezes }: Runbook): boolean {
  return (
    deadlineSeconds !== null ||
    freezes.length > 0 ||
    links.some(({ caps }) => caps.length > 0) ||
    workloads.some(({ windows }) => windows.length > 0)
  );
}

function biggestFirst(a: Workload, b: Workload): number {
  return b.memoryBytes - a.memoryBytes || (a.name < b.name ? -1 : 1);
}

function problemOf(fleet: Fleet, moving: readonly Moving[]): Problem {
  const { topology, runbook } = fleet;
  const names = new Set(moving.map(({ workload }) => workload.name));
  return {
    jobs: moving.map((choice) => jobOf(choice, names)),
    links: topology.links.map((link) => capacityOf(link, runbook.limits.linkShareMax)),
    movesMax: runbook.limits.movesMax,
    hosts: topology.sites.flatMap((site) =>
      site.hosts.map(({ name, movesMax }) => ({ name: hostKey(site.name, name), movesMax })),
    ),
    quorums: topology.policies.quorums.map(({ name, workloads }) => ({
      name,
      jobs: workloads,
      disturbedMax: Math.floor((workloads.length - 1) / 2),
    })),
  };
}

function jobOf({ workload, candidate }: Moving, moving: ReadonlySet<string>): Job {
  return {
    name: workload.name,
    options: [
      {
        id: '',
        seconds: candidate.estimate.totalSeconds?.p50 ?? 0,
        reservations: (candidate.path?.links ?? []).map(({ name }) => ({
          link: name,
          bytesPerSecond: (candidate.path?.rateBitsPerSecond ?? 0) / 8,
        })),
      },
    ],
    needs: workload.dependsOn.filter((other) => moving.has(other)),
    priority: workload.priority,
    hosts: [hostKey(workload.site, workload.host), hostKey(candidate.site, candidate.host)],
    notBeforeSeconds: 0,
  };
}

function capacityOf(link: Link, shareMax: number): LinkCapacity {
  return {
    name: link.name,
    steps: [{ atSeconds: 0, bytesPerSecond: usableBitsPerSecond(link, shareMax) / 8 }],
  };
}

function movesOf(fleet: Fleet, moving: readonly Moving[], placed: readonly Placed[]): readonly PlannedMove[] {
  const byName = new Map(moving.map((choice) => [choice.workload.name, choice]));
  const starts = [...new Set(placed.map(({ startSeconds }) => startSeconds))].sort((a, b) => a - b);
  return placed
    .map((entry) => {
      const { workload, decision, candidate } = byName.get(entry.job.name)!;
      const total = candidate.estimate.totalSeconds!;
      return {
        workload: workload.name,
        source: { site: workload.site, host: workload.host },
        decision,
        ladder: ladderOf(fleet, workload, candidate),
        sensitivity: [],
        wave: starts.indexOf(entry.startSeconds) + 1,
        startSeconds: entry.startSeconds,
        endSeconds: {
          p10: entry.startSeconds + total.p10,
          p50: entry.startSeconds + total.p50,
          p90: entry.startSeconds + total.p90,
        },
        reservations: entry.option.reservations,
        after: entry.after,
        addresses: addressesOf(workload, candidate),
        names: namesOf(workload, candidate),
      };
    })
    .sort((a, b) => a.startSeconds - b.startSeconds || (a.workload < b.workload ? -1 : 1));
}

/** A segment that comes along keeps the addresses; everything else gets those of the target. */
function addressesOf(workload: Workload, { method, site, path }: Accepted): readonly AddressChange[] {
  if (method === 'stretched-live' || (method === 'cold' && path !== null && keepsSegment(workload, path)))
    return [];
  return workload.addresses.flatMap(({ network, address, mac, newAddresses }) => {
    const moved = newAddresses[site];
    return moved === undefined
      ? []
      : [{ network, oldAddress: address, mac, newNetwork: moved.network, newAddress: moved.address }];
  });
}

function namesOf(workload: Workload, candidate: Accepted): readonly NameChange[] {
  if (addressesOf(workload, candidate).length === 0) return [];
  return workload.names.map(({ name, ttlSeconds }) => ({
    name,
    ttlSeconds,
    loweredTtlSeconds: Math.min(ttlSeconds, loweredTtlSeconds),
  }));
}

function staysBecause({ because, rejected }: Choice['decision']): readonly Reason[] {
  const all = [...because, ...rejected.flatMap((entry) => entry.because)];
  return [...new Map(all.map((entry) => [JSON.stringify(entry), entry])).values()];
}

function useOf(
  link: Link,
  { placed, shareMax }: { readonly placed: readonly Placed[]; readonly shareMax: number },
): Plan['links'][number] {
  const changes = new Map<number, number>([[0, 0]]);
  for (const { option, startSeconds, endSeconds } of placed) {
    const rate = option.reservations.find((entry) => entry.link === link.name)?.bytesPerSecond ?? 0;
    if (rate === 0) continue;
    changes.set(startSeconds, (changes.get(startSeconds) ?? 0) + rate);
    changes.set(endSeconds, (changes.get(endSeconds) ?? 0) - rate);
  }
  let sum = 0;
  const use = [...changes]
    .sort(([a], [b]) => a - b)
    .map(([atSeconds, change]) => ({ atSeconds, bytesPerSecond: Math.max(0, (sum += change)) }));
  return { link: link.name, use, usableBytesPerSecond: usableBitsPerSecond(link, shareMax) / 8 };
}

function warningsOf(moving: readonly Moving[]): readonly Reason[] {
  const open = new Map<string, number>();
  for (const { candidate } of moving) {
    if (candidate.method === 'redirect') continue;
    for (const { name, encrypted } of candidate.path?.links ?? [])
      if (!encrypted) open.set(name, (open.get(name) ?? 0) + 1);
  }
  return [...open].map(([link, moves]) => reason('not-encrypted', { link, moves }));
}
