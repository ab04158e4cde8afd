import type { Estimate } from './estimate.ts';
import { assumed } from './limits.ts';
import type { EstimateInput } from './observation.ts';

/** The smallest link rate, and the smallest downtime limit, with which a move would complete; each alone. */
export function wouldCompleteWith(
  input: EstimateInput,
  completes: (input: EstimateInput) => boolean,
): Estimate['wouldCompleteWith'] {
  const { link, settings = {} } = input;
  const limit = settings.downtimeLimitSeconds ?? assumed.downtimeLimitSeconds;
  return {
    bitsPerSecond: least(link.bitsPerSecond, (bitsPerSecond) =>
      completes({ ...input, link: { ...link, bitsPerSecond } }),
    ),
    downtimeLimitSeconds: least(Math.max(limit, limitSecondsMin), (downtimeLimitSeconds) =>
      completes({ ...input, settings: { ...settings, downtimeLimitSeconds } }),
    ),
  };
}

/** QEMU counts the limit in milliseconds. */
const limitSecondsMin = 0.001;
/** Looked for up to so many times the present value, to one part in a hundred. */
const timesMax = 1e4;
const resolution = 0.01;

function least(present: number, holds: (value: number) => boolean): number | null {
  let low = 0;
  let high = Math.log(timesMax);
  if (!holds(present * timesMax)) return null;
  while (high - low > resolution) {
    const middle = (low + high) / 2;
    if (holds(present * Math.exp(middle))) high = middle;
    else low = middle;
  }
  return Number((present * Math.exp(high)).toPrecision(4));
}
