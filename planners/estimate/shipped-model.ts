import type { Model } from './model.ts';

/** The model that comes with Longhaul. Made by `npm run model`; not edited by hand. */
export const shippedModel: Model = {
  format: 'longhaul-model/1',
  id: '0b62d093398c',
  fittedTo: '122 moves in 100 scenarios; QEMU 7.2.22 tcg; 50–1000 Mbit/s; RTT 1–150 ms',
  parameters: {
    touchedZeroBytes: 22884000,
    touchedZeroMost: 0.18814,
    tailBytes: 2833900,
    goodputShare: 1,
    bufferOverheadBytes: 2461.1,
    receiveWindowBytes: 2710900,
    doublingRoundTrips: 1.6186,
    overshootShare: 0.23379,
    mathisConstant: 1.298,
    multifdCapFactor: 1.835,
    socketPerFlight: 2.3698,
    socketShare: 0.66532,
    bbrSocketBytes: 2428900,
    setupSeconds: 0.033158,
    setupTcgSecondsPerGibibyte: 0.42385,
    scanBytesPerSecond: 4934200000,
    roomSeconds: 0.024547,
    syncSeconds: 0.0058831,
    downtimeShare: 0.86615,
    backgroundBytesPerSecond: 158350,
    restlessBytes: 142450,
    refreshPerSecond: 0.17934,
    refreshSpread: 1.1479,
    throttleEffect: 0.86659,
    loadSeconds: 0.040536,
    sessionSeconds: 0.091848,
    compressRatio: 0.48983,
    compressBytesPerSecondPerCore: 14114000,
    xbzrleRatio: 0.84403,
    faultRoundTrips: 3.7239,
    marginSpread: 0.45708,
  },
  spread: {
    steady: {
      total: {
        low: 0.88973,
        high: 1.07,
      },
      downtime: {
        low: 0.52403,
        high: 3.9825,
      },
      pause: {
        low: 0.68295,
        high: 1.3168,
      },
      stall: {
        low: 0.75485,
        high: 1.5908,
      },
      bytes: {
        low: 0.96162,
        high: 1.0482,
      },
    },
    edge: {
      total: {
        low: 0.90525,
        high: 1.1206,
      },
      downtime: {
        low: 0.5,
        high: 5.8361,
      },
      pause: {
        low: 0.67764,
        high: 1.5881,
      },
      stall: {
        low: 0.60858,
        high: 1.9293,
      },
      bytes: {
        low: 0.95876,
        high: 1.0653,
      },
    },
    'post-copy': {
      total: {
        low: 0.93792,
        high: 1.0693,
      },
      downtime: {
        low: 0.5,
        high: 1.4266,
      },
      pause: {
        low: 0.66637,
        high: 1.7773,
      },
      stall: {
        low: 0.56012,
        high: 3.0807,
      },
      bytes: {
        low: 0.95554,
        high: 1.0233,
      },
    },
    throttled: {
      total: {
        low: 0.93179,
        high: 1.3201,
      },
      downtime: {
        low: 0.38179,
        high: 6.6892,
      },
      pause: {
        low: 0.60647,
        high: 1.589,
      },
      stall: {
        low: 0.61973,
        high: 2.1207,
      },
      bytes: {
        low: 0.95712,
        high: 1.7431,
      },
    },
    compressed: {
      total: {
        low: 0.92376,
        high: 1.1154,
      },
      downtime: {
        low: 0.19965,
        high: 2.4872,
      },
      pause: {
        low: 0.68031,
        high: 1.5694,
      },
      stall: {
        low: 0.65408,
        high: 1.7612,
      },
      bytes: {
        low: 0.88628,
        high: 1.0509,
      },
    },
    lossy: {
      total: {
        low: 0.90337,
        high: 1.3047,
      },
      downtime: {
        low: 0.47524,
        high: 7.2041,
      },
      pause: {
        low: 0.6176,
        high: 1.9336,
      },
      stall: {
        low: 0.67497,
        high: 2.0459,
      },
      bytes: {
        low: 0.98354,
        high: 1.0759,
      },
    },
  },
};
