import assert from 'node:assert/strict';

/**
 * How long a move waits, tries and looks. Nothing here is dictated by a standard; each says what it was chosen for.
 * Presets: `wan` for production, `lab` for two sites on one machine, where nobody's resolver caches for hours.
 */
export interface MoveLimits {
  /**
   * A call that is not a wait: one control round trip, a process start, a DNS update to every server. Longer than the
   * agent's own deadlines, so that the agent's error arrives and not our timeout.
   */
  readonly callSeconds: number;
  /** Before the point of no return: an unreachable agent is asked again for so long, then the move is undone. */
  readonly patienceBeforeSeconds: number;
  /** After it, and while undoing: a reboot of an agent's machine fits; then a person hears of it. */
  readonly patienceAfterSeconds: number;
  readonly retryFirstSeconds: number;
  readonly retryMaxSeconds: number;
  /**
   * The guest has stopped at the source and the target does not answer: so long, then it runs on at the source. Longer
   * than any round trip, shorter than the patience of most clients.
   */
  readonly standstillSeconds: number;
  /** How often a request to cancel is looked for. */
  readonly requestLookSeconds: number;
  /** How often a conductor looks whether a move may begin, when nothing calls it earlier. */
  readonly conductLookSeconds: number;
  /** How often it asks the queue for each job under way: a queue that loses its memory is rare, and the asking is not free. */
  readonly lostLookSeconds: number;
  /** One held `watch` of a transfer; also how often its progress is judged and published. */
  readonly transferLookSeconds: number;
  /** Evidence is looked for so long; a path that has not converged by then needs a person. */
  readonly evidenceSeconds: number;
  readonly evidenceLookSeconds: number;
  /** No new session to the old address for so long: nobody uses it any more. */
  readonly quietSeconds: number;
  readonly drainLookSeconds: number;
  /** Moves are tried again after a fault of the world that left them undone. */
  readonly attemptsMax: number;
  readonly attemptPauseSeconds: number;
}

export const wan: MoveLimits = {
  callSeconds: 30,
  patienceBeforeSeconds: 60,
  patienceAfterSeconds: 600,
  retryFirstSeconds: 0.5,
  retryMaxSeconds: 15,
  standstillSeconds: 3,
  requestLookSeconds: 2,
  conductLookSeconds: 2,
  lostLookSeconds: 30,
  transferLookSeconds: 1,
  evidenceSeconds: 120,
  evidenceLookSeconds: 1,
  quietSeconds: 60,
  drainLookSeconds: 5,
  attemptsMax: 3,
  attemptPauseSeconds: 30,
};

export const lab: MoveLimits = {
  ...wan,
  patienceAfterSeconds: 60,
  requestLookSeconds: 0.5,
  conductLookSeconds: 0.5,
  lostLookSeconds: 5,
  transferLookSeconds: 0.25,
  evidenceSeconds: 30,
  evidenceLookSeconds: 0.5,
  quietSeconds: 5,
  drainLookSeconds: 0.5,
  attemptPauseSeconds: 5,
};

/** For simulated sites, where an hour passes in seconds: every look costs this machine as much as a real one. */
export const simulated: MoveLimits = {
  ...wan,
  requestLookSeconds: 20,
  transferLookSeconds: 5,
  drainLookSeconds: 30,
  conductLookSeconds: 10,
  lostLookSeconds: 600,
};

for (const limits of [wan, lab, simulated]) {
  assert(limits.transferLookSeconds < limits.callSeconds, 'a watch ends before its call is given up');
  assert(limits.retryMaxSeconds <= limits.patienceBeforeSeconds, 'at least one retry fits the patience');
  assert(limits.patienceBeforeSeconds <= limits.patienceAfterSeconds, 'who cannot go back waits longer');
}

/** Flows named in the journal when a drain reaches its deadline; the count is always there. */
export const drainedFlowsListed = 100;
