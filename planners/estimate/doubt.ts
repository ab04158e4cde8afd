import { missingFieldDoubt as missing } from './limits.ts';
import type { EstimateInput } from './observation.ts';

/** Relative standard deviations that fields nobody told add to what is predicted. */
export interface Doubt {
  readonly seconds: number;
  readonly bytes: number;
  readonly pause: number;
  /** The fields, as they are called in the input. */
  readonly missing: readonly string[];
  /** The loss is not known: the spread of lossy paths applies. */
  readonly lossUnknown: boolean;
}

/**
 * Each missing field widens its ranges; independent doubts add as squares. What is missing for a reason (a cold move
 * has no memory to send) does no harm: the ranges it widens are not used.
 */
export function doubtOf(input: EstimateInput): Doubt {
  let seconds = 0;
  let bytes = 0;
  let pause = 0;
  const names: string[] = [];
  for (const { name, isMissing, doubt } of fields) {
    if (!isMissing(input)) continue;
    names.push(name);
    seconds += doubt.seconds ** 2;
    bytes += doubt.bytes ** 2;
    pause += doubt.pause ** 2;
  }
  return {
    seconds: Math.sqrt(seconds),
    bytes: Math.sqrt(bytes),
    pause: Math.sqrt(pause),
    missing: names,
    lossUnknown: input.link.loss === undefined,
  };
}

interface Field {
  readonly name: string;
  readonly isMissing: (input: EstimateInput) => boolean;
  readonly doubt: { readonly seconds: number; readonly bytes: number; readonly pause: number };
}

const fields: readonly Field[] = [
  {
    name: 'guest.residentBytes',
    isMissing: ({ guest }) => guest.residentBytes === undefined || guest.residentBytes === null,
    doubt: missing.residentBytes,
  },
  {
    name: 'guest.accelerator',
    isMissing: ({ guest }) => guest.accelerator === undefined,
    doubt: missing.accelerator,
  },
  { name: 'dirty', isMissing: ({ dirty = [] }) => dirty.length === 0, doubt: missing.dirty },
  { name: 'link.loss', isMissing: ({ link }) => link.loss === undefined, doubt: missing.loss },
  {
    name: 'link.jitterSeconds',
    isMissing: ({ link }) => link.jitterSeconds === undefined,
    doubt: missing.jitterSeconds,
  },
  {
    name: 'link.bufferSeconds',
    isMissing: ({ link }) => link.bufferSeconds === undefined,
    doubt: missing.bufferSeconds,
  },
  { name: 'link.mtuBytes', isMissing: ({ link }) => link.mtuBytes === undefined, doubt: missing.mtuBytes },
  {
    name: 'link.congestionControl',
    isMissing: ({ link }) => link.congestionControl === undefined,
    doubt: missing.congestionControl,
  },
  {
    name: 'link.sendBufferBytes',
    isMissing: ({ link }) => link.sendBufferBytes === undefined,
    doubt: missing.sendBufferBytes,
  },
  {
    name: 'settings.downtimeLimitSeconds',
    isMissing: ({ settings }) => settings?.downtimeLimitSeconds === undefined,
    doubt: missing.downtimeLimitSeconds,
  },
  {
    name: 'settings.maxBandwidthBytesPerSecond',
    isMissing: ({ settings }) => settings?.maxBandwidthBytesPerSecond === undefined,
    doubt: missing.maxBandwidthBytesPerSecond,
  },
  { name: 'host', isMissing: ({ host }) => host?.load1 === undefined, doubt: missing.host },
  {
    name: 'concurrent[].bytesPerSecond',
    isMissing: ({ concurrent = [] }) => concurrent.some(({ bytesPerSecond }) => bytesPerSecond === undefined),
    doubt: missing.concurrent,
  },
];
