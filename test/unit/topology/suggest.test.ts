import { expect, test } from 'vitest';
import { nearest, shortened } from '../../../topology/load/suggest.ts';

test('the nearest candidate within a third of its letters is offered', () => {
  expect(nearest('netwroks', ['hosts', 'networks'])).toBe('networks');
  expect(nearest('dirty_rate', ['dirtyRate', 'rate'])).toBe('dirtyRate');
  expect(nearest('RTT', ['rate', 'rtt'])).toBe('rtt');
  expect(nearest('paris', ['lyon', 'frankfurt'])).toBeNull();
  expect(nearest('anything', [])).toBeNull();
});

test('of candidates equally near the first is offered', () => {
  expect(nearest('web-3', ['web-1', 'web-2'])).toBe('web-1');
});

test('long lists are cut', () => {
  const names = Array.from({ length: 14 }, (_, index) => `w-${index}`);
  expect(shortened(names)).toBe('w-0, w-1, w-2, w-3, w-4, w-5, w-6, w-7, w-8, w-9, w-10, w-11 and 2 more');
  expect(shortened(['a', 'b'])).toBe('a, b');
});
