import type { Quantiles } from '../estimate/estimate.ts';
import type { Observation } from '../estimate/observation.ts';
import { type Baseline, type BaselineName, baselines } from './baselines.ts';
import { type HeldOutRun, measuredOf } from './held-out.ts';
import { type Kind, kinds, kindsOf } from './kinds.ts';
import { isCompleted, type Scenario, scenarioIdOf } from './scenarios.ts';
import { weightedQuantile } from './spread.ts';

export const scored = ['total', 'bytes', 'pause'] as const;
export type Scored = (typeof scored)[number];
export type MethodName = 'longhaul' | BaselineName;

/** What any method said of one run; null: it predicted no end. */
export interface Prediction {
  readonly run: Observation;
  readonly completes: boolean;
  readonly ranges: Readonly<Record<Scored, Quantiles | null>>;
}

/** How good a method is on one kind of scenario; null where there is nothing to count. */
export interface Score {
  readonly scenarios: number;
  /** Median over scenarios of |mean predicted ÷ mean measured − 1|; a predicted failure counts as 1. */
  readonly error: Readonly<Record<Scored, number | null>>;
  readonly pauseErrorSeconds: number | null;
  /** Scenarios whose verdict is wrong in most repeats. */
  readonly wrongVerdicts: number;
  /** Those, and times that are a quarter or more off. */
  readonly bad: number;
  /** Share of runs between P10 and P90. */
  readonly coverage: Readonly<Record<Scored, number | null>>;
  /** Mean interval score (Gneiting and Raftery 2007, α = 0.2) of ln(measured), of total time. */
  readonly intervalScore: number | null;
}

export interface Report {
  readonly scenarios: number;
  readonly runs: number;
  /** Median over repeated scenarios of the repeats' mean distance from their mean, relative. */
  readonly repeatNoise: Readonly<Record<Scored, number | null>>;
  readonly kinds: readonly { readonly kind: Kind; readonly scores: Readonly<Record<MethodName, Score>> }[];
}

export function reportOf(scenarios: readonly Scenario[], heldOut: readonly HeldOutRun[]): Report {
  const methods: Record<MethodName, readonly Prediction[]> = {
    longhaul: heldOut.map(({ run, verdict, ranges }) => ({
      run,
      completes: verdict === 'completes',
      ranges,
    })),
    ramOverBandwidth: withSpread(scenarios, baselines.ramOverBandwidth),
    textbook: withSpread(scenarios, baselines.textbook),
    gudkov: withSpread(scenarios, baselines.gudkov),
  };
  return {
    scenarios: scenarios.length,
    runs: heldOut.length,
    repeatNoise: perScored((quantity) => noiseOf(scenarios, quantity)),
    kinds: kinds.map((kind) => {
      const ids = new Set(scenarios.filter((one) => kindsOf(one).has(kind)).map(({ id }) => id));
      const scoreBy = (name: MethodName): Score =>
        scoreOf(methods[name].filter(({ run }) => ids.has(scenarioIdOf(run.id))));
      return {
        kind,
        scores: {
          longhaul: scoreBy('longhaul'),
          ramOverBandwidth: scoreBy('ramOverBandwidth'),
          textbook: scoreBy('textbook'),
          gudkov: scoreBy('gudkov'),
        },
      };
    }),
  };
}

/** A baseline, with a range around it: the quotients measured ÷ predicted that the other scenarios had. */
function withSpread(scenarios: readonly Scenario[], baseline: Baseline): Prediction[] {
  const points = scenarios.flatMap(({ id, runs }) => runs.map((run) => ({ id, run, point: baseline(run) })));
  const valueOf = { total: 'totalSeconds', bytes: 'transferredBytes', pause: 'pauseSeconds' } as const;
  const quotients = points.flatMap(({ id, run, point }) =>
    !isCompleted(run) || !point.completes
      ? []
      : measuredOf(run).flatMap(([quantity, measured]) =>
          isScored(quantity)
            ? [{ id, quantity, value: measured / Math.max(point[valueOf[quantity]], 0.001), weight: 1 }]
            : [],
        ),
  );
  return points.map(({ id, run, point }) => ({
    run,
    completes: point.completes,
    ranges: perScored((quantity) => {
      if (!point.completes) return null;
      const others = quotients.filter((one) => one.id !== id && one.quantity === quantity);
      const centre = Math.max(point[valueOf[quantity]], 0.001);
      const at = (share: number): number =>
        centre * (others.length === 0 ? 1 : weightedQuantile(others, share));
      return { p10: at(0.1), p50: centre, p90: at(0.9) };
    }),
  }));
}

const isScored = (quantity: string): quantity is Scored => scored.some((one) => one === quantity);

function scoreOf(predictions: readonly Prediction[]): Score {
  const byScenario = new Map<string, Prediction[]>();
  for (const prediction of predictions) {
    const id = scenarioIdOf(prediction.run.id);
    byScenario.set(id, [...(byScenario.get(id) ?? []), prediction]);
  }
  const groups = [...byScenario.values()];
  const wrong = groups.map(isWrong);
  const errors = perScored((quantity) => groups.map((group) => errorOf(group, quantity)));
  const off = errors.total.map((error) => (error ?? 0) >= 0.25);
  return {
    scenarios: groups.length,
    error: perScored((quantity) => median(numbers(errors[quantity]))),
    pauseErrorSeconds: median(numbers(groups.map(pauseErrorSeconds))),
    wrongVerdicts: wrong.filter(Boolean).length,
    bad: wrong.filter((isWrongVerdict, index) => isWrongVerdict || off[index] === true).length,
    coverage: perScored((quantity) => mean(numbers(predictions.map((one) => isCovered(one, quantity))))),
    intervalScore: mean(numbers(predictions.map(intervalScoreOf))),
  };
}

const isWrong = (group: readonly Prediction[]): boolean =>
  group.filter(({ run, completes }) => completes !== isCompleted(run)).length * 2 > group.length;

/** Null for a scenario that did not complete. */
function errorOf(group: readonly Prediction[], quantity: Scored): number | null {
  const completed = group.filter(({ run }) => isCompleted(run) && measuredIn(run, quantity) !== null);
  if (completed.length === 0) return null;
  const told = completed.filter(({ completes, ranges }) => completes && ranges[quantity] !== null);
  if (told.length * 2 <= completed.length) return 1;
  const predicted = sum(told.map(({ ranges }) => ranges[quantity]!.p50));
  return Math.abs(predicted / sum(told.map(({ run }) => measuredIn(run, quantity)!)) - 1);
}

function pauseErrorSeconds(group: readonly Prediction[]): number | null {
  const told = group.filter(
    ({ run, completes, ranges }) =>
      isCompleted(run) && completes && ranges.pause !== null && measuredIn(run, 'pause') !== null,
  );
  if (told.length === 0) return null;
  const difference = told.map(({ run, ranges }) => ranges.pause!.p50 - measuredIn(run, 'pause')!);
  return Math.abs(sum(difference) / told.length);
}

function isCovered({ run, ranges }: Prediction, quantity: Scored): number | null {
  const measured = measuredIn(run, quantity);
  const range = ranges[quantity];
  if (!isCompleted(run) || measured === null || range === null) return null;
  return measured >= range.p10 && measured <= range.p90 ? 1 : 0;
}

/** (u − l) + 2/α of what lies outside, in ln of time; α = 0.2 for P10–P90. */
function intervalScoreOf({ run, ranges }: Prediction): number | null {
  const measured = measuredIn(run, 'total');
  if (!isCompleted(run) || measured === null || ranges.total === null) return null;
  const [low, value, high] = [ranges.total.p10, measured, ranges.total.p90].map(Math.log) as [
    number,
    number,
    number,
  ];
  return high - low + 10 * (Math.max(0, low - value) + Math.max(0, value - high));
}

const measuredIn = (run: Observation, quantity: Scored): number | null =>
  measuredOf(run).find(([name]) => name === quantity)?.[1] ?? null;

function noiseOf(scenarios: readonly Scenario[], quantity: Scored): number | null {
  const noise = scenarios.flatMap(({ runs }) => {
    const values = numbers(runs.filter(isCompleted).map((run) => measuredIn(run, quantity)));
    if (values.length < 2) return [];
    const centre = mean(values)!;
    return [mean(values.map((value) => Math.abs(value / centre - 1)))!];
  });
  return median(noise);
}

const perScored = <Value>(of: (quantity: Scored) => Value): Record<Scored, Value> => ({
  total: of('total'),
  bytes: of('bytes'),
  pause: of('pause'),
});
const numbers = (values: readonly (number | null)[]): number[] => values.filter((value) => value !== null);
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const mean = (values: readonly number[]): number | null =>
  values.length === 0 ? null : sum(values) / values.length;

function median(values: readonly number[]): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  if (sorted.length === 0) return null;
  return sorted.length % 2 === 1 ? sorted[Math.floor(middle)]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
