import type { ParameterName, Parameters } from '../estimate/model.ts';

/** What is believed of a parameter before any measurement: a value, and ln of the spread around it. */
export interface Prior {
  readonly value: number;
  readonly spread: number;
  /** Shares end at 1. */
  readonly most?: number;
}

const mebibyte = 2 ** 20;

/** Values from physics, documentation or earlier measurements (docs/design/estimation.md, "Parameters"). */
export const priors: Readonly<Record<ParameterName, Prior>> = {
  touchedZeroBytes: { value: 17 * mebibyte, spread: 0.3 },
  touchedZeroMost: { value: 0.2, spread: 0.3, most: 0.9 },
  tailBytes: { value: 1.5 * mebibyte, spread: 0.7 },
  goodputShare: { value: 0.995, spread: 0.01, most: 1 },
  bufferOverheadBytes: { value: 1700, spread: 0.2 },
  receiveWindowBytes: { value: 3 * mebibyte, spread: 0.15 },
  doublingRoundTrips: { value: 1.5, spread: 0.4 },
  overshootShare: { value: 0.2, spread: 0.5 },
  mathisConstant: { value: 1.22, spread: 0.15 },
  multifdCapFactor: { value: 1.67, spread: 0.2 },
  socketPerFlight: { value: 2.4, spread: 0.2 },
  socketShare: { value: 0.65, spread: 0.15, most: 1 },
  bbrSocketBytes: { value: 2.5 * mebibyte, spread: 0.3 },
  setupSeconds: { value: 0.04, spread: 0.5 },
  setupTcgSecondsPerGibibyte: { value: 0.45, spread: 0.2 },
  scanBytesPerSecond: { value: 4e9, spread: 0.7 },
  roomSeconds: { value: 0.07, spread: 0.4 },
  syncSeconds: { value: 0.015, spread: 0.5 },
  downtimeShare: { value: 0.95, spread: 0.1 },
  backgroundBytesPerSecond: { value: 0.25e6, spread: 0.4 },
  restlessBytes: { value: 0.3e6, spread: 0.6 },
  refreshPerSecond: { value: 1, spread: 0.7 },
  refreshSpread: { value: 1.2, spread: 0.3 },
  throttleEffect: { value: 0.9, spread: 0.2, most: 1 },
  headBytes: { value: 0.5 * mebibyte, spread: 0.7 },
  loadSeconds: { value: 0.03, spread: 0.4 },
  sessionSeconds: { value: 0.08, spread: 0.4 },
  compressRatio: { value: 0.65, spread: 0.3, most: 1 },
  compressBytesPerSecondPerCore: { value: 11e6, spread: 0.3 },
  xbzrleRatio: { value: 0.9, spread: 0.15, most: 1 },
  faultRoundTrips: { value: 4, spread: 0.7 },
  coldFaultRoundTrips: { value: 20, spread: 0.7 },
  marginSpread: { value: 0.4, spread: 0.4 },
};

export const parameterNames = Object.keys(priors) as readonly ParameterName[];

export const priorParameters = (): Parameters => toParameters(parameterNames.map(() => 0));

/** A point of the search: ln of each parameter over its prior's value, in units of the prior's spread. */
export function toParameters(point: readonly number[]): Parameters {
  return Object.fromEntries(
    parameterNames.map((name, index) => {
      const { value, spread, most } = priors[name];
      return [name, Math.min(value * Math.exp(point[index]! * spread), most ?? Infinity)];
    }),
  ) as Parameters;
}
