import type { Model } from './model.ts';

/** The model that comes with Longhaul. Made by `npm run model`; not edited by hand. */
export const shippedModel: Model = {
  format: 'longhaul-model/1',
  id: '3d2b02ad94c3',
  fittedTo: '90 moves in 72 scenarios; QEMU 7.2.22 tcg; 50–1000 Mbit/s; RTT 1–150 ms',
  parameters: {
    touchedZeroBytes: 21650000,
    touchedZeroMost: 0.2024,
    tailBytes: 15444000,
    goodputShare: 0.99565,
    bufferOverheadBytes: 2180,
    receiveWindowBytes: 2575100,
    doublingRoundTrips: 2.2369,
    mathisConstant: 1.1541,
    multifdCapFactor: 1.827,
    socketPerFlight: 2.3143,
    socketWaitShare: 0.68182,
    bbrSocketBytes: 2336200,
    setupSeconds: 0.034346,
    setupTcgSecondsPerGibibyte: 0.43118,
    scanBytesPerSecond: 5332200000,
    roomSeconds: 0.036175,
    syncSeconds: 0.0052454,
    downtimeShare: 0.82311,
    backgroundBytesPerSecond: 341280,
    refreshPerSecond: 0.68557,
    refreshSpread: 1.095,
    throttleEffect: 0.87071,
    loadSeconds: 0.02486,
    sessionSeconds: 0.078097,
    compressRatio: 0.53801,
    compressBytesPerSecondPerCore: 12281000,
    xbzrleRatio: 0.84872,
    faultRoundTrips: 3.3283,
    marginSpread: 0.36954,
  },
  spread: {
    steady: {
      total: {
        low: 0.88716,
        high: 1.117,
      },
      downtime: {
        low: 0.19548,
        high: 1.7376,
      },
      pause: {
        low: 0.52918,
        high: 1.4175,
      },
      stall: {
        low: 0.66019,
        high: 1.5275,
      },
      bytes: {
        low: 0.96324,
        high: 1.0601,
      },
    },
    edge: {
      total: {
        low: 0.88509,
        high: 1.2535,
      },
      downtime: {
        low: 0.20404,
        high: 1.9352,
      },
      pause: {
        low: 0.52533,
        high: 1.6438,
      },
      stall: {
        low: 0.64664,
        high: 1.8952,
      },
      bytes: {
        low: 0.94827,
        high: 1.0673,
      },
    },
    'post-copy': {
      total: {
        low: 0.93232,
        high: 1.1394,
      },
      downtime: {
        low: 0.42565,
        high: 1.4582,
      },
      pause: {
        low: 0.5078,
        high: 2.278,
      },
      stall: {
        low: 0.60222,
        high: 2.2382,
      },
      bytes: {
        low: 0.93955,
        high: 1.0328,
      },
    },
    throttled: {
      total: {
        low: 0.86638,
        high: 2.3483,
      },
      downtime: {
        low: 0.26122,
        high: 2.1084,
      },
      pause: {
        low: 0.55753,
        high: 1.4185,
      },
      stall: {
        low: 0.64573,
        high: 2.1353,
      },
      bytes: {
        low: 0.94904,
        high: 2.43,
      },
    },
    compressed: {
      total: {
        low: 0.88129,
        high: 1.2069,
      },
      downtime: {
        low: 0.12065,
        high: 1.8272,
      },
      pause: {
        low: 0.55764,
        high: 1.5046,
      },
      stall: {
        low: 0.65759,
        high: 1.6561,
      },
      bytes: {
        low: 0.85534,
        high: 1.0668,
      },
    },
    lossy: {
      total: {
        low: 0.85099,
        high: 1.368,
      },
      downtime: {
        low: 0.19548,
        high: 2.6932,
      },
      pause: {
        low: 0.43264,
        high: 2.6145,
      },
      stall: {
        low: 0.60861,
        high: 2.4897,
      },
      bytes: {
        low: 0.97353,
        high: 1.0955,
      },
    },
  },
};
