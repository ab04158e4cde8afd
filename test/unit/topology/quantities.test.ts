import { expect, test } from 'vitest';
import type { z } from 'zod';
import {
  bitsPerSecond,
  bytes,
  bytesPerSecond,
  money,
  ratio,
  seconds,
  watts,
} from '../../../topology/schema/quantities.ts';

const said = (schema: z.ZodType, value: unknown) => schema.safeParse(value).error?.issues[0]?.message ?? null;

test('quantities become numbers in SI base units', () => {
  expect([
    bytes().parse('1.5 KiB'),
    bytes().parse('0.3 KiB'),
    seconds().parse('38ms'),
    bitsPerSecond().parse('600 Mbit/s'),
    bytesPerSecond().parse('12 MiB/s'),
    watts().parse('0.35 kW'),
    ratio().parse('20 %'),
    ratio().parse('0.0005 %'),
    ratio().parse(0.25),
  ]).toEqual([1536, 307, 0.038, 6e8, 12 * 2 ** 20, 350, 0.2, 0.000005, 0.25]);
});

test('prices keep their currency and become prices of one byte, one hour', () => {
  expect([
    money('once').parse('200 EUR'),
    money('byte').parse('0.02 EUR/GB'),
    money('hour').parse('2 CHF / min'),
  ]).toEqual([
    { amount: 200, currency: 'EUR' },
    { amount: 0.02 / 1e9, currency: 'EUR' },
    { amount: 120, currency: 'CHF' },
  ]);
});

test('what is wrong with a quantity is said by its kind', () => {
  expect(said(bytes(), '38 ms')).toBe("'38 ms' is a length of time, not an amount of bytes");
  expect(said(bytes(), 8)).toBe("'8' has no unit (B, kB, MB, GB, TB, KiB, MiB, GiB, TiB)");
  expect(said(bytes(), '8')).toBe("'8' has no unit (B, kB, MB, GB, TB, KiB, MiB, GiB, TiB)");
  expect(said(bytes(), '9 PiB')).toBe("'PiB' is not a unit of bytes (B, kB, MB, GB, TB, KiB, MiB, GiB, TiB)");
  expect(said(bytes(), '9000 TiB')).toBe("'9000 TiB' is above 8 PiB");
  expect(said(seconds(), '-5 ms')).toBe("'-5 ms' is negative");
  expect(said(seconds({ min: { value: 1, text: '1 s' } }), '5 ms')).toBe("'5 ms' is below 1 s");
  expect(said(seconds(), 'soon')).toBe("'soon' is not a length of time");
  expect(said(bitsPerSecond(), '5 MB/s')).toBe("'5 MB/s' is a byte rate, not a bit rate");
  expect(said(bytesPerSecond(), '5 Mbit/s')).toBe("'5 Mbit/s' is a bit rate, not a byte rate");
  expect(said(watts(), '3 s')).toBe("'3 s' is a length of time, not an electrical power");
  expect(said(ratio(), '120 %')).toBe("'120 %' is not between 0 % and 100 %");
  expect(said(ratio(), 'half')).toBe("'half' is not a share");
  expect(said(money('byte'), '3 EUR')).toBe("'3 EUR' is not a price per byte");
  expect(said(money('byte'), '3 EUR/h')).toBe("'3 EUR/h' is not a price per byte");
  expect(said(money('hour'), '3 EUR/GB')).toBe("'3 EUR/GB' is not a price per hour");
  expect(said(money('once'), '3 EUR/h')).toBe("'3 EUR/h' is not a price");
  expect(said(money('once'), 3)).toBe("'3' has no currency");
});
