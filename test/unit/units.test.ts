import { expect, test } from 'vitest';
import {
  formatBitsPerSecond,
  formatBytes,
  formatFigure,
  formatInstant,
  formatSeconds,
  parseBitsPerSecond,
  parseBytes,
  parseSeconds,
} from '../../topology/units.ts';

test('quantities with units are read into SI base units, with or without a space', () => {
  expect(parseBytes('8 GiB')).toBe(8 * 2 ** 30);
  expect(parseSeconds('38ms')).toBe(0.038);
  expect(parseBitsPerSecond('600 Mbit/s')).toBe(6e8);
  expect(parseSeconds('38')).toBeNull();
  expect(parseBytes('8 gigs')).toBeNull();
});

test('quantities are printed with three figures in the largest fitting unit', () => {
  expect([formatBytes(1536), formatSeconds(0.0384), formatBitsPerSecond(6e8), formatSeconds(0)]).toEqual([
    '1.5 KiB',
    '38.4 ms',
    '600 Mbit/s',
    '0 s',
  ]);
});

test('a figure without a unit has three digits, less than a thousandth either way is 0, and what is lost stays negative', () => {
  expect([1234.5, 0.12345, 1e-37, -1e-37, 0, -5].map(formatFigure)).toEqual([
    '1230',
    '0.123',
    '0',
    '0',
    '0',
    '-5',
  ]);
});

test('an instant is told to the minute, in UTC', () => {
  expect(formatInstant(1_767_225_659)).toBe('2026-01-01 00:00 UTC');
});
