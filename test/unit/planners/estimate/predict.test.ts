import { expect, test } from 'vitest';
import type { EstimateInput } from '../../../../planners/estimate/observation.ts';
import { estimate } from '../../../../planners/estimate/predict.ts';
import { shippedModel } from '../../../../planners/estimate/shipped-model.ts';

const idle: EstimateInput = {
  id: 'idle',
  guest: { memoryBytes: 2 ** 30, residentBytes: 512 * 2 ** 20 },
  dirty: [{ seconds: 1, mebibytesPerSecond: 0 }],
  link: { bitsPerSecond: 100e6, rttSeconds: 0.02 },
};

test('an idle guest completes in about its resident memory over the goodput', () => {
  const { verdict, totalSeconds } = estimate(idle, shippedModel);
  expect(verdict).toBe('completes');
  expect(totalSeconds?.p50).toBeGreaterThan(40);
  expect(totalSeconds?.p50).toBeLessThan(50);
});

test('a guest that rewrites its memory faster than the path carries does not converge, and is told what would help', () => {
  const dirty = [1, 3].map((seconds) => ({ seconds, mebibytesPerSecond: 40 }));
  const answer = estimate({ ...idle, dirty }, shippedModel);
  expect(answer.verdict).toBe('does-not-converge');
  expect(answer.totalSeconds).toBeNull();
  expect(answer.wouldCompleteWith?.bitsPerSecond).toBeGreaterThan(3 * 100e6);
});
