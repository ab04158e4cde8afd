import { expect, test } from 'vitest';
import { type Flow, SimulatedLink, Wan, Way } from '../../../../src/hypervisors/simulated/link.ts';
import { HandClock } from '../../../support/hand-clock.ts';

/** Two links of 100 and 60 bytes a second. */
function network() {
  const clock = new HandClock(0);
  const wan = new Wan(clock);
  const link = (name: string, goodputBytesPerSecond: number): SimulatedLink =>
    new SimulatedLink(wan, {
      name,
      between: ['a', name],
      rttSeconds: 0.01,
      bufferSeconds: 0.05,
      sendBufferBytes: 4,
      goodputBytesPerSecond,
    });
  const wide = link('wide', 100);
  const narrow = link('narrow', 60);
  const over = (links: readonly SimulatedLink[], cap: number | null): Flow =>
    new Way(wan, links).open(6000, cap);
  return { clock, wan, wide, narrow, over };
}
const ratesOf = (flows: readonly Flow[]): readonly number[] =>
  flows.map(({ bytesPerSecond }) => bytesPerSecond);

test('a stream over two links takes its part of both, and leaves the rest to the others', () => {
  const { wide, narrow, over } = network();
  const flows = [over([wide, narrow], null), over([wide], null), over([narrow], 10)];
  expect(ratesOf(flows)).toEqual([50, 50, 10]);
  flows[1]!.setCap(20);
  expect(ratesOf(flows)).toEqual([50, 20, 10]);
});

test('streams within their caps do not disturb each other where the caps fit', () => {
  const { wide, narrow, over } = network();
  expect(ratesOf([over([wide, narrow], 40), over([wide], 60), over([narrow], 20)])).toEqual([40, 60, 20]);
});

test('a cut link stops what crosses it and frees the other links', () => {
  const { clock, wan, wide, narrow, over } = network();
  const flows = [over([wide, narrow], null), over([wide], null)];
  clock.advance(10);
  narrow.cut();
  expect(ratesOf(flows)).toEqual([0, 100]);
  clock.advance(10);
  expect(flows.map((flow) => wan.arrivedBytes(flow))).toEqual([500, 1500]);
  narrow.heal();
  expect(ratesOf(flows)).toEqual([50, 50]);
});
