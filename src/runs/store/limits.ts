import assert from 'node:assert/strict';

/**
 * Limits of the state and the queue. A run's journal, not these, decides what is repeated; they bound how long a
 * fault of the world is borne before a person hears of it.
 */

/** Tries of one job: with the backoff below about four minutes, longer than a reboot of a site agent's machine. */
export const jobTriesMax = 9;
export const backoffFirstSeconds = 1;
export const backoffMaxSeconds = 60;

/** Before try 2, 3, …: 1, 2, 4 … 60 s. */
export function backoffSeconds(triesMade: number): number {
  assert(triesMade >= 1, 'a backoff follows a try');
  return Math.min(backoffMaxSeconds, backoffFirstSeconds * 2 ** (triesMade - 1));
}
