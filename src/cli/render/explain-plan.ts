import type { Counted, MethodSummary, PlanSummary } from '../../../planners/explain/summary.ts';
import { shortened } from '../../../topology/load/suggest.ts';
import { formatInstant } from '../../../topology/units.ts';
import { shortDuration } from './duration.ts';
import { colour } from './output.ts';
import { safeStartLines } from './safe-start.ts';
import { section, sections, verdictText } from './sections.ts';
import { renderTable } from './table.ts';
import { bullet, wrapped } from './wrap.ts';

/** Kinds of stays, and new copies, that are printed; --json has all. */
const entriesShown = 20;
/** Reasons against a method that are counted in its row. */
const reasonsShown = 3;

/** A plan as a whole, for people, 80 columns. */
export function summaryText(summary: PlanSummary): string {
  return sections([
    headline(summary),
    section('Methods', methodLines(summary)),
    section('Stay', stayLines(summary)),
    section('New copies', placementLines(summary)),
    section('Time', timeLines(summary)),
    section(
      'What would help, the cheapest first',
      summary.changes.map((each) => bullet(each.sentence)),
    ),
    section(
      'Warnings',
      summary.warnings.map((each) => bullet(each.sentence)),
    ),
    'longhaul explain PLAN WORKLOAD says it for one workload.',
  ]);
}

function headline({ name, verdict, hash, counts, goal, weights, hasteRatio, model }: PlanSummary): string {
  const word = counts.moves === 1 ? 'move' : 'moves';
  const lines = [
    `${colour.bold(name)}: ${verdictText(verdict)}, ${counts.moves} ${word}, plan ${hash.slice(0, 12)}`,
    wrapped(`goal ${goal}, weights ${weights}, predicted by model ${model.id}`),
  ];
  if (hasteRatio > 1)
    lines.push(
      wrapped(
        `time counts ${hasteRatio} times its weight: by the weights alone the deadline would be missed`,
      ),
    );
  return lines.join('\n');
}

function methodLines({ methods }: PlanSummary): readonly string[] {
  if (methods.every(({ chosen, dearer, refused }) => chosen + dearer + refused === 0)) return [];
  return [
    renderTable(
      [
        { title: 'method' },
        { title: 'chosen', align: 'right' },
        { title: 'dearer', align: 'right' },
        { title: 'refused', align: 'right' },
        { title: 'why, and what stood against it most often' },
      ],
      methods.map((each) => [
        each.method,
        String(each.chosen),
        String(each.dearer),
        String(each.refused),
        whyText(each),
      ]),
    ),
  ];
}

function whyText({ method, ways, because, against }: MethodSummary): string {
  const special = ways
    .filter(({ what }) => what !== method)
    .map(({ what, workloads }) => ({ what: what.replace(`${method}, `, ''), workloads }));
  const taken = [...because, ...special].map(countText).join(', ');
  const refused = against.slice(0, reasonsShown).map(countText).join(', ');
  return [taken, refused === '' ? '' : `against: ${refused}`].filter((part) => part !== '').join('; ');
}

const countText = ({ what, workloads }: Counted): string => `${what} ${workloads}`;

function stayLines({ stays }: PlanSummary): readonly string[] {
  return limited(
    stays.map(({ because, workloads }) =>
      [
        wrapped(`${workloads.length}: ${shortened(workloads)}`),
        ...because.map(({ sentence }) => bullet(sentence, 2)),
      ].join('\n'),
    ),
  );
}

function placementLines({ placements }: PlanSummary): readonly string[] {
  return limited(
    placements.map(({ name, workload, at, because, takeBackRatio }) => {
      const where = at === null ? 'starts nowhere' : `starts at ${at}`;
      const back =
        takeBackRatio === null ? [] : [`taken back below a load of ${Math.floor(takeBackRatio * 100)} %`];
      return bullet(
        [
          `${name}, a copy of ${workload}, ${where}`,
          ...because.map(({ sentence }) => sentence),
          ...back,
        ].join('; '),
      );
    }),
  );
}

function limited(lines: readonly string[]): readonly string[] {
  const hidden = lines.length - entriesShown;
  return hidden > 0 ? [...lines.slice(0, entriesShown), `… and ${hidden} more; --json has all`] : lines;
}

function timeLines(summary: PlanSummary): readonly string[] {
  const { makespan, counts, startSeconds, deadlineSeconds, confidence } = summary;
  const done =
    counts.moves === 0
      ? []
      : [
          `done after ${shortDuration(makespan.p50Seconds)} (P50) to ${shortDuration(makespan.p90Seconds)} (P90); ` +
            `as scheduled ${shortDuration(makespan.scheduledSeconds)}, and no schedule of these moves can be faster ` +
            `than ${shortDuration(makespan.lowerBoundSeconds)}`,
        ];
  return [
    ...(startSeconds === null ? [] : [`planned to start ${formatInstant(startSeconds)}`]),
    ...done,
    ...(deadlineSeconds === null
      ? []
      : [`deadline ${formatInstant(deadlineSeconds)} with ${Math.round(confidence * 100)} % confidence`]),
    ...safeStartLines(summary),
  ].map((line) => wrapped(line));
}
