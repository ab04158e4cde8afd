import type { Random } from '../../../topology/world.ts';
import { createRandom } from '../../world/random.ts';
import type { LinkShape } from '../profiles.ts';

/**
 * What a campaign measures: one migration after the other, each drawn from the campaign's seed and its own number alone,
 * so that a campaign that was interrupted goes on where it was, and anybody can draw the same ones again.
 */
export const scenarioKinds = [
  'idle',
  'converging',
  'near-edge',
  'not-converging',
  'bursts',
  'high-rtt',
  'lossy',
  'throttled',
  'xbzrle',
  'multifd',
  'compress',
  'capped',
  'post-copy',
] as const;
export type ScenarioKind = (typeof scenarioKinds)[number];

export interface DirtyLoad {
  /** Random bytes that stand still. */
  readonly usedMebibytes: number;
  readonly pagesPerSecond: number;
  readonly setMebibytes: number;
  readonly pattern: 'sequential' | 'random' | 'hot';
  readonly content: 'random' | 'compressible' | 'zero';
  readonly burst: { readonly periodSeconds: number; readonly duty: number } | null;
}

export interface ScenarioSettings {
  readonly maxBandwidthBytesPerSecond: number | null;
  readonly downtimeLimitSeconds: number;
  readonly autoConverge: boolean;
  readonly xbzrleCacheBytes: number;
  readonly multifdChannels: number;
  readonly compress: boolean;
  readonly postcopyAfterPasses: number | null;
  readonly timeoutSeconds: number;
}

export interface Scenario {
  readonly id: string;
  readonly kind: ScenarioKind;
  readonly memoryMebibytes: number;
  readonly load: DirtyLoad;
  readonly link: LinkShape;
  readonly sendBufferBytes: number;
  readonly congestionControl: string;
  readonly settings: ScenarioSettings;
}

export interface CampaignOptions {
  readonly seed: number;
  /** What senders may use; the machine must allow them. */
  readonly congestionControls: readonly string[];
  readonly kinds: readonly ScenarioKind[];
}

/** The guest's own memory and QEMU's view of it, beside what the load uses. */
const baseMebibytes = 60;
const pageBytes = 4096;
/** Ethernet at 1500 bytes: (MTU − 52) / (MTU + 38). */
const tcpShare = 0.94;
/** A first pass takes at most so long, so that a campaign gets through many. */
const firstPassSecondsMax = 20;

export function scenarioAt(options: CampaignOptions, index: number): Scenario {
  const draw = new Draw(createRandom(options.seed * 100_003 + index));
  const kind = options.kinds[index % options.kinds.length] ?? 'converging';
  const link = linkOf(kind, draw);
  const goodputPages = (link.rateBitsPerSecond * tcpShare) / 8 / pageBytes;
  const load = loadOf(kind, goodputPages, draw);
  const used = load.usedMebibytes + load.setMebibytes + baseMebibytes;
  return {
    id: `lab-${options.seed}-${String(index).padStart(3, '0')}-${kind}`,
    kind,
    memoryMebibytes: [256, 384, 512, 768, 1024].find((size) => size >= used * 1.3) ?? 1024,
    load,
    link,
    sendBufferBytes: draw.weighted([
      [4 * 2 ** 20, 6],
      [2 ** 20, 1],
      [512 * 2 ** 10, 1],
      [16 * 2 ** 20, 2],
    ]),
    congestionControl: draw.pick(options.congestionControls),
    settings: settingsOf(kind, link, draw),
  };
}

function linkOf(kind: ScenarioKind, draw: Draw): LinkShape {
  const lossy = kind === 'lossy';
  return {
    rttSeconds: (kind === 'high-rtt' ? draw.pick([80, 120, 150]) : draw.pick([1, 5, 10, 20, 40, 80])) / 1000,
    jitterSeconds: 0,
    rateBitsPerSecond: (lossy ? draw.pick([100, 200, 300]) : draw.pick([50, 100, 200, 300, 500])) * 1e6,
    loss: lossy ? draw.pick([1e-5, 1e-4, 3e-4]) : 0,
    bufferSeconds: draw.pick([0.02, 0.05, 0.1]),
  };
}

function loadOf(kind: ScenarioKind, goodputPages: number, draw: Draw): DirtyLoad {
  const room = (goodputPages * pageBytes * firstPassSecondsMax) / 2 ** 20;
  const setMebibytes = Math.max(4, Math.round(Math.min(draw.between(0.1, 0.5) * room, 256)));
  const ratio = dirtyRatio(kind, draw);
  return {
    usedMebibytes: Math.round(Math.min(draw.between(0.1, 0.5) * room, 384)),
    pagesPerSecond: kind === 'idle' ? 0 : Math.max(10, Math.round(goodputPages * ratio)),
    setMebibytes: kind === 'idle' ? 0 : setMebibytes,
    pattern: draw.weighted([
      ['random', 3],
      ['sequential', 2],
      ['hot', 2],
    ]),
    content:
      kind === 'compress' || kind === 'xbzrle'
        ? draw.pick(['compressible', 'zero'])
        : draw.weighted([
            ['random', 4],
            ['compressible', 1],
            ['zero', 1],
          ]),
    burst:
      kind === 'bursts' ? { periodSeconds: draw.pick([1, 2, 5]), duty: draw.pick([0.1, 0.25, 0.5]) } : null,
  };
}

/** Written pages a second, as a share of what the link carries. */
function dirtyRatio(kind: ScenarioKind, draw: Draw): number {
  switch (kind) {
    case 'idle':
      return 0;
    case 'near-edge':
      return draw.between(0.7, 1.1);
    case 'not-converging':
      return draw.between(1.3, 3);
    case 'throttled':
    case 'post-copy':
      return draw.between(0.6, 1.6);
    case 'converging':
    case 'bursts':
    case 'high-rtt':
    case 'lossy':
    case 'xbzrle':
    case 'multifd':
    case 'compress':
    case 'capped':
      return draw.between(0.03, 0.6);
  }
}

function settingsOf(kind: ScenarioKind, link: LinkShape, draw: Draw): ScenarioSettings {
  const linkBytes = (link.rateBitsPerSecond * tcpShare) / 8;
  return {
    maxBandwidthBytesPerSecond:
      kind === 'capped'
        ? Math.round(linkBytes * draw.between(0.3, 1))
        : draw.weighted([
            [null, 4],
            [128 * 2 ** 20, 1],
          ]),
    downtimeLimitSeconds: draw.pick([0.03, 0.1, 0.3, 0.3, 1, 2]),
    autoConverge: kind === 'throttled',
    xbzrleCacheBytes: kind === 'xbzrle' ? draw.pick([16, 64]) * 2 ** 20 : 0,
    multifdChannels: kind === 'multifd' ? draw.pick([2, 4]) : 0,
    compress: kind === 'compress',
    postcopyAfterPasses: kind === 'post-copy' ? draw.pick([1, 2]) : null,
    timeoutSeconds: draw.pick([30, 45, 60]),
  };
}

class Draw {
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  between(least: number, most: number): number {
    return least + (most - least) * this.#random.next();
  }

  pick<T>(values: readonly T[]): T {
    return this.weighted(values.map((value) => [value, 1]));
  }

  weighted<T>(values: readonly (readonly [T, number])[]): T {
    let left = this.#random.next() * values.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [value, weight] of values) {
      left -= weight;
      if (left < 0) return value;
    }
    const last = values.at(-1);
    if (last === undefined) throw new RangeError('nothing to draw from');
    return last[0];
  }
}
