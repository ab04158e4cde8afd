import type { Estimate, Quantiles } from '../estimate/estimate.ts';
import type { Model, Quantity } from '../estimate/model.ts';
import type { Observation } from '../estimate/observation.ts';
import { quickEstimate } from '../estimate/quick.ts';
import { bareModel, type Fitted, fitParameters } from './fit.ts';
import { isCompleted, type Scenario } from './scenarios.ts';
import { type Offset, spreadsOf } from './spread.ts';

/** One run, and what a model that never saw its scenario said of it. */
export interface HeldOutRun {
  readonly run: Observation;
  readonly verdict: Estimate['verdict'];
  readonly completesProbability: number;
  /** Null where it predicted no end. */
  readonly ranges: Readonly<Record<Quantity, Quantiles | null>>;
}

export interface HeldOut {
  readonly runs: readonly HeldOutRun[];
  /** Where the runs lay beside ranges that held nothing but what the samples left open. */
  readonly offsets: readonly Offset[];
}

/** More scenarios than this are left out in groups: the time grows with the square otherwise. */
const foldsMax = 200;
/** A fit that starts where all scenarios left it needs few and small steps. */
const refit = { step: 0.3, sweepsMax: 4 };

/**
 * Leave-one-scenario-out: the parameters are fitted anew without each scenario (all its repeats), and so is the
 * spread, from what the others' held-out predictions missed.
 */
export function holdOut(
  scenarios: readonly Scenario[],
  fitted: Fitted,
  onFold: (done: number, folds: number) => void,
): HeldOut {
  const folds = groupsOf(scenarios);
  const models = folds.map((fold, index) => {
    const rest = scenarios.filter((scenario) => !fold.includes(scenario));
    const { parameters } = fitParameters(rest, { start: fitted.point, ...refit });
    onFold(index + 1, folds.length);
    return bareModel(parameters);
  });
  const runsOf = (index: number): Observation[] => folds[index]!.flatMap(({ runs }) => runs);
  const offsets = models.map((model, index) => runsOf(index).flatMap((run) => offsetsOf(run, model)));
  const runs = models.flatMap((model, index) => {
    const spread = spreadsOf(offsets.filter((_, other) => other !== index).flat());
    return runsOf(index).map((run) => predict(run, { ...model, spread }));
  });
  return { runs, offsets: offsets.flat() };
}

function groupsOf(scenarios: readonly Scenario[]): Scenario[][] {
  const count = Math.min(scenarios.length, foldsMax);
  const groups = Array.from({ length: count }, (): Scenario[] => []);
  scenarios.forEach((scenario, index) => groups[index % count]!.push(scenario));
  return groups;
}

function predict(run: Observation, model: Model): HeldOutRun {
  const { verdict, completesProbability, ranges } = quickEstimate(run, model);
  return {
    run,
    verdict,
    completesProbability,
    ranges: {
      total: ranges.totalSeconds,
      downtime: ranges.downtimeSeconds,
      pause: ranges.pauseSeconds,
      stall: ranges.sessionStallSeconds,
      bytes: ranges.transferredBytes,
    },
  };
}

/** Empty for a move that has no times, or was predicted to have none. */
function offsetsOf(run: Observation, model: Model): Offset[] {
  if (!isCompleted(run)) return [];
  const { outlook } = quickEstimate(run, model);
  const { ranges } = predict(run, model);
  if (ranges.total === null) return [];
  const above: { -readonly [Key in keyof Offset['above']]: Offset['above'][Key] } = {};
  for (const [quantity, value] of measuredOf(run)) {
    const range = ranges[quantity];
    if (range === null || range.p10 <= 0) continue;
    above[quantity] = { low: Math.log(value / range.p10), high: Math.log(value / range.p90) };
  }
  return [{ regime: outlook.regime, above }];
}

/** What was measured of a completed move; nothing lasts less than a millisecond. */
export function measuredOf({ outcome }: Observation): [Quantity, number][] {
  const all: [Quantity, number | null | undefined][] = [
    ['total', outcome.totalSeconds],
    ['downtime', outcome.downtimeSeconds],
    ['pause', outcome.pauseSeconds],
    ['stall', outcome.sessionStallSeconds],
    ['bytes', outcome.transferredBytes],
  ];
  return all.flatMap(([quantity, value]): [Quantity, number][] =>
    value === null || value === undefined ? [] : [[quantity, Math.max(value, 0.001)]],
  );
}
