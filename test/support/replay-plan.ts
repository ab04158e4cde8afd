import type { Plan, PlannedMove } from '../../planners/plan/plan.ts';
import type { MoveUnderWay } from '../../planners/choose/under-way.ts';
import type { Workload } from '../../topology/resolve/topology.ts';

/**
 * Plays a plan and holds every instant of it against the policies, the room and the limits of its topology, from their
 * definitions alone: a guest holds its place at the source until its move has ended, and one at the target from the
 * start of it. Moves of other runs are played beside it from their own words. Answers every breach in words; what was so
 * before anything moved, or would be with the other runs alone, is none.
 */
export interface Played {
  readonly move: PlannedMove;
  readonly startSeconds: number;
  readonly endSeconds: number;
}

/** As planned: each move at its time, as long as is most probable. */
export function asPlanned({ moves }: Plan): readonly Played[] {
  return moves.map((move) => {
    const { startSeconds, decision } = move;
    return { move, startSeconds, endSeconds: startSeconds + decision.chosen.estimate!.totalSeconds!.p50 };
  });
}

/** However long each takes: as many times its most probable time, after those that it waits for, not before its time. */
export function stretched({ moves }: Plan, factorOf: (index: number) => number): readonly Played[] {
  const played = new Map<string, Played>();
  const planned = [...moves].sort((a, b) => a.startSeconds - b.startSeconds || a.wave - b.wave);
  for (const [index, move] of planned.entries()) {
    const before = move.after.map((name) => played.get(name)!.endSeconds);
    const startSeconds = Math.max(move.notBeforeSeconds, ...before);
    const seconds = move.decision.chosen.estimate!.totalSeconds!.p50 * factorOf(index);
    played.set(move.workload, { move, startSeconds, endSeconds: startSeconds + seconds });
  }
  return [...played.values()];
}

const key = ({ site, host }: { readonly site: string; readonly host: string }): string => `${site}/${host}`;
/** Ends are sums of doubles: what ends within a microsecond of an instant has ended. */
const tolerance = 1e-6;

/** One move, of the plan or of another run; a stopped one sends nothing and takes no place among the moves. */
interface Going {
  readonly workload: string;
  readonly source: PlannedMove['source'];
  readonly target: PlannedMove['source'];
  readonly reservations: PlannedMove['reservations'];
  readonly startSeconds: number;
  readonly endSeconds: number;
  readonly isStopped: boolean;
  readonly isOurs: boolean;
}

const ours = ({ move, startSeconds, endSeconds }: Played): Going => ({
  ...move,
  target: move.decision.chosen.target!,
  startSeconds,
  endSeconds,
  isStopped: false,
  isOurs: true,
});

const another =
  (planStart: number) =>
  (move: MoveUnderWay): Going => ({
    ...move,
    startSeconds: move.fromUnixSeconds - planStart,
    endSeconds: (move.toUnixSeconds ?? Number.POSITIVE_INFINITY) - planStart,
    isStopped: move.toUnixSeconds === null,
    isOurs: false,
  });

export function breaches(
  plan: Plan,
  played: readonly Played[],
  underWay: readonly MoveUnderWay[] = [],
): readonly string[] {
  const others = underWay.map(another(plan.startSeconds ?? 0));
  const all = [...others, ...played.map(ours)];
  const before = new Set(breachesAt(plan, [], -1));
  const instants = new Set(all.flatMap(({ startSeconds, endSeconds }) => [startSeconds, endSeconds]));
  const found = [...instants]
    .filter((at) => at >= 0 && Number.isFinite(at))
    .flatMap((at) => {
      const without = new Set(breachesAt(plan, others, at));
      return breachesAt(plan, all, at).filter((breach) => !without.has(breach));
    });
  return [...new Set(found)].filter((breach) => !before.has(breach));
}

function breachesAt(plan: Plan, going: readonly Going[], at: number): readonly string[] {
  const { workloads } = plan.topology;
  const started = going.filter(({ startSeconds }) => startSeconds <= at + tolerance);
  const running = started.filter(({ endSeconds }) => endSeconds > at + tolerance);
  const placesOf = (workload: Workload): readonly { readonly site: string; readonly host: string }[] => {
    const own = going.filter((move) => move.workload === workload.name);
    if (own.length === 0) return [workload];
    return own.flatMap((move) => {
      if (!started.includes(move)) return [move.source];
      return running.includes(move) ? [move.source, move.target] : [move.target];
    });
  };
  const places = new Map(workloads.map((workload) => [workload.name, placesOf(workload)]));
  const sending = running.filter(({ isStopped }) => !isStopped);
  return [
    ...together(plan, places),
    ...disturbed(plan, running),
    ...overfull(plan, places),
    ...crowded(plan, sending),
    ...overbooked(plan, sending),
  ];
}

type Places = ReadonlyMap<string, readonly { readonly site: string; readonly host: string }[]>;

function together({ topology: { policies, sites } }: Plan, places: Places): readonly string[] {
  const meet = (a: string, b: string, scope: 'host' | 'site'): boolean =>
    places
      .get(a)!
      .some((one) =>
        places
          .get(b)!
          .some((other) => (scope === 'site' ? one.site === other.site : key(one) === key(other))),
      );
  const apart = policies.antiAffinity.flatMap(({ name, workloads, scope }) =>
    workloads.flatMap((a, index) =>
      workloads
        .slice(index + 1)
        .filter((b) => meet(a, b, scope))
        .map((b) => `${name}: ${a} and ${b} on one ${scope}`),
    ),
  );
  const zones = policies.zones.flatMap(({ name, zone, workloads, neverBeside, scope }) =>
    workloads.flatMap((held) => [
      ...neverBeside
        .filter((other) => meet(held, other, scope) || meet(held, other, 'host'))
        .map((other) => `${name}: ${held} beside ${other}`),
      ...places
        .get(held)!
        .filter(({ site }) => !sites.find((each) => each.name === site)!.zones.includes(zone))
        .map(({ site }) => `${name}: ${held} at ${site}, which may not hold ${zone}`),
    ]),
  );
  return [...apart, ...zones];
}

function disturbed({ topology: { policies } }: Plan, running: readonly Going[]): readonly string[] {
  return policies.quorums.flatMap(({ name, workloads }) => {
    const moving = running.filter(({ workload }) => workloads.includes(workload)).length;
    const most = Math.floor((workloads.length - 1) / 2);
    return moving > most ? [`${name}: ${moving} disturbed at once, ${most} may be`] : [];
  });
}

function overfull({ topology: { sites, workloads } }: Plan, places: Places): readonly string[] {
  const memory = new Map<string, number>();
  const storage = new Map<string, number>();
  for (const workload of workloads) {
    const disks = workload.disks.reduce(
      (sum, disk) => (disk.storage === null ? sum + disk.sizeBytes : sum),
      0,
    );
    for (const place of new Set(places.get(workload.name)!.map(key))) {
      memory.set(place, (memory.get(place) ?? 0) + workload.memoryBytes);
      storage.set(place, (storage.get(place) ?? 0) + disks);
    }
  }
  return sites.flatMap((site) =>
    site.hosts.flatMap((host) => {
      const at = key({ site: site.name, host: host.name });
      return [
        ...((memory.get(at) ?? 0) > host.memoryBytes ? [`${at}: memory`] : []),
        ...((storage.get(at) ?? 0) > host.storageBytes ? [`${at}: storage`] : []),
      ];
    }),
  );
}

function crowded(
  { topology: { sites, links }, runbook }: Plan,
  running: readonly Going[],
): readonly string[] {
  const counted = (name: string, most: number | null, count: number): readonly string[] =>
    most !== null && count > most ? [`${name}: ${count} moves, ${most} may be`] : [];
  const over = (name: string, most: number | null, touches: (end: PlannedMove['source']) => boolean) =>
    counted(name, most, running.filter(({ source, target }) => [source, target].some(touches)).length);
  const crosses = (name: string) =>
    running.filter((move) => move.reservations.some(({ link }) => link === name));
  return [
    ...counted('run', runbook.limits.movesMax, running.filter(({ isOurs }) => isOurs).length),
    ...links.flatMap(({ name, movesMax }) => counted(name, movesMax, crosses(name).length)),
    ...sites.flatMap((site) => [
      ...over(site.name, site.movesMax, (end) => end.site === site.name),
      ...site.hosts.flatMap((host) => {
        const at = key({ site: site.name, host: host.name });
        return over(at, host.movesMax, (end) => key(end) === at);
      }),
    ]),
  ];
}

/** Rates that do not fit together under what the link has for moves; fleets with caps are not played here. */
function overbooked({ topology: { links }, runbook }: Plan, running: readonly Going[]): readonly string[] {
  return links.flatMap(({ name, rateBitsPerSecond, reservedRatio }) => {
    const usable = (rateBitsPerSecond * Math.min(1 - reservedRatio, runbook.limits.linkShareMax)) / 8;
    const taken = running
      .flatMap(({ reservations }) => reservations)
      .reduce((sum, { link, bytesPerSecond }) => (link === name ? sum + bytesPerSecond : sum), 0);
    return taken > usable * (1 + tolerance) ? [`${name}: ${taken} of ${usable} bytes a second`] : [];
  });
}
