import Table from 'cli-table3';
import { stripVTControlCharacters } from 'node:util';

export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
  /** Gives way before any other when the cells need more than there is. */
  readonly wraps?: boolean;
}

/** Wide enough for every table, narrow enough for every terminal. */
const widthMax = 80;
/** Between columns: two spaces, or one where that spares a cell from being wrapped. */
const gaps = ['  ', ' '] as const;
const columnMin = 8;
const wordMax = 14;

/**
 * A table without borders, at most 80 columns wide: where the cells need more, columns that may wrap give way first,
 * then the widest. Text is broken between words, after a hyphen or a slash, and only then anywhere: nothing is cut off.
 */
export function renderTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const natural = columns.map(({ title, wraps }, index) => ({
    width: Math.max(...[title, ...rows.map((row) => row[index] ?? '')].map(visibleWidth)),
    wraps: wraps === true,
    word: longestWord([title, ...rows.map((row) => row[index] ?? '')]),
  }));
  const wanted = sum(natural.map(({ width }) => width));
  const room = (gap: string): number => widthMax - gap.length * (columns.length - 1);
  const fits = (gap: string): boolean => {
    const fitting = fittingWidths(natural, room(gap));
    const isWhole = natural.every(({ wraps, word }, index) => !wraps || (fitting[index] ?? 0) >= word);
    return isWhole && sum(fitting) <= room(gap);
  };
  const gap = gaps.find((each) => wanted <= room(each)) ?? gaps.find(fits) ?? gaps[1];
  const widths = fittingWidths(natural, room(gap));
  const table = new Table({
    head: columns.map(({ title }) => title),
    colAligns: columns.map(({ align }) => align ?? 'left'),
    colWidths: [...widths],
    wordWrap: true,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
    chars: { ...noBorders, middle: gap },
  });
  table.push(...rows.map((row) => row.map((cell, index) => folded(cell, widths[index] ?? widthMax))));
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

interface Natural {
  readonly width: number;
  readonly wraps: boolean;
  readonly word: number;
}

function fittingWidths(columns: readonly Natural[], room: number): readonly number[] {
  const widths = columns.map(({ width }) => width);
  const least = columns.map(({ wraps, word }) => (wraps ? word : Number.POSITIVE_INFINITY));
  for (let excess = sum(widths) - room; excess > 0; excess--) {
    const indices = widths.map((_, index) => index);
    const wrapping = indices.filter((index) => (widths[index] ?? 0) > (least[index] ?? 0));
    const wide = wrapping.length > 0 ? wrapping : indices.filter((index) => (widths[index] ?? 0) > columnMin);
    const [widest] = wide.sort((a, b) => (widths[b] ?? 0) - (widths[a] ?? 0));
    if (widest === undefined) break;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
  return widths;
}

/** Words longer than the column, broken so that every letter is kept. */
function folded(cell: string, width: number): string {
  if (stripVTControlCharacters(cell) !== cell) return cell;
  return cell
    .split(' ')
    .map((word) => (word.length <= width ? word : brokenWord(word, width)))
    .join(' ');
}

function brokenWord(word: string, width: number): string {
  const head = word.slice(0, width);
  const cut = Math.max(head.lastIndexOf('-'), head.lastIndexOf('/'), head.lastIndexOf('–')) + 1;
  const at = cut > 0 ? cut : width;
  const rest = word.slice(at);
  return `${word.slice(0, at)}\n${rest.length <= width ? rest : brokenWord(rest, width)}`;
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
/** Of words that are worth keeping whole. */
const longestWord = (texts: readonly string[]): number =>
  Math.max(
    columnMin,
    ...texts.flatMap((text) => text.split(/\s/)).map(({ length }) => Math.min(length, wordMax)),
  );
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
};
