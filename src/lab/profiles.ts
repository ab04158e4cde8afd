import { LonghaulError } from '../../topology/errors.ts';
import { parseBitsPerSecond, parseSeconds } from '../../topology/units.ts';

/** What the WAN between the two sites is like. */
export interface LinkShape {
  readonly rttSeconds: number;
  readonly jitterSeconds: number;
  readonly rateBitsPerSecond: number;
  /** Ratio, 0…1, each direction. */
  readonly loss: number;
  readonly bufferSeconds: number;
}

/** By RTT: within a city, a country, a continent, across an ocean. Buffers of 50 ms are what routers of such links have. */
export const profiles: Readonly<Record<string, LinkShape>> = {
  metro: shape(5, 1000, 0),
  national: shape(20, 500, 0),
  continental: shape(40, 300, 0),
  ocean: shape(90, 200, 1e-5),
};

export const defaultProfile = 'national';

/** As people write them on the command line: '38 ms', '600 Mbit/s', '1e-5'. */
export interface ShapeOptions {
  readonly profile: string;
  readonly rtt?: string | undefined;
  readonly jitter?: string | undefined;
  readonly rate?: string | undefined;
  readonly loss?: string | undefined;
  readonly buffer?: string | undefined;
}

/** The profile, with single values replaced. */
export function linkShape({ profile, rtt, jitter, rate, loss, buffer }: ShapeOptions): LinkShape {
  const base = Object.hasOwn(profiles, profile) ? profiles[profile] : undefined;
  if (base === undefined)
    throw new LonghaulError('LH_OPTION_INVALID', [
      '--profile',
      `'${profile}' is not a profile; there are ${Object.keys(profiles).join(', ')}`,
    ]);
  const read = (name: string, text: string | undefined, parse: (text: string) => number | null) =>
    text === undefined ? null : valid(name, text, parse(text));
  return {
    rttSeconds: read('--rtt', rtt, parseSeconds) ?? base.rttSeconds,
    jitterSeconds: read('--jitter', jitter, parseSeconds) ?? base.jitterSeconds,
    rateBitsPerSecond: read('--rate', rate, parseBitsPerSecond) ?? base.rateBitsPerSecond,
    loss: read('--loss', loss, parseRatio) ?? base.loss,
    bufferSeconds: read('--buffer', buffer, parseSeconds) ?? base.bufferSeconds,
  };
}

function shape(rttMilliseconds: number, rateMegabits: number, loss: number): LinkShape {
  return {
    rttSeconds: rttMilliseconds / 1000,
    jitterSeconds: 0,
    rateBitsPerSecond: rateMegabits * 1e6,
    loss,
    bufferSeconds: 0.05,
  };
}

function parseRatio(text: string): number | null {
  const value = Number(text);
  return text.trim() !== '' && value >= 0 && value < 1 ? value : null;
}

const examples: Readonly<Record<string, string>> = {
  '--rtt': '38 ms',
  '--jitter': '1 ms',
  '--rate': '600 Mbit/s',
  '--loss': '1e-5',
  '--buffer': '50 ms',
};

function valid(name: string, text: string, value: number | null): number {
  if (value !== null) return value;
  throw new LonghaulError('LH_OPTION_INVALID', [
    name,
    `'${text}' is not a value for it; write for example "${examples[name] ?? ''}"`,
  ]);
}
