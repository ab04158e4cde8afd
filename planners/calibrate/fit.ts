import type { Model, Parameters } from '../estimate/model.ts';
import type { Observation } from '../estimate/observation.ts';
import { quickEstimate, timesOf } from '../estimate/quick.ts';
import { patternSearch } from './pattern-search.ts';
import { parameterNames, toParameters } from './priors.ts';
import { isCompleted, type Scenario } from './scenarios.ts';
import { noSpreads } from './spread.ts';

/**
 * The parameters under which the measured moves are most probable: least weighted residuals, each scenario counting
 * once, beside the priors. Residuals count linearly beyond `outlierLimit`: a starved run must not bend the model.
 */
export function fitParameters(scenarios: readonly Scenario[], options: FitOptions): Fitted {
  const cost = (point: readonly number[]): number =>
    point.reduce((sum, value) => sum + value * value, 0) + misfit(scenarios, bareModel(toParameters(point)));
  const point = patternSearch(cost, {
    start: options.start ?? parameterNames.map(() => 0),
    steps: parameterNames.map(() => options.step),
    sweepsMax: options.sweepsMax,
    stepShareMin: 0.02,
  });
  return { point, parameters: toParameters(point) };
}

export interface FitOptions {
  readonly start?: readonly number[];
  /** First step, in spreads of the prior. */
  readonly step: number;
  readonly sweepsMax: number;
}

export interface Fitted {
  readonly point: readonly number[];
  readonly parameters: Parameters;
}

/** A model without any spread of its own: ranges then show only what the samples leave open. */
export const bareModel = (parameters: Parameters): Model => ({
  format: 'longhaul-model/1',
  id: 'bare',
  fittedTo: 'nothing',
  parameters,
  spread: noSpreads,
});

export function misfit(scenarios: readonly Scenario[], model: Model): number {
  let sum = 0;
  for (const { runs } of scenarios) for (const run of runs) sum += runMisfit(run, model) / runs.length;
  return sum;
}

/** Accuracy that is worth striving for: ln of measured over predicted counts in these units. */
const scale = { total: 0.05, bytes: 0.05, downtime: 0.5, pause: 0.25, stall: 0.35, sent: 0.08 } as const;
/** Seconds that do not matter beside a pause. */
const grain = 0.04;
const outlierLimit = 1.5;

function runMisfit(run: Observation, model: Model): number {
  const { outcome } = run;
  const { ranges, completesProbability, conditions, outlook } = quickEstimate(run, model);
  const right = isCompleted(run) ? completesProbability : 1 - completesProbability;
  let sum = -2 * Math.log(Math.max(right, 1e-3));
  if (!isCompleted(run)) {
    const seconds = (run.settings?.timeoutSeconds ?? 0) - (outcome.setupSeconds ?? 0.4);
    const sent = outlook.sending.rateBytesPerSecond * outlook.sending.goodput.wireRatio * seconds;
    return sum + (outcome.wireBytes ? huber(Math.log(sent / outcome.wireBytes) / scale.sent) : 0);
  }
  const told = { ...ranges, ...timesOf(outlook, conditions.doubt, model.spread[outlook.regime]) };
  const median = (of: keyof typeof told): number => told[of]?.p50 ?? 0;
  const part = (
    measured: number | null | undefined,
    predicted: number,
    [unit, least]: [number, number],
  ): number =>
    measured === null || measured === undefined || predicted === 0
      ? 0
      : huber(Math.log((predicted + least) / (measured + least)) / unit);
  sum += part(outcome.totalSeconds, median('totalSeconds'), [scale.total, 0]);
  sum += part(outcome.transferredBytes, median('transferredBytes'), [scale.bytes, 0]);
  sum += part(outcome.downtimeSeconds, median('downtimeSeconds'), [scale.downtime, grain]);
  sum += part(outcome.pauseSeconds, median('pauseSeconds'), [scale.pause, grain]);
  sum += part(outcome.sessionStallSeconds, median('sessionStallSeconds'), [scale.stall, grain]);
  return sum;
}

const huber = (residual: number): number =>
  Math.abs(residual) <= outlierLimit
    ? residual * residual
    : 2 * outlierLimit * Math.abs(residual) - outlierLimit * outlierLimit;
