import { expect, test } from 'vitest';
import { quickEstimate } from '../../../../planners/estimate/quick.ts';
import { shippedModel } from '../../../../planners/estimate/shipped-model.ts';
import { tune } from '../../../../planners/estimate/tune.ts';
import { measuredMove } from '../../../support/observations.ts';

const noWish = { pauseSeconds: null, totalSeconds: null };

test('a smaller limit and an emptier socket cut the pause of a quiet guest, and cost no time', () => {
  const proposal = tune(measuredMove('s2-042'), { pauseSeconds: 0.2, totalSeconds: null }, shippedModel);
  expect(proposal).toMatchObject({ keepsTheWish: true });
  expect(proposal?.gain.pauseSeconds).toBeGreaterThan(0.5);
  expect(proposal?.settings.downtimeLimitSeconds).toBeLessThan(0.3);
  expect(proposal?.link.sendBufferBytes).toBeLessThan(4_194_304);
  expect(proposal?.gain.totalSeconds).toBeGreaterThan(-0.5);
});

test('on a long path, where a smaller buffer would cost the rate, a cap empties the socket', () => {
  const move = measuredMove('s2-018');
  const long = {
    ...move,
    link: { ...move.link, bitsPerSecond: 100e6, rttSeconds: 0.2, sendBufferBytes: 2 ** 24 },
  };
  const proposal = tune(long, { pauseSeconds: 0.3, totalSeconds: null }, shippedModel);
  expect(proposal?.settings.maxBandwidthBytesPerSecond).toBeLessThan(11e6);
  expect(proposal?.why.join()).toContain('empties the socket');
});

test('a guest that never converges is offered a way that does', () => {
  const proposal = tune(measuredMove('s1-012'), noWish, shippedModel);
  expect(proposal?.completesProbability).toBeGreaterThan(0.9);
  expect(proposal?.gain).toEqual({ totalSeconds: null, pauseSeconds: null });
});

test('streams are proposed where one window limits, BBR where loss does', () => {
  const lossy = measuredMove('s1-000');
  const slow = { ...lossy, link: { ...lossy.link, loss: 0.01, sendBufferBytes: 2 ** 24 } };
  const proposal = tune(slow, { pauseSeconds: null, totalSeconds: 60 }, shippedModel);
  expect(proposal?.link.congestionControl).toBe('bbr');
  expect(proposal?.why.join()).toContain('bbr does not take loss for congestion');
});

test('a buffer that holds a long path back is enlarged before streams are tried, and a cap is a share of its rate', () => {
  const move = measuredMove('s2-018');
  const held = {
    ...move,
    link: { ...move.link, bitsPerSecond: 200e6, rttSeconds: 0.1, sendBufferBytes: 2 ** 19 },
  };
  const before = quickEstimate(held, shippedModel).outlook.sending.rateBytesPerSecond;
  const { settings, link } = tune(held, { pauseSeconds: 0.2, totalSeconds: null }, shippedModel) ?? {};
  expect(settings?.multifdChannels).toBeUndefined();
  expect(link?.sendBufferBytes).toBeGreaterThan(2 ** 19);
  expect(settings?.maxBandwidthBytesPerSecond ?? Infinity).toBeGreaterThan(before);
});

test('a wish that nothing keeps is said not to be kept', () => {
  const proposal = tune(measuredMove('s1-038'), { pauseSeconds: 0.001, totalSeconds: 1 }, shippedModel);
  expect(proposal?.keepsTheWish).toBe(false);
});

test('methods that send no memory have nothing to tune; settings that are best already stay', () => {
  expect(tune({ ...measuredMove('s2-042'), method: 'cold' }, noWish, shippedModel)).toBeNull();
  const move = measuredMove('s2-042');
  const proposal = tune(move, noWish, shippedModel);
  const tuned = {
    ...move,
    link: { ...move.link, ...proposal?.link },
    settings: { ...move.settings, ...proposal?.settings },
  };
  const again = tune(
    tuned,
    { pauseSeconds: null, totalSeconds: proposal?.totalSeconds?.p90 ?? null },
    shippedModel,
  );
  expect(again?.gain.pauseSeconds ?? 0).toBeLessThan(0.05);
});
