import type { Model, Quantity, Regime, Spread } from './model.ts';

const wide: Record<Quantity, Spread> = {
  total: { low: 0.92, mid: 1, high: 1.12 },
  downtime: { low: 0.5, mid: 1, high: 1.3 },
  pause: { low: 0.7, mid: 1, high: 1.4 },
  stall: { low: 0.75, mid: 1, high: 1.6 },
  bytes: { low: 0.96, mid: 1, high: 1.06 },
};
const spread = Object.fromEntries(
  (['steady', 'edge', 'post-copy', 'throttled', 'compressed', 'lossy'] as const).map((regime) => [
    regime,
    wide,
  ]),
) as Record<Regime, Record<Quantity, Spread>>;

/** The model that comes with Longhaul. */
export const shippedModel: Model = {
  format: 'longhaul-model/1',
  id: 'hand-0',
  fittedTo: 'physics with starting values, not yet fitted',
  parameters: {
    residentShare: 1,
    touchedZeroBytes: 17 * 2 ** 20,
    tailBytes: 16 * 2 ** 20,
    goodputShare: 0.998,
    segmentOverheadBytes: 850,
    slowStartRoundTrips: 1.6,
    mathisConstant: 1.22,
    multifdCapFactor: 1.67,
    sendBufferPerWindow: 2,
    setupSeconds: 0.04,
    setupTcgSecondsPerGibibyte: 0.42,
    scanBytesPerSecond: 4e9,
    sliceSeconds: 0.1,
    slicePhase: 0.7,
    limitShare: 0.85,
    dirtyInflation: 1,
    saturatedShare: 0.25,
    loadSeconds: 0.05,
    sessionRecoverySeconds: 0.08,
    compressRatio: 0.85,
    compressBytesPerSecondPerCore: 9e6,
    xbzrleRatio: 0.7,
    faultRoundTrips: 8,
  },
  spread,
  verdictSigma: 0.7,
};
