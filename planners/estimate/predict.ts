import type { Estimate } from './estimate.ts';
import type { Model } from './model.ts';
import type { EstimateInput } from './observation.ts';
import { quickEstimate } from './quick.ts';
import { medianCourse, rounded, roundedRange } from './ranges.ts';
import { whyOf } from './why.ts';
import { wouldCompleteWith } from './would-complete.ts';

/**
 * Predicts a move from what is known beforehand: conditions (defaults filled in) → outlook (one course for each dirty
 * curve that the samples leave open) → ranges and verdict. Pure: the same input and model give the same answer;
 * `outcome` is no part of the input and cannot matter. docs/design/estimation.md has the formulas.
 */
export function estimate(input: EstimateInput, model: Model): Estimate {
  const quick = quickEstimate(input, model);
  const { totalSeconds, transferredBytes, wireBytes, ...pauses } = quick.ranges;
  return {
    id: input.id,
    verdict: quick.verdict,
    completesProbability: rounded(quick.completesProbability),
    totalSeconds: roundedRange(totalSeconds),
    downtimeSeconds: roundedRange(pauses.downtimeSeconds),
    pauseSeconds: roundedRange(pauses.pauseSeconds),
    sessionStallSeconds: roundedRange(pauses.sessionStallSeconds),
    transferredBytes: roundedRange(transferredBytes),
    wireBytes: roundedRange(wireBytes),
    passes: medianCourse(quick.outlook).passes,
    why: whyOf(quick, input),
    wouldCompleteWith:
      quick.verdict === 'completes'
        ? null
        : wouldCompleteWith(input, (changed) => quickEstimate(changed, model).verdict === 'completes'),
  };
}
