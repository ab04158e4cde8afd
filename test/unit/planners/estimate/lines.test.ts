import { expect, test } from 'vitest';
import { readInputLine, readObservationLine } from '../../../../planners/estimate/lines.ts';

const line = '{"guest":{"memoryBytes":1000000},"link":{"bitsPerSecond":1000,"rttSeconds":0}}';

test('a line without an id is called by its number; null means not known', () => {
  const told = readInputLine(line.replace('"rttSeconds":0', '"rttSeconds":0,"loss":null'), 7);
  expect(told).toEqual({
    value: { id: 'line-7', guest: { memoryBytes: 1_000_000 }, link: { bitsPerSecond: 1000, rttSeconds: 0 } },
    problems: null,
  });
});

test('an outcome is put aside unread, whatever it holds', () => {
  const told = readInputLine(`${line.slice(0, -1)},"outcome":{"status":42}}`, 1);
  expect(told).toEqual(readInputLine(line, 1));
});

test('two nulls have a meaning: no cap, no post-copy', () => {
  const text = `${line.slice(0, -1)},"settings":{"maxBandwidthBytesPerSecond":null,"postcopyAfterPasses":null,"timeoutSeconds":null}}`;
  expect(readInputLine(text, 1).value?.settings).toEqual({
    maxBandwidthBytesPerSecond: null,
    postcopyAfterPasses: null,
  });
});

test('everything that is wrong with a line is said, with what would be right', () => {
  expect(
    readInputLine('{"id":"x","guest":{"memoryBytes":-1},"link":{"bitsPerSecond":1e9,"rtt":1}}', 1),
  ).toEqual({
    value: null,
    id: 'x',
    problems: [
      'guest.memoryBytes: -1 is below 0; write for example 1073741824',
      "link.rttSeconds: is missing; add for example 'rttSeconds: 0.04'",
      "link.rtt: 'rtt' is not a key here; known are bitsPerSecond, bufferSeconds, congestionControl, jitterSeconds, loss, mtuBytes, rttSeconds, sendBufferBytes",
    ],
  });
});

test.each(['[]', '7', 'null', '"text"', '{"guest":[]}', '{'])('%s is no input', (text) => {
  expect(readInputLine(text, 1).problems).not.toBeNull();
});

test('an endless line is refused before it is read', () => {
  expect(readInputLine(' '.repeat(4_000_001), 1).problems?.[0]).toContain('4000001 characters');
  expect(readObservationLine('nope').problems?.[0]).toContain('not JSON');
});

test('an observation needs its outcome', () => {
  expect(readObservationLine(line).problems).toEqual([
    "id: is missing; add for example 'id: web-1'",
    "outcome: is missing; add for example 'outcome: {status: completed}'",
  ]);
});
