import type { Freeze, Runbook } from '../../topology/resolve/runbook.ts';
import type { Link, Method, WeeklyWindow, Workload } from '../../topology/resolve/topology.ts';
import { siteOf, type Fleet } from './fleet.ts';
import { usableBitsPerSecond } from './paths.ts';
import { reason, type Reason } from '../plan/reasons.ts';
import type { Resource, Window } from '../schedule/problem.ts';

/**
 * Weekly windows, caps and freezes as times after the start of the run. Without a start nothing here applies: a plan
 * that depends on the calendar always has one.
 */
export interface Calendar {
  /** Unix seconds; null: nothing in the plan depends on it. */
  readonly startSeconds: number | null;
}

/** What of a way matters to the calendar. */
export interface Way {
  readonly method: Method;
  readonly site: string;
}

const weekSeconds = 7 * 86_400;
/** 1970-01-01 was a Thursday: Monday 00:00 UTC, the first second of the week, is four days later. */
const mondaySeconds = 4 * 86_400;
/** Weeks looked ahead: a move that finds no window in four weeks has none. */
const weeksMax = 4;

/** Where the plan would start after its deadline: since when it has passed; null: it has not, or there is none. */
export function deadlinePassed({ deadlineSeconds }: Runbook, { startSeconds }: Calendar): Reason | null {
  return deadlineSeconds === null || startSeconds === null || startSeconds < deadlineSeconds
    ? null
    : reason('deadline-passed', {
        deadlineUnixSeconds: deadlineSeconds,
        passedSeconds: startSeconds - deadlineSeconds,
      });
}

/** What moves may take of a link, over time. */
export function stepsOf(link: Link, shareMax: number, { startSeconds }: Calendar): Resource['steps'] {
  const usable = usableBitsPerSecond(link, shareMax) / 8;
  const start = { atSeconds: 0, amount: usable };
  if (startSeconds === null || link.caps.length === 0) return [start];
  const capped = link.caps.flatMap((cap) =>
    occurrences(cap, startSeconds).map((window) => ({ ...window, amount: cap.rateBitsPerSecond / 8 })),
  );
  const times = [
    ...new Set([0, ...capped.flatMap(({ fromSeconds, toSeconds }) => [fromSeconds, toSeconds])]),
  ];
  return times
    .sort((a, b) => a - b)
    .map((atSeconds) => ({
      atSeconds,
      amount: Math.min(
        usable,
        ...capped
          .filter(({ fromSeconds, toSeconds }) => fromSeconds <= atSeconds && atSeconds < toSeconds)
          .map(({ amount }) => amount),
      ),
    }))
    .filter(({ amount }, index, all) => index === 0 || amount !== all[index - 1]!.amount);
}

/**
 * When a workload may move by its way: inside its own windows, outside freezes, before credentials end, and, where
 * clients must learn a new address, not before the records they hold now have run out.
 */
export function windowsOf(
  fleet: Fleet,
  { workload, way }: { readonly workload: Workload; readonly way: Way },
  calendar: Calendar,
): readonly Window[] {
  const { startSeconds } = calendar;
  const lead = leadSeconds(workload, way);
  const always = [{ fromSeconds: lead, toSeconds: Number.POSITIVE_INFINITY }];
  if (startSeconds === null) return lead > 0 ? always : [];
  const own =
    workload.windows.length === 0
      ? always
      : workload.windows
          .flatMap((window) => occurrences(window, startSeconds))
          .map((window) => ({ ...window, fromSeconds: Math.max(window.fromSeconds, lead) }))
          .filter(({ fromSeconds, toSeconds }) => fromSeconds < toSeconds)
          .sort((a, b) => a.fromSeconds - b.fromSeconds);
  const closed = freezesOf(fleet, workload).map((freeze) => relative(freeze, startSeconds));
  const end = credentialEnd(fleet, workload, way) - startSeconds;
  const open = closed
    .reduce(without, joined(own))
    .map((window) => ({ ...window, toSeconds: Math.min(window.toSeconds, end) }))
    .filter(({ fromSeconds, toSeconds }) => fromSeconds < toSeconds);
  const unlimited =
    open.length === 1 && open[0]!.fromSeconds <= 0 && open[0]!.toSeconds === Number.POSITIVE_INFINITY;
  return unlimited ? [] : open.length === 0 ? [never] : open;
}

/** Those of the runbook that hold it. */
export function freezesOf({ runbook }: Fleet, { name }: Workload): readonly Freeze[] {
  return runbook.freezes.filter(({ workloads }) => workloads.length === 0 || workloads.includes(name));
}

/** A window into which nothing fits. */
const never: Window = { fromSeconds: 0, toSeconds: 0 };

/** Names are lowered at the start of the run; a client may hold the old answer for one old TTL. */
export function leadSeconds(workload: Workload, { method, site }: Way): number {
  const byName =
    method === 'cold' || (method === 'redirect' && (workload.clone === null || workload.clone.pool === null));
  const changes = workload.addresses.some(({ newAddresses }) => newAddresses[site] !== undefined);
  return byName && changes ? Math.max(0, ...workload.names.map(({ ttlSeconds }) => ttlSeconds)) : 0;
}

/** Every agent, and the key of every DNS server that holds one of its names, must still be valid at the end. */
export function credentialEnd(fleet: Fleet, workload: Workload, { site }: Way): number {
  const sites = [siteOf(fleet, workload.site), siteOf(fleet, site)];
  const zoneOf = (zones: readonly string[]): boolean =>
    workload.names.some(({ name }) => zones.some((zone) => name === zone || name.endsWith(`.${zone}`)));
  const ends = [
    ...sites.map(({ agent }) => agent?.expiresSeconds ?? null),
    ...fleet.topology.sites.flatMap(({ dns }) =>
      dns.filter(({ zones }) => zoneOf(zones)).map(({ key }) => key?.expiresSeconds ?? null),
    ),
  ].filter((end) => end !== null);
  return Math.min(Number.POSITIVE_INFINITY, ...ends);
}

function relative({ fromSeconds, toSeconds }: Freeze, startSeconds: number): Window {
  return { fromSeconds: fromSeconds - startSeconds, toSeconds: toSeconds - startSeconds };
}

/** The window in each of the weeks ahead, from the start on. */
function occurrences(
  { fromSecondOfWeek, toSecondOfWeek }: WeeklyWindow,
  startSeconds: number,
): readonly Window[] {
  const week = startSeconds - ((startSeconds - mondaySeconds) % weekSeconds);
  return Array.from({ length: weeksMax + 1 }, (_, index) => {
    const monday = week + index * weekSeconds - startSeconds;
    return {
      fromSeconds: Math.max(0, monday + fromSecondOfWeek),
      toSeconds: monday + toSecondOfWeek,
    };
  }).filter(({ fromSeconds, toSeconds }) => toSeconds > fromSeconds);
}

/** Windows that touch become one: a night over the turn of the week is not two halves. */
function joined(windows: readonly Window[]): readonly Window[] {
  const result: Window[] = [];
  for (const window of windows) {
    const last = result.at(-1);
    if (last !== undefined && window.fromSeconds <= last.toSeconds)
      result[result.length - 1] = {
        ...last,
        toSeconds: Math.max(last.toSeconds, window.toSeconds),
      };
    else result.push(window);
  }
  return result;
}

function without(windows: readonly Window[], closed: Window): readonly Window[] {
  return windows.flatMap(({ fromSeconds, toSeconds }) =>
    [
      { fromSeconds, toSeconds: Math.min(toSeconds, closed.fromSeconds) },
      { fromSeconds: Math.max(fromSeconds, closed.toSeconds), toSeconds },
    ].filter((window) => window.fromSeconds < window.toSeconds),
  );
}
