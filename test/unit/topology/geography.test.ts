import { expect, test } from 'vitest';
import { fibreRttSeconds, greatCircleMetres } from '../../../topology/geography.ts';

const paris = { latitudeDegrees: 48.8566, longitudeDegrees: 2.3522 };
const newYork = { latitudeDegrees: 40.7128, longitudeDegrees: -74.006 };

test('distances over the great circle', () => {
  const pole = { latitudeDegrees: 90, longitudeDegrees: 0 };
  const otherPole = { latitudeDegrees: -90, longitudeDegrees: 123 };
  expect(Math.round(greatCircleMetres(paris, newYork) / 1000)).toBe(5837);
  expect(greatCircleMetres(paris, newYork)).toBe(greatCircleMetres(newYork, paris));
  expect(greatCircleMetres(paris, paris)).toBe(0);
  expect(Math.round(greatCircleMetres(pole, otherPole) / 1000)).toBe(20_015);
});

test('light in fibre takes 9.8 us a kilometre there and back', () => {
  expect(fibreRttSeconds(1000)).toBeCloseTo(9.793e-6, 9);
});
