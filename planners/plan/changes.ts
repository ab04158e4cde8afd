import type { Link, Topology } from '../../topology/resolve/topology.ts';
import { sensitivityOf } from '../choose/sensitivity.ts';
import { isStuck, needed, secondsLeft, type Settled } from './deadline.ts';
import { draft, type Draft, type DraftInput } from './draft.ts';
import { reason, sentenceOf, type Reason } from './reasons.ts';

/** Fleets up to this size are planned again for each change; larger ones would take too long to answer. */
const movesReplannedMax = 2000;
/** Lookups of each of these plans: rough is enough to see whether a change helps. */
const lookupsRough = 40_000;
const stuckShown = 8;
const linkFactors = [1.25, 1.5, 2, 3, 5, 8] as const;
const linksTried = 3;

/**
 * The changes after which everything would be done in time, those that cost least first: less certainty, more of what
 * is there already, a later end, more link, sessions that may break.
 */
export function changesThatHelp(input: DraftInput, settled: Settled): readonly Reason[] {
  const stuck = settled.draft.choices
    .filter(isStuck)
    .slice(0, stuckShown)
    .flatMap((choice) =>
      sensitivityOf(settled.draft.choosing, choice, null)
        .slice(0, 1)
        .map((change) =>
          reason('workload-change', { workload: choice.workload.name, change: sentenceOf(change) }),
        ),
    );
  const left = secondsLeft(input);
  if (left === null || settled.neededSeconds <= left) return stuck;
  const later = reason('later-deadline', {
    laterSeconds: settled.neededSeconds - left + passedSeconds(input),
  });
  const sure = confidenceThatHolds(settled, left);
  const certainty = sure === null ? [] : [reason('lower-confidence', { confidenceRatio: sure })];
  if (settled.draft.choices.length > movesReplannedMax) return [...stuck, ...certainty, later];
  return [
    ...stuck,
    ...certainty,
    ...wholeLinks(input, left),
    ...moreAtOnce(input, left),
    later,
    ...moreLink(input, settled, left),
    ...breakSessions(input, left),
  ];
}

/** A deadline that has passed has to be moved to the start before anything is gained. */
function passedSeconds({ runbook, calendar }: DraftInput): number {
  const passed = (calendar.startSeconds ?? 0) - (runbook.deadlineSeconds ?? Number.POSITIVE_INFINITY);
  return calendar.startSeconds === null ? 0 : Math.max(0, passed);
}

const helps = (input: DraftInput, left: number): boolean =>
  needed(input, draft(input, { haste: 1000, lookupsMax: lookupsRough })) <= left;

/** The largest confidence, in steps of five points from a half, with which the whole would be in time. */
function confidenceThatHolds({ draft: { timing, schedule } }: Settled, left: number): number | null {
  if (schedule.unplaced.length > 0) return null;
  for (let confidence = 0.85; confidence >= 0.5; confidence -= 0.05)
    if (timing.allDoneSeconds(confidence) <= left) return Number(confidence.toFixed(2));
  return null;
}

function wholeLinks(input: DraftInput, left: number): readonly Reason[] {
  const { limits } = input.runbook;
  const reserves = input.topology.links.some(({ reservedRatio }) => reservedRatio > 0);
  if (!reserves && limits.linkShareMax >= 1) return [];
  const changed = {
    ...input,
    runbook: { ...input.runbook, limits: { ...limits, linkShareMax: 1 } },
    topology: withLinks(input.topology, (link) => ({ ...link, reservedRatio: 0 })),
  };
  return helps(changed, left) ? [reason('use-reserved', { shareRatio: limits.linkShareMax })] : [];
}

function moreAtOnce(input: DraftInput, left: number): readonly Reason[] {
  const { limits } = input.runbook;
  const movesMax = limits.movesMax * 2;
  const changed = { ...input, runbook: { ...input.runbook, limits: { ...limits, movesMax } } };
  return helps(changed, left) ? [reason('more-at-once', { moves: movesMax })] : [];
}

/** The smallest factor for one link, the busiest first. */
function moreLink(input: DraftInput, { draft: taken }: Settled, left: number): readonly Reason[] {
  const found = busiest(taken)
    .slice(0, linksTried)
    .flatMap((name) => {
      const factor = linkFactors.find((each) =>
        helps(
          {
            ...input,
            topology: withLinks(input.topology, (link) =>
              link.name === name ? { ...link, rateBitsPerSecond: link.rateBitsPerSecond * each } : link,
            ),
          },
          left,
        ),
      );
      const link = input.topology.links.find((each) => each.name === name);
      return factor === undefined || link === undefined
        ? []
        : [{ link: name, rateBitsPerSecond: link.rateBitsPerSecond * factor }];
    })
    .sort((a, b) => a.rateBitsPerSecond - b.rateBitsPerSecond);
  return found.slice(0, 1).map((values) => reason('more-link', values));
}

/** Links by the bytes that the plan reserves on them. */
function busiest({ menu, schedule }: Draft): readonly string[] {
  const bytes = new Map<string, number>();
  for (const entry of schedule.placed) {
    for (const { link, bytesPerSecond } of menu.entryOf(entry).reservations)
      bytes.set(link, (bytes.get(link) ?? 0) + bytesPerSecond * entry.option.seconds);
  }
  return [...bytes].sort(([, a], [, b]) => b - a).map(([name]) => name);
}

function breakSessions(input: DraftInput, left: number): readonly Reason[] {
  const { topology } = input;
  const keeping = topology.workloads.filter(({ sessions }) => sessions !== 'may-break').length;
  const changed: Topology = {
    ...topology,
    workloads: topology.workloads.map((workload) => ({
      ...workload,
      sessions: 'may-break',
      methods: workload.methods.includes('cold') ? workload.methods : [...workload.methods, 'cold'],
      downtimeBudgetSeconds: Math.max(workload.downtimeBudgetSeconds, left),
    })),
  };
  return keeping > 0 && helps({ ...input, topology: changed }, left)
    ? [reason('let-sessions-break', { workloads: keeping })]
    : [];
}

function withLinks(topology: Topology, change: (link: Link) => Link): Topology {
  return { ...topology, links: topology.links.map(change) };
}
