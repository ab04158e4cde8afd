import type { Model } from './model.ts';

/** The model that comes with Longhaul. Made by `npm run model`; not edited by hand. */
export const shippedModel: Model = {
  format: 'longhaul-model/1',
  id: 'cfaaa6773fb7',
  fittedTo: '152 moves in 122 scenarios; QEMU 7.2.22 tcg; 50–1000 Mbit/s; RTT 1–150 ms',
  parameters: {
    touchedZeroBytes: 22141000,
    touchedZeroMost: 0.18641,
    tailBytes: 3727000,
    goodputShare: 0.99741,
    bufferOverheadBytes: 2420.5,
    receiveWindowBytes: 2781300,
    doublingRoundTrips: 1.5788,
    overshootShare: 0.29585,
    mathisConstant: 1.2836,
    multifdCapFactor: 1.8302,
    socketPerFlight: 2.2574,
    socketShare: 0.61183,
    bbrSocketBytes: 2930700,
    setupSeconds: 0.032944,
    setupTcgSecondsPerGibibyte: 0.41502,
    scanBytesPerSecond: 5437400000,
    roomSeconds: 0.045199,
    syncSeconds: 0.0069348,
    downtimeShare: 0.88022,
    backgroundBytesPerSecond: 173150,
    restlessBytes: 147560,
    refreshPerSecond: 0.4714,
    refreshSpread: 1.109,
    throttleEffect: 0.87419,
    loadSeconds: 0.051285,
    sessionSeconds: 0.093214,
    compressRatio: 0.4901,
    compressBytesPerSecondPerCore: 14575000,
    xbzrleRatio: 0.83704,
    faultRoundTrips: 3.3942,
    coldFaultRoundTrips: 24.079,
    marginSpread: 0.43004,
  },
  spread: {
    steady: {
      total: {
        low: 0.89163,
        high: 1.0772,
      },
      downtime: {
        low: 0.44067,
        high: 3.8264,
      },
      pause: {
        low: 0.66201,
        high: 1.2699,
      },
      stall: {
        low: 0.74823,
        high: 1.6092,
      },
      bytes: {
        low: 0.96073,
        high: 1.0515,
      },
    },
    edge: {
      total: {
        low: 0.91102,
        high: 1.1134,
      },
      downtime: {
        low: 0.43339,
        high: 2.8912,
      },
      pause: {
        low: 0.64555,
        high: 1.6845,
      },
      stall: {
        low: 0.6481,
        high: 1.729,
      },
      bytes: {
        low: 0.95527,
        high: 1.0561,
      },
    },
    'post-copy': {
      total: {
        low: 0.93354,
        high: 1.0957,
      },
      downtime: {
        low: 0.5,
        high: 1.9883,
      },
      pause: {
        low: 0.63045,
        high: 2.4339,
      },
      stall: {
        low: 0.57864,
        high: 1.5405,
      },
      bytes: {
        low: 0.95523,
        high: 1.0141,
      },
    },
    throttled: {
      total: {
        low: 0.91434,
        high: 1.3298,
      },
      downtime: {
        low: 0.35119,
        high: 2.7316,
      },
      pause: {
        low: 0.60857,
        high: 1.3889,
      },
      stall: {
        low: 0.62267,
        high: 1.7463,
      },
      bytes: {
        low: 0.95088,
        high: 1.0795,
      },
    },
    compressed: {
      total: {
        low: 0.92143,
        high: 1.1013,
      },
      downtime: {
        low: 0.37051,
        high: 2.444,
      },
      pause: {
        low: 0.44085,
        high: 1.5602,
      },
      stall: {
        low: 0.44965,
        high: 1.6153,
      },
      bytes: {
        low: 0.90212,
        high: 1.0459,
      },
    },
    lossy: {
      total: {
        low: 0.86876,
        high: 1.3257,
      },
      downtime: {
        low: 0.4459,
        high: 4.1328,
      },
      pause: {
        low: 0.57236,
        high: 2.5369,
      },
      stall: {
        low: 0.65052,
        high: 1.9145,
      },
      bytes: {
        low: 0.99203,
        high: 1.0678,
      },
    },
  },
};
