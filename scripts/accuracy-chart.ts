import { parse, View } from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';
import type { HeldOutRun } from '../planners/calibrate/held-out.ts';
import { measuredOf } from '../planners/calibrate/held-out.ts';
import { kindsOf } from '../planners/calibrate/kinds.ts';

const panels = [
  { quantity: 'total', title: 'total time, s', factor: 1 },
  { quantity: 'bytes', title: 'transferred, MiB', factor: 1 / 2 ** 20 },
  { quantity: 'pause', title: 'pause, s', factor: 1 },
] as const;

interface Mark {
  readonly id: string;
  readonly kind: string;
  readonly measured: number;
  readonly p10: number;
  readonly p50: number;
  readonly p90: number;
}

/** Predicted (point: P50, bar: P10–P90) against measured, on logarithmic axes, as SVG. */
export async function accuracyChart(runs: readonly HeldOutRun[]): Promise<string> {
  const spec: TopLevelSpec = {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    background: 'white',
    config: { font: 'sans-serif' },
    hconcat: panels.map(({ quantity, title, factor }) => {
      const marks = marksOf(runs, quantity, factor);
      const ends = marks.flatMap(({ measured, p10, p90 }) => [measured, p10, p90]);
      const domain = [Math.min(...ends), Math.max(...ends)];
      const axis = (field: string, name: string) =>
        ({ field, type: 'quantitative', title: name, scale: { type: 'log', domain, nice: false } }) as const;
      return {
        width: 280,
        height: 280,
        title,
        layer: [
          {
            data: { values: domain.map((value) => ({ measured: value, p50: value })) },
            mark: { type: 'line', color: '#999', strokeDash: [4, 4] },
            encoding: { x: axis('measured', 'measured'), y: axis('p50', 'predicted') },
          },
          {
            data: { values: marks },
            mark: { type: 'rule', opacity: 0.5 },
            encoding: {
              x: axis('measured', 'measured'),
              y: axis('p10', 'predicted'),
              y2: { field: 'p90' },
              color: { field: 'kind', type: 'nominal' },
            },
          },
          {
            data: { values: marks },
            mark: { type: 'point', filled: true, size: 28 },
            encoding: {
              x: axis('measured', 'measured'),
              y: axis('p50', 'predicted'),
              color: { field: 'kind', type: 'nominal', title: 'kind of scenario' },
            },
          },
        ],
      };
    }),
  };
  return await new View(parse(compile(spec).spec), { renderer: 'none' }).toSVG();
}

function marksOf(
  runs: readonly HeldOutRun[],
  quantity: (typeof panels)[number]['quantity'],
  factor: number,
): Mark[] {
  return runs.flatMap(({ run, ranges }) => {
    const measured = measuredOf(run).find(([name]) => name === quantity)?.[1];
    const range = ranges[quantity];
    if (measured === undefined || range === null || run.outcome.status !== 'completed') return [];
    const [kind = 'converging'] = kindsOf({ id: run.id, runs: [run] });
    const scaled = { p10: range.p10 * factor, p50: range.p50 * factor, p90: range.p90 * factor };
    return [{ id: run.id, kind, measured: measured * factor, ...scaled }];
  });
}
