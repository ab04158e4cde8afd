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

/** Conductors at once in one worker: they only wait, a few kilobytes each. */
export const conductorsMax = 256;

/**
 * A job whose worker was killed is given to another after at most lock + check. The lock must outlast the longest
 * pause of a worker's event loop (a second, on a busy machine); the claim's epoch covers a lock lost all the same.
 */
export const lockSeconds = 10;
export const stalledCheckSeconds = 5;
assert(stalledCheckSeconds < lockSeconds, 'a lost lock is noticed before the next one would run out');

/** Kills of its worker that a job outlives: every step can be repeated, so there is no reason to give up on one. */
export const jobKillsMax = 1000;

/** A Redis that does not answer within it is taken for gone; local round trips take a thousandth of it. */
export const redisCommandSeconds = 10;
export const redisConnectSeconds = 10;

/** New connections before a call fails, 50, 100 … 400 ms apart: a server that restarts is back within 1.8 s. */
export const redisReconnectsMax = 8;

/** For who looks at a run that ended; the journal is kept for good. */
export const progressKeptSeconds = 24 * 3600;
