import Table from 'cli-table3';
import { stripVTControlCharacters } from 'node:util';

export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
}

/** Wide enough for every table, narrow enough for every terminal. */
const widthMax = 80;
const gap = '  ';
const columnMin = 8;

/**
 * A table without borders, at most 80 columns wide: where the cells need more, the widest column gives way and its
 * text is wrapped between words.
 */
export function renderTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const widths = fittingWidths(
    columns.map(({ title }, index) =>
      Math.max(...[title, ...rows.map((row) => row[index] ?? '')].map(visibleWidth)),
    ),
  );
  const table = new Table({
    head: columns.map(({ title }) => title),
    colAligns: columns.map(({ align }) => align ?? 'left'),
    colWidths: [...widths],
    wordWrap: true,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
    chars: noBorders,
  });
  table.push(...rows.map((row) => [...row]));
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

function fittingWidths(natural: readonly number[]): readonly number[] {
  const widths = [...natural];
  const room = widthMax - gap.length * (widths.length - 1);
  for (let excess = sum(widths) - room; excess > 0; excess--) {
    const widest = widths.indexOf(Math.max(...widths));
    const width = widths[widest] ?? 0;
    if (width <= columnMin) break;
    widths[widest] = width - 1;
  }
  return widths;
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
const visibleWidth = (text: string): number =>
  Math.max(...text.split('\n').map((line) => stripVTControlCharacters(line).length));

const noBorders = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: gap,
};
