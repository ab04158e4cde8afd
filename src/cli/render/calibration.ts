import type { MethodName, Report, Score } from '../../../planners/calibrate/score.ts';
import { formatSeconds } from '../../../topology/units.ts';
import { type Column, renderTable } from './table.ts';

const methodNames: readonly MethodName[] = ['longhaul', 'ramOverBandwidth', 'textbook', 'gudkov'];
const right = (title: string): Column => ({ title, align: 'right' });
const methodColumns = [
  { title: 'kind' },
  ...['scenarios', 'Longhaul', 'RAM÷rate', 'textbook', 'Gudkov'].map(right),
];

/** Held-out error and coverage, kind by kind, beside three simple models. */
export function calibrationText(report: Report): string {
  const { repeatNoise } = report;
  return [
    `${report.runs} moves in ${report.scenarios} scenarios; each predicted by a model that did not see its scenario.`,
    `Repeats of one scenario differ by ${percent(repeatNoise.total)} in time, ${percent(repeatNoise.bytes)} in traffic, ${percent(repeatNoise.pause)} in pause.`,
    block(report, 'Total time, median error', ({ error }) => percent(error.total)),
    block(report, 'Transferred bytes, median error', ({ error }) => percent(error.bytes)),
    block(report, 'Pause, median error', ({ error }) => percent(error.pause)),
    block(report, 'Wrong verdicts', ({ wrongVerdicts }) => String(wrongVerdicts)),
    block(report, 'Bad predictions (wrong verdict, or time 25 % or more off)', ({ bad }) => String(bad)),
    block(report, 'Interval score of total time (less is better)', ({ intervalScore }) =>
      intervalScore === null ? '-' : intervalScore.toFixed(2),
    ),
    coverage(report),
  ].join('\n\n');
}

function block({ kinds }: Report, title: string, cell: (score: Score) => string): string {
  const rows = kinds.map(({ kind, scores }) => [
    kind,
    String(scores.longhaul.scenarios),
    ...methodNames.map((name) => cell(scores[name])),
  ]);
  return `${title}\n${renderTable(methodColumns, rows)}`;
}

function coverage({ kinds }: Report): string {
  const columns = [
    { title: 'kind' },
    ...['scenarios', 'time', 'traffic', 'pause', 'pause off by'].map(right),
  ];
  const rows = kinds.map(({ kind, scores: { longhaul } }) => [
    kind,
    String(longhaul.scenarios),
    percent(longhaul.coverage.total),
    percent(longhaul.coverage.bytes),
    percent(longhaul.coverage.pause),
    longhaul.pauseErrorSeconds === null ? '-' : formatSeconds(longhaul.pauseErrorSeconds),
  ]);
  return `Longhaul: moves between P10 and P90, and median error of the pause\n${renderTable(columns, rows)}`;
}

const percent = (share: number | null): string => (share === null ? '-' : `${(share * 100).toFixed(1)} %`);
