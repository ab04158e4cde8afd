import type { Model } from './model.ts';

/** The model that comes with Longhaul. Made by `npm run model`; not edited by hand. */
export const shippedModel: Model = {
  format: 'longhaul-model/1',
  id: '3c082c724fbf',
  fittedTo: '90 moves in 72 scenarios; QEMU 7.2.22 tcg; 50–1000 Mbit/s; RTT 1–150 ms',
  parameters: {
    touchedZeroBytes: 21654000,
    touchedZeroMost: 0.18114,
    tailBytes: 14214000,
    goodputShare: 0.99272,
    bufferOverheadBytes: 2160.3,
    receiveWindowBytes: 2793900,
    doublingRoundTrips: 2.4448,
    mathisConstant: 1.1729,
    multifdCapFactor: 1.6221,
    socketPerFlight: 2.5631,
    bbrSocketBytes: 2349600,
    setupSeconds: 0.033226,
    setupTcgSecondsPerGibibyte: 0.41781,
    scanBytesPerSecond: 6026000000,
    roomSeconds: 0.091767,
    syncSeconds: 0.0075965,
    downtimeShare: 0.87829,
    backgroundBytesPerSecond: 269290,
    refreshPerSecond: 0.94571,
    refreshSpread: 1.1621,
    throttleEffect: 0.99889,
    loadSeconds: 0.023162,
    sessionSeconds: 0.080144,
    compressRatio: 0.46182,
    compressBytesPerSecondPerCore: 9382300,
    xbzrleRatio: 1,
    faultRoundTrips: 2.7129,
    marginSpread: 0.38239,
  },
  spread: {
    steady: {
      total: {
        low: 0.94811,
        high: 1.0688,
      },
      downtime: {
        low: 0.37819,
        high: 1.8138,
      },
      pause: {
        low: 0.62946,
        high: 1.1907,
      },
      stall: {
        low: 0.70699,
        high: 1.4928,
      },
      bytes: {
        low: 0.97449,
        high: 1.0445,
      },
    },
    edge: {
      total: {
        low: 0.93617,
        high: 1.1592,
      },
      downtime: {
        low: 0.39226,
        high: 1.8805,
      },
      pause: {
        low: 0.55846,
        high: 1.383,
      },
      stall: {
        low: 0.70527,
        high: 1.6268,
      },
      bytes: {
        low: 0.96522,
        high: 1.0631,
      },
    },
    'post-copy': {
      total: {
        low: 0.9375,
        high: 1.1558,
      },
      downtime: {
        low: 0.72658,
        high: 1.415,
      },
      pause: {
        low: 0.53275,
        high: 1.3782,
      },
      stall: {
        low: 0.64033,
        high: 1.5006,
      },
      bytes: {
        low: 0.95015,
        high: 1.0204,
      },
    },
    throttled: {
      total: {
        low: 0.89562,
        high: 1.7308,
      },
      downtime: {
        low: 0.37404,
        high: 2.1665,
      },
      pause: {
        low: 0.54926,
        high: 1.3587,
      },
      stall: {
        low: 0.6936,
        high: 1.6909,
      },
      bytes: {
        low: 0.95843,
        high: 1.8627,
      },
    },
    compressed: {
      total: {
        low: 0.94044,
        high: 1.1568,
      },
      downtime: {
        low: 0.3338,
        high: 1.7964,
      },
      pause: {
        low: 0.58979,
        high: 1.3241,
      },
      stall: {
        low: 0.70614,
        high: 1.5097,
      },
      bytes: {
        low: 0.97053,
        high: 1.0832,
      },
    },
    lossy: {
      total: {
        low: 0.91374,
        high: 1.3158,
      },
      downtime: {
        low: 0.4027,
        high: 2.19,
      },
      pause: {
        low: 0.47426,
        high: 2.1953,
      },
      stall: {
        low: 0.64552,
        high: 2.1786,
      },
      bytes: {
        low: 0.9778,
        high: 1.0804,
      },
    },
  },
};
