import { expect, test } from 'vitest';
import { baselines } from '../../../../planners/calibrate/baselines.ts';
import { kindsOf } from '../../../../planners/calibrate/kinds.ts';
import { observationsFrom } from '../../../../planners/calibrate/observation-file.ts';
import { patternSearch } from '../../../../planners/calibrate/pattern-search.ts';
import { scenarioIdOf, scenariosOf } from '../../../../planners/calibrate/scenarios.ts';
import { spreadsOf, weightedQuantile } from '../../../../planners/calibrate/spread.ts';
import type { EstimateInput } from '../../../../planners/estimate/observation.ts';
import { measuredMove, measuredMoves } from '../../../support/observations.ts';

const mebibyte = 2 ** 20;
const input: EstimateInput = {
  id: 'x',
  guest: { memoryBytes: 1000 * mebibyte, residentBytes: 500 * mebibyte },
  dirty: [
    { seconds: 1, mebibytesPerSecond: 20 },
    { seconds: 3, mebibytesPerSecond: 10 },
  ],
  link: { bitsPerSecond: 400 * mebibyte, rttSeconds: 0.01 },
  settings: { downtimeLimitSeconds: 0.3, timeoutSeconds: 100, maxBandwidthBytesPerSecond: null },
};

test('RAM over bandwidth: a thousand MiB at fifty MiB a second take twenty seconds', () => {
  expect(baselines.ramOverBandwidth(input)).toEqual({
    completes: true,
    totalSeconds: 20,
    transferredBytes: 1000 * mebibyte,
    pauseSeconds: 0.3,
  });
});

test('the textbook sums the series with λ = 20/50 until the rest fits fifteen MiB', () => {
  const { totalSeconds, transferredBytes, pauseSeconds } = baselines.textbook(input);
  const volumes = [500, 200, 80, 32, 12.8];
  expect(transferredBytes / mebibyte).toBeCloseTo(
    volumes.reduce((sum, volume) => sum + volume),
    6,
  );
  expect(totalSeconds).toBeCloseTo(transferredBytes / mebibyte / 50, 6);
  expect(pauseSeconds).toBeCloseTo(12.8 / 50, 6);
});

test('Gudkov follows the curve: 20 MiB after one second, 30 after three, and the last slope beyond', () => {
  const { transferredBytes } = baselines.gudkov(input);
  const header = 1 + 8 / 4096;
  const first = 500 * header;
  const second = (30 + 5 * (first / 50 - 3)) * header;
  const third = (20 + 5 * (second / 50 - 1)) * header;
  const fourth = 20 * (third / 50) * header;
  expect(transferredBytes / mebibyte).toBeCloseTo(first + second + third + fourth, 6);
});

test('a rate above the bandwidth: the textbook gives up at the timeout', () => {
  const busy = { ...input, dirty: [{ seconds: 1, mebibytesPerSecond: 60 }] };
  expect(baselines.textbook(busy).completes).toBe(false);
});

test('baselines answer also when nothing was sampled, and after one pass of pre-copy', () => {
  const { dirty: _, ...unsampled } = input;
  expect(baselines.textbook(unsampled).transferredBytes).toBe(500 * mebibyte);
  expect(baselines.gudkov(unsampled).pauseSeconds).toBe(0);
  const postCopy = { ...input, settings: { ...input.settings, postcopyAfterPasses: 1 } };
  expect(baselines.textbook(postCopy)).toMatchObject({ pauseSeconds: 0, transferredBytes: 700 * mebibyte });
});

test('repeats belong to their scenario; names that merely end in figures do not', () => {
  expect(['s1-000', 's1-000-1', 's1-000-2', 'web-10', 'a'].map(scenarioIdOf)).toEqual([
    's1-000',
    's1-000',
    's1-000',
    'web-10',
    'a',
  ]);
  expect(scenariosOf(measuredMoves())).toHaveLength(72);
});

test('kinds: one of five by what happened, and what it happened on', () => {
  const kind = (id: string) => [...kindsOf({ id, runs: [measuredMove(id)] })].join(', ');
  expect(kind('s2-012')).toBe('idle, all');
  expect(kind('s1-010')).toBe('near the edge, all');
  expect(kind('s2-070')).toBe('converging, throttled, all');
  expect(kind('s1-026')).toBe('post-copy, high RTT, lossy, all');
  expect(kind('s2-036')).toBe('not converging, all');
  expect(kindsOf({ id: 'none', runs: [] })).toEqual(new Set());
});

test('pattern search finds the bottom of a bent valley, and stays where nothing is better', () => {
  const valley = ([x = 0, y = 0]: readonly number[]): number => (x - 3) ** 2 + 10 * Math.abs(y - x / 2);
  const search = { start: [0, 0], steps: [1, 1], sweepsMax: 200, stepShareMin: 1e-6 };
  const [x, y] = patternSearch(valley, search) as [number, number];
  expect(Math.abs(y - x / 2)).toBeLessThan(0.01);
  expect(patternSearch(() => 1, search)).toEqual([0, 0]);
});

test('a weighted quantile lies between its neighbours', () => {
  const values = [1, 2, 3, 4].map((value) => ({ value, weight: 1 }));
  expect([0, 0.5, 1].map((share) => weightedQuantile(values, share))).toEqual([1, 2.5, 4]);
  expect(weightedQuantile([], 0.5)).toBe(0);
});

test('a spread is learned from its own regime, borrows from others, and is wide without any', () => {
  const offset = (regime: 'steady' | 'lossy', value: number) => ({
    regime,
    above: { total: { low: value, high: value } },
  });
  const steady = Array.from({ length: 50 }, (_, index) => offset('steady', (index - 25) / 1000));
  const lossy = Array.from({ length: 50 }, (_, index) => offset('lossy', (index - 25) / 50));
  const spreads = spreadsOf([...steady, ...lossy]);
  expect(spreads.steady.total.high).toBeLessThan(1.1);
  expect(spreads.lossy.total.high).toBeGreaterThan(1.4);
  expect(spreads['post-copy'].total.high).toBeGreaterThan(spreads.steady.total.high);
  expect(spreads.steady.pause).toEqual({ low: 0.5, high: 2 });
});

test('a move whose bytes only the wire tells is read, one that nothing tells is not', () => {
  const move = measuredMove('s2-042');
  const text = (wireBytes: number | null): string =>
    JSON.stringify({ ...move, outcome: { ...move.outcome, transferredBytes: null, wireBytes } });
  const read = (wireBytes: number | null) =>
    observationsFrom([{ file: 'moves.jsonl', text: text(wireBytes) }]);
  expect(read(3e8)).toHaveLength(1);
  expect(() => read(null)).toThrow(/outcome\.transferredBytes: is missing or 0/);
});

test('a damaged file is refused as a whole, each fault at its line', () => {
  const good = JSON.stringify(measuredMove('s2-042'));
  const unmeasured = JSON.stringify({ ...measuredMove('s2-054'), outcome: { status: 'completed' } });
  const text = [good, '', '{', good, unmeasured].join('\n');
  expect(() => observationsFrom([{ file: 'moves.jsonl', text }])).toThrow(
    /moves\.jsonl:3:1: not JSON.*\nmoves\.jsonl:4:1: id: 's2-042' stands at moves\.jsonl:1 already.*\nmoves\.jsonl:5:1: outcome\.totalSeconds: is missing or 0.*\nmoves\.jsonl:5:1: outcome\.transferredBytes/,
  );
});
