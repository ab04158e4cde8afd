import { expect, test } from 'vitest';
import type { Path } from '../../../../planners/estimate/conditions.ts';
import { goodputOf } from '../../../../planners/estimate/goodput.ts';
import { shippedModel } from '../../../../planners/estimate/shipped-model.ts';

const { parameters } = shippedModel;
const path: Path = {
  bitsPerSecond: 100e6,
  rttSeconds: 0.02,
  loss: 0,
  bufferSeconds: 0.05,
  mtuBytes: 1500,
  congestionControl: 'cubic',
  sendBufferBytes: 4_194_304,
  sharers: 0,
  ratedSharers: 0,
  takenBytesPerSecond: 0,
};
const megabytes = (change: Partial<Path>, streams = 1): number =>
  goodputOf({ ...path, ...change }, streams, parameters).bytesPerSecond / 1e6;
const limit = (change: Partial<Path>, streams = 1): string =>
  goodputOf({ ...path, ...change }, streams, parameters).limit;

test('frames leave 94 % of the bit rate at an MTU of 1500, 99 % at 9000', () => {
  expect(megabytes({})).toBeCloseTo(12.5 * 0.941, 0);
  expect(megabytes({ mtuBytes: 9000 })).toBeCloseTo(12.5 * 0.99, 0);
  expect(limit({})).toBe('link');
});

test('a small socket buffer on a long path limits the rate; more streams lift it', () => {
  const long = { bitsPerSecond: 1e9, rttSeconds: 0.08, sendBufferBytes: 524_288 };
  expect(limit(long)).toBe('window');
  expect(megabytes(long)).toBeGreaterThan((524_288 / 0.08 / 1e6) * 0.5);
  expect(megabytes(long)).toBeLessThan((524_288 / 0.08 / 1e6) * 0.75);
  expect(megabytes(long, 4)).toBeCloseTo(megabytes(long) * 4, 1);
});

test('random loss holds Reno below CUBIC on a long path, and BBR hardly', () => {
  const lossy = { bitsPerSecond: 1e9, rttSeconds: 0.1, loss: 1e-5, sendBufferBytes: 2 ** 26 };
  const [reno, cubic, bbr] = ['reno', 'cubic', 'bbr'].map((congestionControl) =>
    megabytes({ ...lossy, congestionControl }),
  ) as [number, number, number];
  expect(reno).toBeLessThan(cubic);
  expect(cubic).toBeLessThan(bbr);
  expect(limit({ ...lossy, congestionControl: 'reno' })).toBe('loss');
  expect(megabytes({ ...lossy, loss: 0.3, congestionControl: 'bbr' })).toBeLessThan(reno);
});

test('other moves take their part, but never all of a link', () => {
  expect(megabytes({ sharers: 1 })).toBeCloseTo(megabytes({}) / 2, 5);
  expect(megabytes({ ratedSharers: 1, takenBytesPerSecond: 2e6 })).toBeCloseTo(megabytes({}) - 2, 1);
  expect(megabytes({ ratedSharers: 1, takenBytesPerSecond: 1e9 })).toBeCloseTo(megabytes({}) / 2, 1);
});

test('a full socket delays what is written last by its backlog; a window-limited one by half a round trip', () => {
  const full = goodputOf({ ...path, bufferSeconds: 0.1 }, 1, parameters);
  expect(full.deliverySeconds).toBeGreaterThan(0.1);
  const limited = goodputOf({ ...path, bitsPerSecond: 1e10, rttSeconds: 0.1 }, 1, parameters);
  expect(limited.deliverySeconds).toBeGreaterThanOrEqual(0.05);
  expect(limited.deliverySeconds).toBeLessThan(0.15);
  const bbr = goodputOf({ ...path, congestionControl: 'bbr', sendBufferBytes: 2 ** 24 }, 1, parameters);
  expect(bbr.socketBytes).toBe(parameters.bbrSocketBytes);
});

test('slow start overshoots where the router buffer is shorter than the round trip, and not with BBR', () => {
  const shallow = { bufferSeconds: 0.005, rttSeconds: 0.04 };
  expect(goodputOf({ ...path, ...shallow }, 1, parameters).overshootSeconds).toBeGreaterThan(0.1);
  expect(goodputOf({ ...path, ...shallow, congestionControl: 'bbr' }, 1, parameters).overshootSeconds).toBe(
    0,
  );
  expect(goodputOf(path, 1, parameters).overshootSeconds).toBe(0);
});
