import type { Plan, PlannedMove } from '../../../planners/plan/plan.ts';
import { shortDuration } from './duration.ts';

const labelWidth = 14;
const barWidth = 54;
const rowsMax = 16;
const levels = ' ▁▂▃▄▅▆▇█';

/** The waves as bars over time, one row each; many waves share rows. */
export function ganttText({ moves, makespan }: Plan): string {
  const waves = new Map<number, PlannedMove[]>();
  for (const move of moves) waves.set(move.wave, [...(waves.get(move.wave) ?? []), move]);
  const numbers = [...waves.keys()].sort((a, b) => a - b);
  const perRow = Math.ceil(numbers.length / rowsMax);
  const rows: string[] = [];
  for (let index = 0; index < numbers.length; index += perRow) {
    const group = numbers.slice(index, index + perRow);
    const inRow = group.flatMap((number) => waves.get(number) ?? []);
    const label =
      group.length === 1 ? `wave ${group[0] ?? ''}` : `waves ${group[0] ?? ''}–${group.at(-1) ?? ''}`;
    rows.push(`${fixed(label)}${waveBar(inRow, makespan.p90Seconds)}  ${count(inRow.length, 'move')}`);
  }
  return [...rows, `${fixed('')}${scale(makespan.p90Seconds)}`].join('\n');
}

/** How much of each link is reserved, over time: full height is all that moves may use. '+': by other runs. */
export function linksText({ links, makespan }: Plan): string {
  return links
    .flatMap(({ link, use, underWay = [], usableBytesPerSecond }) => {
      const row = (label: string, curve: Curve): readonly string[] => {
        if (curve.every(({ bytesPerSecond }) => bytesPerSecond === 0)) return [];
        const { bar, meanRatio } = linkBar(curve, { usableBytesPerSecond, endSeconds: makespan.p90Seconds });
        return [`${fixed(label)}${bar}  ${`${Math.round(meanRatio * 100)} %`.padStart(5)}`];
      };
      return [...row(link, use), ...row(`+ ${link}`, underWay)];
    })
    .join('\n');
}

type Curve = Plan['links'][number]['use'];

/** Solid from the first start to the last P50 end, shaded from there to the last P90 end. */
function waveBar(moves: readonly PlannedMove[], endSeconds: number): string {
  const at = (seconds: number): number => Math.round((seconds / Math.max(endSeconds, 1e-9)) * barWidth);
  const start = at(Math.min(...moves.map(({ startSeconds }) => startSeconds)));
  const p50 = Math.max(start + 1, at(Math.max(...moves.map(({ endSeconds: end }) => end.p50))));
  const p90 = Math.max(p50, at(Math.max(...moves.map(({ endSeconds: end }) => end.p90))));
  return `${' '.repeat(start)}${'█'.repeat(p50 - start)}${'░'.repeat(p90 - p50)}`
    .padEnd(barWidth)
    .slice(0, barWidth);
}

function linkBar(
  use: Curve,
  {
    usableBytesPerSecond,
    endSeconds,
  }: { readonly usableBytesPerSecond: number; readonly endSeconds: number },
): { readonly bar: string; readonly meanRatio: number } {
  const step = endSeconds / barWidth;
  const ratios = Array.from({ length: barWidth }, (_, index) => {
    const from = index * step;
    return meanUse(use, from, from + step) / Math.max(usableBytesPerSecond, 1);
  });
  const glyph = (ratio: number): string =>
    levels[ratio <= 0 ? 0 : Math.min(8, Math.max(1, Math.ceil(ratio * 8 - 1e-6)))] ?? ' ';
  return {
    bar: ratios.map(glyph).join(''),
    meanRatio: ratios.reduce((sum, ratio) => sum + ratio, 0) / barWidth,
  };
}

function meanUse(use: Curve, from: number, to: number): number {
  let area = 0;
  for (let index = 0; index < use.length; index++) {
    const begin = Math.max(from, use[index]?.atSeconds ?? 0);
    const end = Math.min(to, use[index + 1]?.atSeconds ?? Number.POSITIVE_INFINITY);
    if (end > begin) area += (end - begin) * (use[index]?.bytesPerSecond ?? 0);
  }
  return area / Math.max(to - from, 1e-9);
}

function scale(endSeconds: number): string {
  const half = shortDuration(endSeconds / 2);
  const end = shortDuration(endSeconds);
  const middle = barWidth / 2;
  return `0${half.padStart(middle + Math.ceil(half.length / 2) - 1)}${end.padStart(barWidth - middle - Math.ceil(half.length / 2))}`;
}

const fixed = (label: string): string =>
  (label.length < labelWidth ? label : `${label.slice(0, labelWidth - 2)}…`).padEnd(labelWidth);
const count = (number: number, word: string): string => `${number} ${word}${number === 1 ? '' : 's'}`;
