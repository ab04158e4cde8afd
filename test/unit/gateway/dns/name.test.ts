import { expect, test } from 'vitest';
import { encodeName, reverseName, skipName, zoneOf } from '../../../../gateway/dns/name.ts';

test('a name is written in lower case with a length before each label', () => {
  expect(encodeName('Vm50.Example.').toString('latin1')).toBe('\x04vm50\x07example\x00');
});

test('a name that does not fit the wire is refused with the limit', () => {
  expect(() => encodeName(`${'a'.repeat(64)}.test`)).toThrow('a label has 1 to 63 octets');
  expect(() => encodeName('a..test')).toThrow('a label has 1 to 63 octets');
  expect(() => encodeName(Array.from({ length: 128 }, () => 'aa').join('.'))).toThrow('at most 255 octets');
});

test('a compressed name ends behind its pointer', () => {
  expect(skipName(Buffer.from('\x03app\xc0\x0cXX', 'latin1'), 0)).toBe(6);
  expect(skipName(encodeName('app.test'), 0)).toBe(10);
});

test('a name belongs to the longest zone that holds it', () => {
  const zones = ['example.test', 'eu.example.test', '1.10.in-addr.arpa'];
  expect(
    ['a.eu.example.test', 'example.test', 'noexample.test', reverseName('10.1.0.50')].map((name) =>
      zoneOf(name, zones),
    ),
  ).toEqual(['eu.example.test', 'example.test', null, '1.10.in-addr.arpa']);
});
