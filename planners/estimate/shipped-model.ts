import type { Model } from './model.ts';

/** The model that comes with Longhaul. Made by `npm run model`; not edited by hand. */
export const shippedModel: Model = {
  format: 'longhaul-model/1',
  id: 'ab0479fc8af5',
  fittedTo: '90 moves in 72 scenarios; QEMU 7.2.22 tcg; 50–1000 Mbit/s; RTT 1–150 ms',
  parameters: {
    touchedZeroBytes: 21798000,
    touchedZeroMost: 0.19571,
    tailBytes: 15228000,
    goodputShare: 0.99746,
    bufferOverheadBytes: 2205.5,
    receiveWindowBytes: 2545600,
    doublingRoundTrips: 1.6073,
    overshootShare: 0.21543,
    mathisConstant: 1.0867,
    multifdCapFactor: 1.8303,
    socketPerFlight: 2.3085,
    socketWaitShare: 0.68237,
    bbrSocketBytes: 2350700,
    setupSeconds: 0.035893,
    setupTcgSecondsPerGibibyte: 0.42818,
    scanBytesPerSecond: 5350400000,
    roomSeconds: 0.028854,
    syncSeconds: 0.0062162,
    downtimeShare: 0.83022,
    backgroundBytesPerSecond: 320440,
    refreshPerSecond: 0.56934,
    refreshSpread: 1.2904,
    throttleEffect: 0.88383,
    loadSeconds: 0.024288,
    sessionSeconds: 0.077612,
    compressRatio: 0.49259,
    compressBytesPerSecondPerCore: 14161000,
    xbzrleRatio: 0.85315,
    faultRoundTrips: 3.347,
    marginSpread: 0.3601,
  },
  spread: {
    steady: {
      total: {
        low: 0.9028,
        high: 1.0663,
      },
      downtime: {
        low: 0.19413,
        high: 1.7165,
      },
      pause: {
        low: 0.51979,
        high: 1.4245,
      },
      stall: {
        low: 0.68509,
        high: 1.518,
      },
      bytes: {
        low: 0.965,
        high: 1.0465,
      },
    },
    edge: {
      total: {
        low: 0.90186,
        high: 1.1324,
      },
      downtime: {
        low: 0.2006,
        high: 1.8065,
      },
      pause: {
        low: 0.51785,
        high: 1.5873,
      },
      stall: {
        low: 0.64831,
        high: 1.7183,
      },
      bytes: {
        low: 0.94774,
        high: 1.0568,
      },
    },
    'post-copy': {
      total: {
        low: 0.93508,
        high: 1.0639,
      },
      downtime: {
        low: 0.41084,
        high: 1.4471,
      },
      pause: {
        low: 0.50383,
        high: 1.7724,
      },
      stall: {
        low: 0.60229,
        high: 1.9365,
      },
      bytes: {
        low: 0.94009,
        high: 1.0193,
      },
    },
    throttled: {
      total: {
        low: 0.89211,
        high: 1.3273,
      },
      downtime: {
        low: 0.25937,
        high: 2.0205,
      },
      pause: {
        low: 0.55624,
        high: 1.417,
      },
      stall: {
        low: 0.64457,
        high: 1.9974,
      },
      bytes: {
        low: 0.94814,
        high: 1.7393,
      },
    },
    compressed: {
      total: {
        low: 0.87761,
        high: 1.11,
      },
      downtime: {
        low: 0.11669,
        high: 1.7351,
      },
      pause: {
        low: 0.55345,
        high: 1.5235,
      },
      stall: {
        low: 0.67158,
        high: 1.663,
      },
      bytes: {
        low: 0.82122,
        high: 1.0537,
      },
    },
    lossy: {
      total: {
        low: 0.92968,
        high: 1.3223,
      },
      downtime: {
        low: 0.19413,
        high: 1.9841,
      },
      pause: {
        low: 0.42829,
        high: 1.9193,
      },
      stall: {
        low: 0.60853,
        high: 1.9429,
      },
      bytes: {
        low: 0.96912,
        high: 1.0673,
      },
    },
  },
};
