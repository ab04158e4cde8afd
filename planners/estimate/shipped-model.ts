import type { Model } from './model.ts';

/** The model that comes with Longhaul. Made by `npm run model`; not edited by hand. */
export const shippedModel: Model = {
  format: 'longhaul-model/1',
  id: 'b656b46e7467',
  fittedTo: '90 moves in 72 scenarios; QEMU 7.2.22 tcg; 50–1000 Mbit/s; RTT 1–150 ms',
  parameters: {
    touchedZeroBytes: 21433000,
    touchedZeroMost: 0.19485,
    tailBytes: 1856300,
    goodputShare: 0.99988,
    bufferOverheadBytes: 2215.5,
    receiveWindowBytes: 2594700,
    doublingRoundTrips: 1.5623,
    overshootShare: 0.21811,
    mathisConstant: 1.0955,
    multifdCapFactor: 1.8348,
    socketPerFlight: 2.3879,
    socketShare: 0.67002,
    bbrSocketBytes: 2318200,
    setupSeconds: 0.033593,
    setupTcgSecondsPerGibibyte: 0.41019,
    scanBytesPerSecond: 6156900000,
    roomSeconds: 0.037629,
    syncSeconds: 0.0062465,
    downtimeShare: 0.87008,
    backgroundBytesPerSecond: 349270,
    refreshPerSecond: 0.54542,
    refreshSpread: 1.2879,
    throttleEffect: 0.9007,
    loadSeconds: 0.038268,
    sessionSeconds: 0.087441,
    compressRatio: 0.49587,
    compressBytesPerSecondPerCore: 14327000,
    xbzrleRatio: 0.84734,
    faultRoundTrips: 3.3378,
    marginSpread: 0.35526,
  },
  spread: {
    steady: {
      total: {
        low: 0.92096,
        high: 1.0712,
      },
      downtime: {
        low: 0.53722,
        high: 2.3315,
      },
      pause: {
        low: 0.70428,
        high: 1.3654,
      },
      stall: {
        low: 0.7022,
        high: 1.5021,
      },
      bytes: {
        low: 0.96384,
        high: 1.0547,
      },
    },
    edge: {
      total: {
        low: 0.92139,
        high: 1.1081,
      },
      downtime: {
        low: 0.45869,
        high: 2.3306,
      },
      pause: {
        low: 0.68811,
        high: 1.5999,
      },
      stall: {
        low: 0.69216,
        high: 1.6157,
      },
      bytes: {
        low: 0.94417,
        high: 1.0628,
      },
    },
    'post-copy': {
      total: {
        low: 0.93307,
        high: 1.0813,
      },
      downtime: {
        low: 0.73544,
        high: 1.4645,
      },
      pause: {
        low: 0.63946,
        high: 1.7931,
      },
      stall: {
        low: 0.63564,
        high: 1.755,
      },
      bytes: {
        low: 0.93345,
        high: 1.0258,
      },
    },
    throttled: {
      total: {
        low: 0.91539,
        high: 1.2447,
      },
      downtime: {
        low: 0.38982,
        high: 10.618,
      },
      pause: {
        low: 0.62488,
        high: 1.6341,
      },
      stall: {
        low: 0.64464,
        high: 1.9706,
      },
      bytes: {
        low: 0.95055,
        high: 1.7453,
      },
    },
    compressed: {
      total: {
        low: 0.91519,
        high: 1.1053,
      },
      downtime: {
        low: 0.42919,
        high: 2.3232,
      },
      pause: {
        low: 0.7001,
        high: 1.5895,
      },
      stall: {
        low: 0.69777,
        high: 1.5722,
      },
      bytes: {
        low: 0.85511,
        high: 1.0604,
      },
    },
    lossy: {
      total: {
        low: 0.93442,
        high: 1.2378,
      },
      downtime: {
        low: 0.42921,
        high: 1.7751,
      },
      pause: {
        low: 0.59434,
        high: 1.786,
      },
      stall: {
        low: 0.70123,
        high: 1.8614,
      },
      bytes: {
        low: 0.97337,
        high: 1.0781,
      },
    },
  },
};
