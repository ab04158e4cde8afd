import type { Model } from './model.ts';

/** The model that comes with Longhaul. Made by `npm run model`; not edited by hand. */
export const shippedModel: Model = {
  format: 'longhaul-model/1',
  id: 'b15b3dc9819e',
  fittedTo: '90 moves in 72 scenarios; QEMU 7.2.22 tcg; 50–1000 Mbit/s; RTT 1–150 ms',
  parameters: {
    touchedZeroBytes: 21186000,
    touchedZeroMost: 0.19583,
    tailBytes: 1927100,
    goodputShare: 0.99886,
    bufferOverheadBytes: 2215.7,
    receiveWindowBytes: 2591100,
    doublingRoundTrips: 1.5911,
    overshootShare: 0.21494,
    mathisConstant: 1.0968,
    multifdCapFactor: 1.8331,
    socketPerFlight: 2.38,
    socketShare: 0.66811,
    bbrSocketBytes: 2310500,
    setupSeconds: 0.033204,
    setupTcgSecondsPerGibibyte: 0.40807,
    scanBytesPerSecond: 6238500000,
    roomSeconds: 0.027084,
    syncSeconds: 0.0045787,
    downtimeShare: 0.85547,
    backgroundBytesPerSecond: 307060,
    restlessBytes: 74500,
    refreshPerSecond: 0.54534,
    refreshSpread: 1.261,
    throttleEffect: 0.90002,
    loadSeconds: 0.036511,
    sessionSeconds: 0.086294,
    compressRatio: 0.49681,
    compressBytesPerSecondPerCore: 14108000,
    xbzrleRatio: 0.85255,
    faultRoundTrips: 3.3877,
    marginSpread: 0.35901,
  },
  spread: {
    steady: {
      total: {
        low: 0.91451,
        high: 1.073,
      },
      downtime: {
        low: 0.52476,
        high: 2.0189,
      },
      pause: {
        low: 0.67224,
        high: 1.3702,
      },
      stall: {
        low: 0.68126,
        high: 1.5303,
      },
      bytes: {
        low: 0.96578,
        high: 1.0543,
      },
    },
    edge: {
      total: {
        low: 0.92444,
        high: 1.1063,
      },
      downtime: {
        low: 0.45598,
        high: 2.1364,
      },
      pause: {
        low: 0.65991,
        high: 1.6319,
      },
      stall: {
        low: 0.66577,
        high: 1.6964,
      },
      bytes: {
        low: 0.94598,
        high: 1.0614,
      },
    },
    'post-copy': {
      total: {
        low: 0.93446,
        high: 1.0789,
      },
      downtime: {
        low: 0.71551,
        high: 1.4575,
      },
      pause: {
        low: 0.62796,
        high: 1.9641,
      },
      stall: {
        low: 0.64809,
        high: 1.907,
      },
      bytes: {
        low: 0.93973,
        high: 1.0239,
      },
    },
    throttled: {
      total: {
        low: 0.91644,
        high: 1.2467,
      },
      downtime: {
        low: 0.37035,
        high: 7.4605,
      },
      pause: {
        low: 0.59119,
        high: 1.6393,
      },
      stall: {
        low: 0.64038,
        high: 1.9757,
      },
      bytes: {
        low: 0.94868,
        high: 1.7375,
      },
    },
    compressed: {
      total: {
        low: 0.91642,
        high: 1.0847,
      },
      downtime: {
        low: 0.22751,
        high: 3.4682,
      },
      pause: {
        low: 0.68849,
        high: 2.0596,
      },
      stall: {
        low: 0.69162,
        high: 1.9116,
      },
      bytes: {
        low: 0.86771,
        high: 1.0544,
      },
    },
    lossy: {
      total: {
        low: 0.93659,
        high: 1.2388,
      },
      downtime: {
        low: 0.43381,
        high: 1.7721,
      },
      pause: {
        low: 0.61041,
        high: 1.7535,
      },
      stall: {
        low: 0.69757,
        high: 1.9123,
      },
      bytes: {
        low: 0.97546,
        high: 1.0763,
      },
    },
  },
};
