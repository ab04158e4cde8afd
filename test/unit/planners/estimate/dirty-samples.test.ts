import { expect, test } from 'vitest';
import { dirtiedIn } from '../../../../planners/estimate/dirty-curve.ts';
import { curvesOf } from '../../../../planners/estimate/dirty-samples.ts';
import { shippedModel } from '../../../../planners/estimate/shipped-model.ts';

const mebibyte = 2 ** 20;
const samples = (text: string) =>
  text.split(' ').map((sample) => {
    const [seconds, mebibytesPerSecond] = sample.split(':').map(Number) as [number, number];
    return { seconds, mebibytesPerSecond };
  });
const curves = (text: string) => curvesOf(samples(text), 2 ** 40, shippedModel.parameters);
/** Expected distinct MiB dirtied in so many seconds. */
const dirtied = (text: string, seconds: number): number =>
  curves(text).reduce((sum, { curve, weight }) => sum + (weight * dirtiedIn(curve, seconds)) / mebibyte, 0);

test('weights add up to one', () => {
  for (const text of ['1:0', '1:20 3:7', '1:3 1:2 1:4 3:2 10:1'])
    expect(curves(text).reduce((sum, { weight }) => sum + weight, 0)).toBeCloseTo(1, 9);
});

test('a working set of twenty MiB that samples show saturated stays twenty MiB, but for the background', () => {
  expect(dirtied('1:20 3:7 10:2', 10)).toBeGreaterThan(18);
  expect(dirtied('1:20 3:7 10:2', 10)).toBeLessThan(28);
});

test('equal rates at all intervals are a straight line', () => {
  expect(dirtied('1:20 3:20 10:20', 10)).toBeGreaterThan(180);
  expect(dirtied('1:20 3:20 10:20', 20)).toBeGreaterThan(250);
});

test('what one second cannot tell stays open: slow and fast rewriting are both possible', () => {
  const tenths = curves('1:6 3:2').map(({ curve }) => dirtiedIn(curve, 0.1) / mebibyte);
  expect(Math.max(...tenths) / Math.min(...tenths)).toBeGreaterThan(4);
});

test('a burst that one sample caught and the next missed counts', () => {
  expect(dirtied('1:49 1:1 1:0 3:30 10:12', 3)).toBeGreaterThan(60);
});

test('a longer sample never shows less than a shorter one', () => {
  expect(dirtied('1:31 3:1', 3)).toBeGreaterThan(20);
});

test('rates that were not cut to whole MiB are taken as they are', () => {
  const exact = { ...shippedModel.parameters, restlessBytes: 0, backgroundBytesPerSecond: 1 };
  const [first] = curvesOf([{ seconds: 1, mebibytesPerSecond: 2.5 }], 2 ** 40, exact);
  expect(dirtiedIn(first!.curve, 1) / mebibyte).toBeCloseTo(2.5, 1);
});

test('a guest nobody measured may dirty next to nothing or eighty MiB a second', () => {
  const rates = curvesOf([], 2 ** 40, shippedModel.parameters).map(
    ({ curve }) => curve.coldBytesPerSecond / mebibyte,
  );
  expect([Math.min(...rates), Math.max(...rates)]).toEqual([0.2, 80]);
});

test('no guest dirties more than it has', () => {
  const [first] = curvesOf(samples('1:100'), 50 * mebibyte, shippedModel.parameters);
  expect(dirtiedIn(first!.curve, 1e6)).toBe(50 * mebibyte);
});
