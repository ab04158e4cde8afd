import type { Random } from '../../topology/world.ts';
import type { Workload } from '../../topology/resolve/topology.ts';
import type { Choosing } from '../choose/choosing.ts';
import { stepsOf } from '../choose/calendar.ts';
import type { Accepted, Way } from '../choose/candidate.ts';
import { optionOf, type Choice } from '../choose/choose.ts';
import type { Fleet } from '../choose/fleet.ts';
import { ladderOf } from '../choose/ladder.ts';
import { loweredTtlSeconds } from '../choose/limits.ts';
import { usableBitsPerSecond } from '../choose/paths.ts';
import { sensitivityOf } from '../choose/sensitivity.ts';
import { asTuned } from '../choose/tuned.ts';
import { lessTaken, type Taken } from '../choose/under-way.ts';
import { keepsSegment } from '../choose/rules/path.ts';
import { completionOf, type Completion } from '../schedule/confidence.ts';
import { predecessors, type Predecessors } from '../schedule/flow.ts';
import { replayedJobsMax, replaysMax, replaysMin } from '../schedule/limits.ts';
import type { Placed, Schedule } from '../schedule/problem.ts';
import { brokenAtStart } from './broken-at-start.ts';
import type { Menu, MenuEntry, Moving } from './menu.ts';
import { peersApartWarnings } from './peers-apart.ts';
import type { AddressChange, LadderRung, NameChange, Plan, PlannedMove } from './plan.ts';
import { reason, type Reason } from './reasons.ts';

/** All that the parts of a plan are made from. */
export interface Assembled {
  readonly choosing: Choosing;
  readonly moving: readonly Moving[];
  readonly menu: Menu;
  readonly schedule: Schedule;
  readonly timing: Timing;
}

/** A schedule with who waits for whom, and when things are done. */
export interface Timing extends Completion {
  readonly predecessors: ReadonlyMap<string, Predecessors>;
  readonly notBeforeSeconds: (placed: Placed) => number;
}

export function timingOf(menu: Menu, { placed }: Schedule, random: Random): Timing {
  const before = predecessors(menu.problem, placed);
  const stepped = new Set(
    menu.problem.resources.filter(({ steps }) => steps.length > 1).map(({ name }) => name),
  );
  /** Earlier than planned is safe only where nothing that it uses changes with the calendar. */
  const notBeforeSeconds = ({ job, option, startSeconds }: Placed): number =>
    job.windows.length > 0 || [...job.uses, ...option.uses].some(({ resource }) => stepped.has(resource))
      ? startSeconds
      : 0;
  const completion = completionOf(placed, {
    after: before,
    durationOf: (entry) => {
      const { estimate, way } = menu.entryOf(entry);
      return {
        notBeforeSeconds: notBeforeSeconds(entry),
        seconds: estimate.totalSeconds,
        sharedBy: way.path.id,
      };
    },
    random,
    replays: Math.max(replaysMin, Math.min(replaysMax, Math.floor(replayedJobsMax / (placed.length + 1)))),
  });
  return { ...completion, predecessors: before, notBeforeSeconds };
}

export function movesOf({ choosing, moving, menu, schedule, timing }: Assembled): readonly PlannedMove[] {
  const { fleet } = choosing;
  const byName = new Map(moving.map((choice) => [choice.workload.name, choice]));
  const waves = wavesOf(schedule.placed, timing.predecessors);
  return schedule.placed.map((entry): PlannedMove => {
    const choice = byName.get(entry.job.name)!;
    const { workload, decision, candidate } = choice;
    const menuEntry = menu.entryOf(entry);
    const { settings, question, reservations, sharers, tuned } = menuEntry;
    const way = tuned === null ? menuEntry.way : asTuned(choosing, workload, { ...menuEntry, ...tuned });
    const estimate = choosing.predictor.full(question);
    const cost = tuned === null ? candidate.cost : way.cost + candidate.parts.queue;
    const untuned: Accepted = { ...way, host: candidate.host, cost };
    const taken = { ...untuned, settings };
    const addresses = addressesOf(fleet, workload, taken);
    return {
      workload: workload.name,
      source: { site: workload.site, host: workload.host },
      decision: {
        ...decision,
        chosen: optionOf(taken, { host: taken.host, estimate }),
        because: [
          ...decision.because,
          ...tunedTo(choosing, menuEntry),
          ...(sharers === 1 ? [] : [sharedRate(way, reservations[0])]),
          ...leftBehind(choosing, workload, { taken, moving: byName }),
        ],
      },
      ladder: [...untuneRung(menuEntry), ...ladderOf(choosing, choice, untuned)],
      sensitivity: sensitivityOf(choosing, choice, untuned),
      wave: waves.get(workload.name)!,
      startSeconds: entry.startSeconds,
      notBeforeSeconds: timing.notBeforeSeconds(entry),
      endSeconds: timing.ends.get(workload.name)!,
      reservations,
      needs: timing.predecessors.get(workload.name)!.needs,
      after: timing.predecessors.get(workload.name)!.after,
      addresses,
      names: namesOf(workload, addresses),
    };
  });
}

/** What stays where it is and is felt from afar: those it depends on, and a gateway that its sessions still leave by. */
function leftBehind(
  { leaving, fleet: { underWay }, calendar }: Choosing,
  workload: Workload,
  { taken, moving }: { readonly taken: Accepted; readonly moving: ReadonlyMap<string, Moving> },
): readonly Reason[] {
  const bytesPerDayBytes = taken.effects.tromboneBytesPerDay;
  const keepsOld = taken.method === 'routed-live' && workload.egressIdentity === 'old';
  return [
    ...workload.dependsOn
      .filter((other) => leaving.has(other) && !moving.has(other))
      .map((other) => reason('dependency-stays', { other })),
    ...workload.dependsOn.flatMap((other) => {
      const move = underWay.endSeconds(other, calendar) > 0 ? underWay.of(other) : null;
      return move?.toUnixSeconds == null
        ? []
        : [reason('after-under-way', { other, run: move.run, endUnixSeconds: move.toUnixSeconds })];
    }),
    ...(keepsOld && bytesPerDayBytes > 0
      ? [reason('trombone-stays', { workload: workload.name, bytesPerDayBytes, site: workload.site })]
      : []),
  ];
}

/** What tuning changes and brings, held against the same move without it. */
function tunedTo({ predictor }: Choosing, { tuned, settings, estimate }: MenuEntry): readonly Reason[] {
  if (tuned === null) return [];
  const { before, change } = tuned;
  const values = {
    downtimeLimitSeconds: settings.downtimeLimitSeconds,
    untunedLimitSeconds: before.settings.downtimeLimitSeconds,
    pauseSeconds: estimate.pauseSeconds?.p50 ?? 0,
    untunedPauseSeconds: predictor.quick(before.question).pauseSeconds?.p50 ?? 0,
  };
  const { maxBandwidthBytesPerSecond: capBytesPerSecond } = change;
  const untunedCapBytesPerSecond = before.settings.maxBandwidthBytesPerSecond ?? 0;
  return capBytesPerSecond == null
    ? [reason('tuned', values)]
    : [reason('tuned-with-cap', { ...values, capBytesPerSecond, untunedCapBytesPerSecond })];
}

/** What tuning has changed is taken back before anything is asked of the guest. */
function untuneRung({ tuned }: MenuEntry): readonly LadderRung[] {
  if (tuned === null) return [];
  const { downtimeLimitSeconds, maxBandwidthBytesPerSecond } = tuned.before.settings;
  const capBytesPerSecond = maxBandwidthBytesPerSecond ?? 0;
  return [
    {
      action: 'untune',
      when: reason('tuned-too-tight', { downtimeLimitSeconds, capBytesPerSecond }),
      change: { downtimeLimitSeconds, maxBandwidthBytesPerSecond },
    },
  ];
}

function sharedRate({ path }: Way, reservation: PlannedMove['reservations'][number] | undefined): Reason {
  return reason('rate-shared', {
    rateBitsPerSecond: (reservation?.bytesPerSecond ?? 0) * 8,
    pathBitsPerSecond: path.rateBitsPerSecond,
  });
}

/** A wave is what may run together: one more than the latest wave among those that are waited for. */
function wavesOf(
  placed: readonly Placed[],
  before: ReadonlyMap<string, Predecessors>,
): ReadonlyMap<string, number> {
  const waves = new Map<string, number>();
  for (const { job } of placed) {
    let latest = 0;
    for (const earlier of before.get(job.name)!.after) latest = Math.max(latest, waves.get(earlier) ?? 0);
    waves.set(job.name, latest + 1);
  }
  return waves;
}

/** A segment that comes along keeps the addresses; everything else gets those of the target. */
function addressesOf(
  { addresses: book }: Fleet,
  workload: Workload,
  { method, site, path }: Accepted,
): readonly AddressChange[] {
  const keeps =
    site === workload.site ||
    method === 'stretched-live' ||
    (method === 'cold' && keepsSegment(workload, path));
  if (keeps && method !== 'redirect') return [];
  return workload.addresses.flatMap(({ network, address, mac, newAddresses }) => {
    const moved = newAddresses[site];
    const given = moved === undefined && method === 'redirect' ? book.take(site, network) : null;
    const target = moved ?? (given === null ? null : { network, address: given });
    return target === null
      ? []
      : [{ network, oldAddress: address, mac, newNetwork: target.network, newAddress: target.address }];
  });
}

function namesOf(workload: Workload, addresses: readonly AddressChange[]): readonly NameChange[] {
  if (addresses.length === 0) return [];
  return workload.names.map(({ name, ttlSeconds }) => ({
    name,
    ttlSeconds,
    loweredTtlSeconds: Math.min(ttlSeconds, loweredTtlSeconds),
  }));
}

/** Why nothing moves it: that it is not worth it, or what refuses each way. */
export function staysBecause({ because, rejected }: Choice['decision']): readonly Reason[] {
  if (because.every(({ code }) => code !== 'no-option')) return because;
  const all = [...because, ...rejected.flatMap((entry) => entry.because)];
  return [...new Map(all.map((entry) => [JSON.stringify(entry), entry])).values()];
}

export function linkUse({ choosing, menu, schedule: { placed } }: Assembled): Plan['links'] {
  const { calendar, fleet } = choosing;
  const { topology, runbook } = fleet;
  const changes = new Map<string, Map<number, number>>();
  const add = (link: string, at: number, rate: number): void => {
    const curve = changes.get(link) ?? new Map<number, number>();
    curve.set(at, (curve.get(at) ?? 0) + rate);
    changes.set(link, curve);
  };
  for (const entry of placed) {
    for (const { link, bytesPerSecond } of menu.entryOf(entry).reservations) {
      add(link, entry.startSeconds, bytesPerSecond);
      add(link, entry.endSeconds, -bytesPerSecond);
    }
  }
  return topology.links.map((link) => {
    const { limits } = runbook;
    const taken = fleet.underWay.onLink(link.name, calendar);
    const capacity = lessTaken(stepsOf(link, limits.linkShareMax, calendar), taken);
    return {
      link: link.name,
      use: runningSum(changes.get(link.name) ?? new Map<number, number>()),
      usableBytesPerSecond: usableBitsPerSecond(link, limits.linkShareMax) / 8,
      capacity: capacity.map(({ atSeconds, amount }) => ({ atSeconds, bytesPerSecond: amount })),
      ...(taken.length === 0 ? {} : { underWay: takenSteps(taken) }),
    };
  });
}

function takenSteps(taken: readonly Taken[]): Plan['links'][number]['use'] {
  const changes = new Map<number, number>();
  for (const { fromSeconds, toSeconds, amount } of taken) {
    changes.set(fromSeconds, (changes.get(fromSeconds) ?? 0) + amount);
    changes.set(toSeconds, (changes.get(toSeconds) ?? 0) - amount);
  }
  return runningSum(changes);
}

/** Rounded to the byte, so that what was added and taken away leaves exactly nothing. */
function runningSum(changes: ReadonlyMap<number, number>): Plan['links'][number]['use'] {
  const all = new Map<number, number>([[0, 0], ...changes]);
  let sum = 0;
  return [...all]
    .sort(([a], [b]) => a - b)
    .map(([atSeconds, change]) => {
      sum += change;
      return { atSeconds, bytesPerSecond: Math.max(0, Math.round(sum)) };
    })
    .filter(
      ({ bytesPerSecond }, index, all_) => index === 0 || bytesPerSecond !== all_[index - 1]!.bytesPerSecond,
    );
}

export function warningsOf({ choosing }: Assembled, moves: readonly PlannedMove[]): readonly Reason[] {
  const open = new Set(
    choosing.fleet.topology.links.filter(({ encrypted }) => !encrypted).map(({ name }) => name),
  );
  const counts = new Map<string, number>();
  for (const { decision } of moves) {
    if (decision.chosen.settings === null) continue;
    for (const link of decision.chosen.path)
      if (open.has(link)) counts.set(link, (counts.get(link) ?? 0) + 1);
  }
  return [
    ...brokenAtStart(choosing),
    ...[...counts].map(([link, count]) => reason('not-encrypted', { link, moves: count })),
    ...waysRound(choosing.fleet, moves),
    ...peersApartWarnings(choosing.fleet, moves),
  ];
}

/** Moves over several links where one leads there: nothing but the sites' routing carries them that way. */
function waysRound({ paths }: Fleet, moves: readonly PlannedMove[]): readonly Reason[] {
  const counts = new Map<string, number>();
  for (const { source, decision } of moves) {
    const { path, target } = decision.chosen;
    if (path.length < 2 || target === null) continue;
    const [shortest] = paths.between(source.site, target.site);
    if (shortest === undefined || shortest.links.length >= path.length) continue;
    const way = path.join(', then ');
    counts.set(way, (counts.get(way) ?? 0) + 1);
  }
  return [...counts].map(([way, count]) => reason('goes-round', { path: way, moves: count }));
}
