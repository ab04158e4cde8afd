/**
 * Share of the variance of ln(duration) that all moves over one link have in common: its real rate and what else goes
 * over it. The rest is the guest's own. Half and half: with nothing shared a hundred moves would average their errors
 * away, with everything shared the fleet would be as unsure as one move.
 */
export const sharedVarianceRatio = 0.5;

/** Replays of a schedule: at 400 the 0.9 quantile of the end is known to about ±1.5 percentage points. */
export const replaysMax = 400;
/** Job replays in all, so that ten thousand jobs cost no more than a few tenths of a second. */
export const replayedJobsMax = 1_000_000;
export const replaysMin = 100;

/** From so many jobs on a fleet is large: fewer rates to choose from, and near the bound is good enough. */
export const largeFleet = 2000;

/** Places looked for in one search (planners/schedule/search.ts): about a second. */
export const lookupsDefault = 400_000;

/**
 * What several moves at once reach together of what one alone reaches, by their number: the time of 12 moves of 8 GB
 * one at a time ÷ 2, 3 and 4 at a time, 206 s ÷ 253, 268 and 269 s (osic/benchmarking_live-migration, 40 drains each).
 * Beyond four as with four: not measured there.
 */
export const parallelEfficiency = [1, 206 / 253, 206 / 268, 206 / 269] as const;
