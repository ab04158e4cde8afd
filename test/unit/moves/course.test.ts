import { expect, test } from 'vitest';
import type { LadderRung } from '../../../planners/plan/plan.ts';
import { reason } from '../../../planners/plan/reasons.ts';
import { Course } from '../../../src/moves/course.ts';
import type { Move } from '../../../src/moves/move.ts';
import type { TransferProgress } from '../../../src/site/site.ts';
import { moveOf, preCopy, webServer } from '../../support/simulation.ts';

const ladder: readonly LadderRung[] = [
  {
    action: 'untune',
    when: reason('tuned-too-tight', { downtimeLimitSeconds: 0.3, capBytesPerSecond: 100e6 }),
    change: { downtimeLimitSeconds: 0.3, maxBandwidthBytesPerSecond: 100e6 },
  },
  { action: 'throttle', when: reason('falls-behind') },
  { action: 'leave', when: reason('nothing-left') },
];

function courseOf(): Course {
  const workload = webServer('web', 50);
  const { decision, ...planned } = moveOf(workload, 'routed-live', { ladder });
  const settings = { ...preCopy, downtimeLimitSeconds: 0.03 };
  const chosen = { ...decision.chosen, settings };
  const move: Partial<Move> = {
    planned: { ...planned, decision: { ...decision, chosen } },
    workload,
    facts: {},
  };
  return new Course(move as Move);
}

/** The start of a pass, ten seconds each, that finds as much to send as every other. */
const passOf = (passes: number): TransferProgress => ({
  status: 'active',
  passes,
  elapsedSeconds: 10 * passes,
  totalBytes: 1e9,
  transferredBytes: 5e8,
  remainingBytes: 15e6,
  bytesPerSecond: 100e6,
  dirtyBytesPerSecond: 50e6,
  throttleRatio: 0,
  downtimeSeconds: null,
  setupSeconds: 0,
  normalPages: 0,
  zeroPages: 0,
  postcopyRequests: 0,
  stoppedAtSeconds: null,
  resumedAtSeconds: null,
  error: null,
});

test('a tuned move that does not converge goes back to its plain limits before the guest is throttled', () => {
  const course = courseOf();
  expect(course.progress(passOf(1)).convergence).toBeCloseTo(5);
  const corrections = [];
  for (let pass = 1; corrections.length < 2; pass++) {
    const correction = course.correct(passOf(pass));
    if (correction !== null) corrections.push(correction);
    if (corrections.length === 1 && correction !== null)
      expect(course.progress(passOf(pass)).convergence).toBeCloseTo(0.5);
  }
  expect(corrections.map(({ action, change }) => ({ action, change }))).toEqual([
    { action: 'untune', change: { downtimeLimitSeconds: 0.3, maxBandwidthBytesPerSecond: 100e6 } },
    { action: 'throttle', change: { autoConverge: true } },
  ]);
  expect(course.taken).toEqual(['untune', 'throttle']);
});
