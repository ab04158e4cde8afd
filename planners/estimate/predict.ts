import type { Estimate } from './estimate.ts';
import type { Model } from './model.ts';
import type { EstimateInput } from './observation.ts';
import { quickEstimate, type QuickEstimate } from './quick.ts';
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
  return {
    ...plainEstimate(quick),
    id: input.id,
    why: whyOf(quick, input),
    wouldCompleteWith:
      quick.verdict === 'completes'
        ? null
        : wouldCompleteWith(input, (changed) => quickEstimate(changed, model).verdict === 'completes'),
  };
}

/** The numbers alone, without a name, reasons or what would help. */
export function plainEstimate({ verdict, completesProbability, outlook, ranges }: QuickEstimate): Estimate {
  return {
    id: '',
    verdict,
    completesProbability: rounded(completesProbability),
    totalSeconds: roundedRange(ranges.totalSeconds),
    downtimeSeconds: roundedRange(ranges.downtimeSeconds),
    pauseSeconds: roundedRange(ranges.pauseSeconds),
    sessionStallSeconds: roundedRange(ranges.sessionStallSeconds),
    transferredBytes: roundedRange(ranges.transferredBytes),
    wireBytes: roundedRange(ranges.wireBytes),
    passes: medianCourse(outlook).passes,
    why: [],
    wouldCompleteWith: null,
  };
}
