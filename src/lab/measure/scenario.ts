import type { Random } from '../../../topology/world.ts';
import { createRandom } from '../../world/random.ts';
import type { LinkShape } from '../profiles.ts';

/**
 * What a campaign measures. A stand is one guest at site a with its load, behind a link of one rate; it is moved several
 * times in a row, each time over another path and with other settings, and goes on at site a after each. Each is drawn
 * from the campaign's seed and its own number alone, so that a campaign that was interrupted goes on where it was, and
 * anybody can draw the same ones again.
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
  'hybrid',
  'sharing',
  'disk-mirror',
  'cold-copy',
  'clone',
  'seeded',
] as const;
export type ScenarioKind = (typeof scenarioKinds)[number];

/** What the guest does, and the kinds of move that are looked at with it. Post-copy comes last: it ends any guest. */
const kindsOfLoad = {
  idle: ['idle', 'high-rtt', 'capped', 'lossy', 'multifd'],
  steady: ['converging', 'high-rtt', 'lossy', 'capped', 'multifd', 'hybrid'],
  rewriting: ['xbzrle', 'compress', 'throttled'],
  edge: ['near-edge', 'throttled', 'capped', 'post-copy'],
  heavy: ['not-converging', 'throttled', 'hybrid', 'post-copy'],
  bursts: ['bursts'],
  shared: ['sharing'],
  disk: ['disk-mirror', 'cold-copy', 'clone', 'seeded'],
} as const satisfies Record<string, readonly ScenarioKind[]>;
type LoadName = keyof typeof kindsOfLoad;
const loadNames: readonly LoadName[] = [
  ...(['steady', 'idle', 'edge', 'steady', 'rewriting', 'heavy', 'bursts', 'shared', 'disk'] as const),
];
const movesPerStand = 5;

export interface DirtyLoad {
  /** Random bytes that stand still. */
  readonly usedMebibytes: number;
  readonly pagesPerSecond: number;
  readonly setMebibytes: number;
  readonly pattern: 'sequential' | 'random' | 'hot';
  readonly content: 'random' | 'compressible' | 'zero';
  readonly burst: { readonly periodSeconds: number; readonly duty: number } | null;
}

/** A disk of the guest's own, and what it writes to it. */
export interface DiskLoad {
  readonly sizeMebibytes: number;
  readonly usedMebibytes: number;
  readonly writtenKibibytesPerSecond: number;
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

export interface Stand {
  readonly name: string;
  /** Alike, and moved at the same time; one, but where moves share the link. */
  readonly guests: number;
  readonly memoryMebibytes: number;
  readonly load: DirtyLoad;
  readonly disk: DiskLoad | null;
  readonly scenarios: readonly Scenario[];
}

/** One move of a stand's guest. */
export interface Scenario {
  readonly id: string;
  readonly kind: ScenarioKind;
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
/** The load's part of a first pass takes at most so long, so that a campaign gets through many. */
const firstPassSecondsMax = 7;

/** Null: none of the kinds that are wanted goes with this stand's load. */
export function standAt(options: CampaignOptions, number: number): Stand | null {
  const draw = new Draw(createRandom(options.seed * 100_003 + number));
  const loadName = loadNames[number % loadNames.length] ?? 'steady';
  const kinds = kindsOfLoad[loadName].filter((kind) => options.kinds.includes(kind));
  if (kinds.length === 0) return null;
  const rateBitsPerSecond = draw.pick([50, 100, 200, 300, 500]) * 1e6;
  const load = loadOf(loadName, (rateBitsPerSecond * tcpShare) / 8 / pageBytes, draw);
  const used = load.usedMebibytes + load.setMebibytes + baseMebibytes;
  const name = `lab-${options.seed}-${String(number).padStart(2, '0')}`;
  const round = Math.floor(number / loadNames.length) * movesPerStand;
  const drawn = Array.from({ length: movesPerStand }, (_, index): Scenario => {
    const kind = kinds[(round + index) % kinds.length] ?? 'converging';
    return scenarioOf(options, { id: `${name}.${index}-${kind}`, kind, rateBitsPerSecond, draw });
  });
  return {
    name,
    guests: loadName === 'shared' ? draw.pick([2, 3]) : 1,
    memoryMebibytes: [256, 384, 512, 768, 1024].find((size) => size >= used * 1.3) ?? 1024,
    load,
    disk: loadName === 'disk' ? diskOf(rateBitsPerSecond, draw) : null,
    scenarios: [...drawn].sort((one, other) => Number(entersPostCopy(one)) - Number(entersPostCopy(other))),
  };
}

const entersPostCopy = ({ settings }: Scenario): boolean => settings.postcopyAfterPasses !== null;

function scenarioOf(
  options: CampaignOptions,
  {
    id,
    kind,
    rateBitsPerSecond,
    draw,
  }: {
    readonly id: string;
    readonly kind: ScenarioKind;
    readonly rateBitsPerSecond: number;
    readonly draw: Draw;
  },
): Scenario {
  return {
    id,
    kind,
    link: {
      rateBitsPerSecond,
      rttSeconds:
        (kind === 'high-rtt' ? draw.pick([80, 120, 150]) : draw.pick([1, 5, 10, 20, 40, 80])) / 1000,
      jitterSeconds: 0,
      loss: kind === 'lossy' ? draw.pick([1e-5, 1e-4, 3e-4]) : 0,
      bufferSeconds: draw.pick([0.02, 0.05, 0.1]),
    },
    sendBufferBytes: draw.weighted([
      [4 * 2 ** 20, 6],
      [2 ** 20, 1],
      [512 * 2 ** 10, 1],
      [16 * 2 ** 20, 2],
    ]),
    congestionControl: draw.pick(options.congestionControls),
    settings: settingsOf(kind, rateBitsPerSecond, draw),
  };
}

/** Never zeros: that resident pages hold nothing is not seen from outside, and calc-dirty-rate does not see them written. */
function loadOf(name: LoadName, goodputPages: number, draw: Draw): DirtyLoad {
  const room = (goodputPages * pageBytes * firstPassSecondsMax) / 2 ** 20;
  const setMebibytes = Math.max(4, Math.round(Math.min(draw.between(0.1, 0.6) * room, 256)));
  const ratio = dirtyRatio(name, draw);
  return {
    usedMebibytes: Math.round(Math.min(draw.between(0.1, 0.6) * room, 384)),
    pagesPerSecond: name === 'idle' ? 0 : Math.max(10, Math.round(goodputPages * ratio)),
    setMebibytes: name === 'idle' ? 0 : setMebibytes,
    pattern: draw.weighted([
      ['random', 3],
      ['sequential', 2],
      ['hot', 2],
    ]),
    content:
      name === 'rewriting'
        ? 'compressible'
        : draw.weighted([
            ['random', 4],
            ['compressible', 1],
          ]),
    burst:
      name === 'bursts' ? { periodSeconds: draw.pick([1, 2, 5]), duty: draw.pick([0.1, 0.25, 0.5]) } : null,
  };
}

function diskOf(rateBitsPerSecond: number, draw: Draw): DiskLoad {
  const room = (rateBitsPerSecond * tcpShare * firstPassSecondsMax) / 8 / 2 ** 20;
  return {
    sizeMebibytes: 256,
    usedMebibytes: Math.round(Math.min(draw.between(0.5, 1) * room, 192)),
    writtenKibibytesPerSecond: draw.pick([0, 256, 512]),
  };
}

/** Written pages a second, as a share of what the link carries. */
function dirtyRatio(name: LoadName, draw: Draw): number {
  switch (name) {
    case 'idle':
      return 0;
    case 'edge':
      return draw.between(0.6, 1.1);
    case 'heavy':
      return draw.between(1.3, 3);
    case 'steady':
    case 'rewriting':
    case 'bursts':
      return draw.between(0.03, 0.6);
    case 'shared':
    case 'disk':
      return draw.between(0.02, 0.1);
  }
}

function settingsOf(kind: ScenarioKind, rateBitsPerSecond: number, draw: Draw): ScenarioSettings {
  const linkBytes = (rateBitsPerSecond * tcpShare) / 8;
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
    postcopyAfterPasses: kind === 'post-copy' ? 0 : kind === 'hybrid' ? draw.pick([1, 2]) : null,
    timeoutSeconds: draw.pick([20, 25, 30]),
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
