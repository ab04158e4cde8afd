import type { MoveOption, Plan, PlannedMove } from '../../../planners/plan/plan.ts';
import { sentenceOf, wordsOf } from '../../../planners/plan/reasons.ts';
import { shortened } from '../../../topology/load/suggest.ts';
import { formatInstant, formatSeconds } from '../../../topology/units.ts';
import { shortDuration } from './duration.ts';
import { copiesText, roundsText } from './goals.ts';
import { ganttText, linksText } from './gantt.ts';
import { colour } from './output.ts';
import { safeStartLines } from './safe-start.ts';
import { section, verdictText } from './sections.ts';
import { renderTable } from './table.ts';
import { underWayText } from './under-way.ts';
import { bullet, wrapped } from './wrap.ts';

const movesShown = 60;
const warningsShown = 10;
const staysShown = 20;

/** A plan for people, 80 columns: moves with why, waves, links, totals, warnings. */
export function planText(plan: Plan, options: { readonly all?: boolean } = {}): string {
  const sections = [
    headline(plan),
    underWayText(plan),
    movesTable(plan, options.all === true ? Number.POSITIVE_INFINITY : movesShown),
    copiesText(plan),
    section(
      'What it comes to',
      plan.outcome.map((each) => bullet(sentenceOf(each))),
    ),
    roundsText(plan),
    staysText(plan),
    plan.moves.length === 0 ? '' : `${colour.bold('Waves')}\n${ganttText(plan)}`,
    plan.moves.length === 0 ? '' : `${colour.bold('Links')}, ${linksLegend(plan)}\n${linksText(plan)}`,
    totals(plan),
    helps(plan),
    warnings(plan),
  ];
  return sections.filter((section) => section !== '').join('\n\n');
}

const linksLegend = ({ underWay }: Plan): string =>
  `part of what moves may use${underWay === undefined ? '' : ' (+: taken by other runs)'}`;

function headline({ name, verdict, hash, moves, placements }: Plan): string {
  const counts = [`${moves.length} ${moves.length === 1 ? 'move' : 'moves'}`];
  if (placements.length > 0) counts.push(`${placements.length} new`);
  return `${colour.bold(name)}: ${verdictText(verdict)}, ${counts.join(', ')}, plan ${hash.slice(0, 12)}`;
}

function movesTable({ moves, topology }: Plan, most: number): string {
  if (moves.length === 0) return '';
  const placeName = placeNames(topology);
  const table = renderTable(
    [
      { title: 'workload' },
      { title: 'method' },
      { title: 'target' },
      { title: 'start', align: 'right' },
      { title: 'P50–P90 end', align: 'right' },
      { title: 'down', align: 'right' },
      { title: 'sessions' },
      { title: 'why', wraps: true },
    ],
    moves.slice(0, most).map((move) => moveRow(move, placeName)),
  );
  const hidden = moves.length - most;
  return hidden > 0 ? `${table}\n… and ${hidden} more; --all shows them` : table;
}

type PlaceName = (place: { readonly site: string; readonly host: string }) => string;

/** A host by its own name where no other site has one of that name. */
function placeNames({ sites }: Plan['topology']): PlaceName {
  const counts = new Map<string, number>();
  for (const { hosts } of sites) for (const { name } of hosts) counts.set(name, (counts.get(name) ?? 0) + 1);
  return ({ site, host }) => (counts.get(host) === 1 ? host : `${site}/${host}`);
}

function moveRow(
  { workload, decision, startSeconds, endSeconds }: PlannedMove,
  placeName: PlaceName,
): readonly string[] {
  const { chosen } = decision;
  return [
    workload,
    shortMethod(chosen),
    chosen.target === null ? '' : placeName(chosen.target),
    shortDuration(startSeconds),
    `${shortDuration(endSeconds.p50)}–${shortDuration(endSeconds.p90)}`,
    chosen.method === 'redirect' ? 'none' : formatSeconds(chosen.estimate?.pauseSeconds?.p50 ?? 0),
    { 'stretched-live': 'kept', 'routed-live': 'kept', redirect: 'drain', cold: 'lost', stay: 'kept' }[
      chosen.method
    ],
    decision.because.slice(0, 1).map(wordsOf).join(''),
  ];
}

/** 'routed', and the mode where it is not plain pre-copy. */
function shortMethod({ method, settings }: MoveOption): string {
  const word = method.replace('-live', '');
  if (settings === null || !method.endsWith('-live')) return word;
  const extras = [
    settings.mode === 'pre-copy' ? '' : settings.mode,
    settings.autoConverge ? 'throttled' : '',
    settings.compress ? 'compressed' : '',
    settings.xbzrleCacheBytes > 0 ? 'deltas' : '',
    settings.multifdChannels > 0 ? `${settings.multifdChannels} streams` : '',
  ].filter((extra) => extra !== '');
  return [word, ...extras].join(', ');
}

/** Those that stay for the same reasons together, the most first. */
function staysText({ stays }: Plan): string {
  const groups = new Map<string, string[]>();
  for (const { workload, because } of stays) {
    const why = because.map(sentenceOf).join('; ');
    groups.set(why, [...(groups.get(why) ?? []), workload]);
  }
  const sorted = [...groups].sort(([, a], [, b]) => b.length - a.length);
  const rows = sorted.slice(0, staysShown).map(([why, names]) => [shortened(names), why]);
  const columns = [
    { title: 'workload', wraps: true },
    { title: 'why', wraps: true },
  ];
  const hidden = sorted.length - rows.length;
  return section('Stay', [
    ...(rows.length === 0 ? [] : [renderTable(columns, rows)]),
    ...(hidden > 0 ? [`… and more for ${hidden} other reasons; longhaul explain PLAN has them`] : []),
  ]);
}

function totals(plan: Plan): string {
  const { runbook } = plan;
  const lines = [plan.moves.length === 0 ? withoutMoves(plan) : doneAfter(plan)];
  if (runbook.deadlineSeconds !== null)
    lines.push(
      `Deadline ${formatInstant(runbook.deadlineSeconds)} with ${Math.round(runbook.confidence * 100)} % confidence`,
    );
  return [...lines, ...safeStartLines(plan)].map((line) => wrapped(line)).join('\n');
}

function withoutMoves({ verdict, placements }: Plan): string {
  if (placements.length > 0) return 'Nothing has to move: the new ones start where they are to run.';
  return verdict === 'feasible' ? 'Nothing has to move.' : 'Nothing of it can move as things are.';
}

function doneAfter({ makespan }: Plan): string {
  const over =
    makespan.lowerBoundSeconds > 0
      ? `, ${Math.round((makespan.p50Seconds / makespan.lowerBoundSeconds - 1) * 100)} % above it`
      : '';
  return `Done after ${shortDuration(makespan.p50Seconds)} (P50) to ${shortDuration(makespan.p90Seconds)} (P90); no plan can be faster than ${shortDuration(makespan.lowerBoundSeconds)}${over}`;
}

function helps({ changes }: Plan): string {
  if (changes.length === 0) return '';
  const lines = changes.map((change) => wrapped(`- ${sentenceOf(change)}`));
  return [colour.bold('What would help, the cheapest first'), ...lines].join('\n');
}

function warnings({ warnings: all }: Plan): string {
  if (all.length === 0) return '';
  const shown = all
    .slice(0, warningsShown)
    .map((warning) =>
      wrapped(`warning: ${sentenceOf(warning)}`).replace('warning', colour.yellow('warning')),
    );
  const hidden = all.length - shown.length;
  return [...shown, ...(hidden > 0 ? [`… and ${hidden} more warnings`] : [])].join('\n');
}
