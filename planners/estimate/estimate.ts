/** P10, P50 and P90 of one quantity. */
export interface Quantiles {
  readonly p10: number;
  readonly p50: number;
  readonly p90: number;
}

/** The answer to one EstimateInput. Times are null where the move never ends. */
export interface Estimate {
  readonly id: string;
  readonly verdict: 'completes' | 'not-in-time' | 'does-not-converge';
  readonly completesProbability: number;
  readonly totalSeconds: Quantiles | null;
  readonly downtimeSeconds: Quantiles | null;
  readonly pauseSeconds: Quantiles | null;
  readonly sessionStallSeconds: Quantiles | null;
  readonly transferredBytes: Quantiles;
  readonly wireBytes: Quantiles;
  readonly passes: number;
  readonly why: readonly string[];
  /** The smallest link rate, and the smallest downtime limit, with which it would complete; null when it does. */
  readonly wouldCompleteWith: {
    readonly bitsPerSecond: number | null;
    readonly downtimeLimitSeconds: number | null;
  } | null;
}
