import type { Model } from './model.ts';

/** The model that comes with Longhaul. Made by `npm run model`; not edited by hand. */
export const shippedModel: Model = {
  format: 'longhaul-model/1',
  id: 'ddc554642c8f',
  fittedTo: '90 moves in 72 scenarios; QEMU 7.2.22 tcg; 50–1000 Mbit/s; RTT 1–150 ms',
  parameters: {
    touchedZeroBytes: 21603000,
    touchedZeroMost: 0.20193,
    tailBytes: 14430000,
    goodputShare: 0.99741,
    bufferOverheadBytes: 2143.3,
    receiveWindowBytes: 2596300,
    doublingRoundTrips: 2.2468,
    mathisConstant: 1.1582,
    multifdCapFactor: 1.8303,
    socketPerFlight: 2.3993,
    socketWaitShare: 0.68832,
    bbrSocketBytes: 2344600,
    setupSeconds: 0.03415,
    setupTcgSecondsPerGibibyte: 0.42952,
    scanBytesPerSecond: 5536100000,
    roomSeconds: 0.050176,
    syncSeconds: 0.0058906,
    downtimeShare: 0.86471,
    backgroundBytesPerSecond: 322880,
    refreshPerSecond: 0.72441,
    refreshSpread: 1.0759,
    throttleEffect: 0.87409,
    loadSeconds: 0.026078,
    sessionSeconds: 0.079751,
    compressRatio: 0.4991,
    compressBytesPerSecondPerCore: 11735000,
    xbzrleRatio: 0.84025,
    faultRoundTrips: 3.2699,
    marginSpread: 0.36612,
  },
  spread: {
    steady: {
      total: {
        low: 0.90388,
        high: 1.1123,
      },
      downtime: {
        low: 0.20682,
        high: 1.7306,
      },
      pause: {
        low: 0.52368,
        high: 1.3968,
      },
      stall: {
        low: 0.66552,
        high: 1.5162,
      },
      bytes: {
        low: 0.96594,
        high: 1.0652,
      },
    },
    edge: {
      total: {
        low: 0.90212,
        high: 1.247,
      },
      downtime: {
        low: 0.24234,
        high: 2.0022,
      },
      pause: {
        low: 0.52193,
        high: 1.6949,
      },
      stall: {
        low: 0.65184,
        high: 1.8729,
      },
      bytes: {
        low: 0.94857,
        high: 1.0694,
      },
    },
    'post-copy': {
      total: {
        low: 0.93598,
        high: 1.1442,
      },
      downtime: {
        low: 0.4553,
        high: 1.4477,
      },
      pause: {
        low: 0.48687,
        high: 1.8338,
      },
      stall: {
        low: 0.60052,
        high: 2.2121,
      },
      bytes: {
        low: 0.93993,
        high: 1.0303,
      },
    },
    throttled: {
      total: {
        low: 0.87947,
        high: 2.3509,
      },
      downtime: {
        low: 0.25122,
        high: 2.041,
      },
      pause: {
        low: 0.55469,
        high: 1.3963,
      },
      stall: {
        low: 0.66163,
        high: 2.0909,
      },
      bytes: {
        low: 0.94841,
        high: 2.4285,
      },
    },
    compressed: {
      total: {
        low: 0.93401,
        high: 1.1733,
      },
      downtime: {
        low: 0.22746,
        high: 2.2504,
      },
      pause: {
        low: 0.60064,
        high: 2.0323,
      },
      stall: {
        low: 0.66583,
        high: 1.8933,
      },
      bytes: {
        low: 0.91343,
        high: 1.0653,
      },
    },
    lossy: {
      total: {
        low: 0.85588,
        high: 1.3645,
      },
      downtime: {
        low: 0.34396,
        high: 2.6876,
      },
      pause: {
        low: 0.43253,
        high: 2.6029,
      },
      stall: {
        low: 0.62588,
        high: 2.4811,
      },
      bytes: {
        low: 0.97583,
        high: 1.0941,
      },
    },
  },
};
