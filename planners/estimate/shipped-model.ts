import type { Model, Quantity, Regime, Spread } from './model.ts';

const wide: Record<Quantity, Spread> = {
  total: { low: 0.92, high: 1.12 },
  downtime: { low: 0.5, high: 1.3 },
  pause: { low: 0.7, high: 1.4 },
  stall: { low: 0.75, high: 1.6 },
  bytes: { low: 0.96, high: 1.06 },
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
    touchedZeroBytes: 2.148e7,
    touchedZeroMost: 0.1797,
    tailBytes: 1.397e7,
    goodputShare: 0.9871,
    bufferOverheadBytes: 2176,
    receiveWindowBytes: 2.795e6,
    doublingRoundTrips: 2.406,
    mathisConstant: 1.17,
    multifdCapFactor: 1.652,
    socketPerFlight: 2.664,
    bbrSocketBytes: 2.6e6,
    setupSeconds: 0.03284,
    setupTcgSecondsPerGibibyte: 0.4108,
    scanBytesPerSecond: 6.205e9,
    roomSeconds: 0.09987,
    syncSeconds: 0.007544,
    downtimeShare: 0.8546,
    backgroundBytesPerSecond: 223600,
    refreshPerSecond: 0.8734,
    refreshSpread: 1.117,
    throttleEffect: 0.9668,
    loadSeconds: 0.02243,
    sessionSeconds: 0.0773,
    compressRatio: 0.4651,
    compressBytesPerSecondPerCore: 9.515e6,
    xbzrleRatio: 1,
    faultRoundTrips: 2.686,
    marginSpread: 0.3748,
  },
  spread,
};
