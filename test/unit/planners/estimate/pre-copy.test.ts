import { expect, test } from 'vitest';
import { preCopy, type PreCopyQuestion } from '../../../../planners/estimate/pre-copy.ts';

const megabyte = 1e6;
const question: PreCopyQuestion = {
  curve: {
    hotBytes: 20 * megabyte,
    refreshPerSecond: 1,
    coldBytesPerSecond: 0,
    restlessBytes: 0,
    mostBytes: 1e12,
  },
  first: { bytes: 500 * megabyte, seconds: 50, tailBytes: 0, cutSeconds: 50 },
  rateBytesPerSecond: 10 * megabyte,
  finalBytesPerSecond: 10 * megabyte,
  downtimeLimitSeconds: 0.3,
  roomSeconds: 0.07,
  syncSeconds: 0.01,
  autoConverge: false,
  downtimeShare: 0.9,
  throttleEffect: 0.9,
  resendRatio: 1,
};
const ask = (change: Partial<PreCopyQuestion>) => preCopy({ ...question, ...change });
const hot = (hotBytes: number, refreshPerSecond: number) => ({
  curve: { hotBytes, refreshPerSecond, coldBytesPerSecond: 0, restlessBytes: 0, mostBytes: 1e12 },
});

test('what is small enough after the first pass is sent at once', () => {
  expect(ask(hot(2 * megabyte, 1))).toMatchObject({ converges: true, passes: 3, seconds: 50, throttled: 0 });
  expect(ask(hot(2 * megabyte, 1)).restBytes).toBeCloseTo(2 * megabyte, -3);
});

test('a set rewritten more slowly than it is sent converges in a few passes; left are the limit less the last slice, and what was dirtied in that', () => {
  const kept = (0.3 - 0.07) * 10 * megabyte;
  const fresh = 20 * megabyte * (1 - Math.exp(-0.2 * (0.07 + 0.01))) * (1 - kept / (20 * megabyte));
  const { converges, passes, restBytes, margin } = ask(hot(20 * megabyte, 0.2));
  expect(converges).toBe(true);
  expect(restBytes).toBeCloseTo((kept + fresh) * 0.9, -1);
  expect(passes).toBeGreaterThan(3);
  expect(margin).toBeGreaterThan(1);
});

test('a set larger than the limit allows, rewritten faster than it is sent, never converges', () => {
  const { converges, margin } = ask(hot(20 * megabyte, 5));
  expect(converges).toBe(false);
  expect(margin).toBeLessThan(1);
});

test('throttling makes it converge, later, and says how much the guest was held back', () => {
  const { converges, throttled, seconds } = ask({ ...hot(20 * megabyte, 3), autoConverge: true });
  expect(converges).toBe(true);
  expect(throttled).toBeGreaterThan(0.5);
  expect(seconds).toBeGreaterThan(60);
});

test('throttling that does not reach the writer does not help', () => {
  const stubborn = { ...hot(20 * megabyte, 50), autoConverge: true, throttleEffect: 0.1 };
  expect(ask(stubborn).converges).toBe(false);
});

test('pages that compress when sent again converge where others do not', () => {
  const rewriting = hot(20 * megabyte, 1.2);
  expect(ask(rewriting).converges).toBe(false);
  expect(ask({ ...rewriting, resendRatio: 0.3 }).converges).toBe(true);
});

test('a cap that is lifted at the end converges where a path as slow does not', () => {
  const tight = { ...hot(20 * megabyte, 0.38), downtimeLimitSeconds: 0.02 };
  expect(ask({ ...tight, finalBytesPerSecond: 50 * megabyte }).margin).toBeGreaterThan(ask(tight).margin);
});

test('time and bytes do not depend on the unit of size: twice the memory, rate and dirtying take as long', () => {
  const scaled = (factor: number) => ({
    curve: {
      hotBytes: 20 * megabyte * factor,
      refreshPerSecond: 0.3,
      coldBytesPerSecond: 1e5 * factor,
      restlessBytes: 0,
      mostBytes: 1e12 * factor,
    },
    first: { bytes: 500 * megabyte * factor, seconds: 50, tailBytes: megabyte * factor, cutSeconds: 49.9 },
    rateBytesPerSecond: 10 * megabyte * factor,
    finalBytesPerSecond: 10 * megabyte * factor,
  });
  const one = ask(scaled(1));
  for (const factor of [0.5, 3, 1000]) {
    const other = ask(scaled(factor));
    expect(other.seconds).toBeCloseTo(one.seconds, 6);
    expect(other.bytes / factor).toBeCloseTo(one.bytes, 0);
    expect(other.margin).toBeCloseTo(one.margin, 6);
  }
});
