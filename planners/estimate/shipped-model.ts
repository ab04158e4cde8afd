import type { Model } from './model.ts';

/** The model that comes with Longhaul. Made by `npm run model`; not edited by hand. */
export const shippedModel: Model = {
  format: 'longhaul-model/1',
  id: '24e86b59601c',
  fittedTo: '152 moves in 122 scenarios; QEMU 7.2.22 tcg; 50–1000 Mbit/s; RTT 1–150 ms',
  parameters: {
    touchedZeroBytes: 22164000,
    touchedZeroMost: 0.18594,
    tailBytes: 3727000,
    goodputShare: 0.99743,
    bufferOverheadBytes: 2421.5,
    receiveWindowBytes: 2777400,
    doublingRoundTrips: 1.5639,
    overshootShare: 0.2978,
    mathisConstant: 1.2835,
    multifdCapFactor: 1.8302,
    socketPerFlight: 2.3888,
    socketShare: 0.66852,
    bbrSocketBytes: 3190000,
    setupSeconds: 0.033066,
    setupTcgSecondsPerGibibyte: 0.41604,
    scanBytesPerSecond: 5379200000,
    roomSeconds: 0.045237,
    syncSeconds: 0.006952,
    downtimeShare: 0.88313,
    backgroundBytesPerSecond: 172900,
    restlessBytes: 149320,
    refreshPerSecond: 0.47018,
    refreshSpread: 1.1079,
    throttleEffect: 0.87505,
    headBytes: 505520,
    loadSeconds: 0.034985,
    sessionSeconds: 0.094753,
    compressRatio: 0.4901,
    compressBytesPerSecondPerCore: 14569000,
    xbzrleRatio: 0.8379,
    faultRoundTrips: 3.5816,
    coldFaultRoundTrips: 17.23,
    marginSpread: 0.42913,
  },
  spread: {
    steady: {
      total: {
        low: 0.89246,
        high: 1.0776,
      },
      downtime: {
        low: 0.4402,
        high: 3.8044,
      },
      pause: {
        low: 0.67245,
        high: 1.2786,
      },
      stall: {
        low: 0.74832,
        high: 1.6351,
      },
      bytes: {
        low: 0.9608,
        high: 1.052,
      },
    },
    edge: {
      total: {
        low: 0.90775,
        high: 1.1132,
      },
      downtime: {
        low: 0.43307,
        high: 2.8842,
      },
      pause: {
        low: 0.66671,
        high: 1.4641,
      },
      stall: {
        low: 0.63345,
        high: 1.6877,
      },
      bytes: {
        low: 0.95536,
        high: 1.0586,
      },
    },
    'post-copy': {
      total: {
        low: 0.93052,
        high: 1.1013,
      },
      downtime: {
        low: 0.5,
        high: 1.9883,
      },
      pause: {
        low: 0.78555,
        high: 1.7635,
      },
      stall: {
        low: 0.56675,
        high: 1.6563,
      },
      bytes: {
        low: 0.95533,
        high: 1.0143,
      },
    },
    throttled: {
      total: {
        low: 0.9116,
        high: 1.3292,
      },
      downtime: {
        low: 0.34959,
        high: 2.726,
      },
      pause: {
        low: 0.61235,
        high: 1.4318,
      },
      stall: {
        low: 0.64017,
        high: 1.7584,
      },
      bytes: {
        low: 0.95098,
        high: 1.7352,
      },
    },
    compressed: {
      total: {
        low: 0.92182,
        high: 1.1018,
      },
      downtime: {
        low: 0.36799,
        high: 2.4262,
      },
      pause: {
        low: 0.42126,
        high: 1.4303,
      },
      stall: {
        low: 0.45496,
        high: 1.6634,
      },
      bytes: {
        low: 0.90174,
        high: 1.0445,
      },
    },
    lossy: {
      total: {
        low: 0.86883,
        high: 1.3249,
      },
      downtime: {
        low: 0.44274,
        high: 4.1117,
      },
      pause: {
        low: 0.60968,
        high: 1.8623,
      },
      stall: {
        low: 0.66517,
        high: 2.0134,
      },
      bytes: {
        low: 0.99208,
        high: 1.0703,
      },
    },
  },
};
