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

function courseOf(timeoutSeconds = preCopy.timeoutSeconds): Course {
  const workload = webServer('web', 50);
  const { decision, ...planned } = moveOf(workload, 'routed-live', { ladder });
  const settings = { ...preCopy, downtimeLimitSeconds: 0.03, timeoutSeconds };
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

/** Looked at every second, until the ladder is at its end. */
function takenFrom(
  course: Course,
  transferAt: (seconds: number) => TransferProgress,
): readonly (readonly [number, string])[] {
  const taken: [number, string][] = [];
  for (let seconds = 1; ; seconds += 1) {
    expect(seconds).toBeLessThan(10_000);
    try {
      const correction = course.correct({ ...transferAt(seconds), elapsedSeconds: seconds });
      if (correction !== null) taken.push([seconds, correction.action]);
    } catch {
      return [...taken, [seconds, course.taken.at(-1) ?? '']];
    }
  }
}

test('after its timeout each rung gets a whole pass of its own before the next one is taken', () => {
  const slowing = (seconds: number): TransferProgress => {
    const passes = 1 + Math.floor(seconds / 10);
    return { ...passOf(passes), remainingBytes: 1e9 * 0.8 ** Math.min(passes, 5) };
  };
  expect(takenFrom(courseOf(45), slowing)).toEqual([
    [46, 'untune'], // within pass 5; pass 6, from 50 to 60, is its own
    [61, 'throttle'], // within pass 7; pass 8, from 70 to 80, is its own
    [81, 'leave'],
  ]);
});

test('a late move whose rest falls keeps its rung for its share of the time until twice the timeout', () => {
  const falling = (seconds: number): TransferProgress => ({
    ...passOf(1 + Math.floor(seconds / 2)),
    remainingBytes: 1e9 * 0.8 ** Math.floor(seconds / 2),
  });
  expect(takenFrom(courseOf(100), falling)).toEqual([
    [101, 'untune'],
    [151, 'throttle'],
    [201, 'leave'],
  ]);
});

test('a first pass that does not end in time goes down the whole ladder by twice the timeout, not in one look each', () => {
  expect(takenFrom(courseOf(60), () => passOf(1))).toEqual([
    [61, 'untune'],
    [91, 'throttle'],
    [121, 'leave'],
  ]);
});
