import type { Estimate, Quantiles } from '../estimate/estimate.ts';
import type { EstimateInput } from '../estimate/observation.ts';

/** Stands in until planners/estimate/estimate.ts answers: constant goodput, saturating dirty curve, fixed spread. */
export interface Model {
  readonly id: string;
  readonly fittedTo: string;
}

const spread = (p50: number): Quantiles => ({ p10: p50 * 0.85, p50, p90: p50 * 1.25 });

export function estimate(input: EstimateInput, _model: Model): Estimate {
  const mtu = input.link.mtuBytes ?? 1500;
  const line = (input.link.bitsPerSecond / 8) * ((mtu - 52) / (mtu + 38));
  const rate = Math.min(line, input.settings?.maxBandwidthBytesPerSecond ?? Infinity);
  const disks = (input.disks ?? [])
    .filter(({ shared }) => shared !== true)
    .reduce(
      (sum, disk) => sum + Math.max(0, (disk.usedBytes ?? disk.sizeBytes) - (disk.seededBytes ?? 0)),
      0,
    );
  if (input.method === 'redirect')
    return answer({ rate, bytes: 0, fixed: input.cloneSeconds ?? 60, pause: 0 });
  if (input.method === 'cold') {
    const stop = (input.shutdownSeconds ?? 10) + (input.bootSeconds ?? 30) + (disks * 0.01) / rate;
    return answer({ rate, bytes: disks, fixed: stop, pause: stop });
  }
  const memory = input.guest.residentBytes ?? input.guest.memoryBytes;
  const dirty = Math.max(
    0,
    ...(input.dirty ?? []).map(({ mebibytesPerSecond }) => mebibytesPerSecond * 2 ** 20),
  );
  const limit = input.settings?.downtimeLimitSeconds ?? 0.3;
  const post = input.settings?.postcopyAfterPasses != null;
  const throttle = input.settings?.autoConverge === true ? 0.5 : 1;
  const ratio = (dirty * throttle) / rate;
  const pause = Math.min(limit, (dirty * 0.3) / rate) + 0.05 + input.link.rttSeconds;
  if (!post && ratio >= 1) return never(memory, dirty / 0.9);
  const bytes = disks + (post ? memory : memory / (1 - ratio));
  return answer({ rate, bytes, fixed: 1.5, pause: post ? 0.2 : pause });
}

function answer({
  rate,
  bytes,
  fixed,
  pause,
}: Readonly<Record<'rate' | 'bytes' | 'fixed' | 'pause', number>>): Estimate {
  return {
    id: '',
    verdict: 'completes',
    completesProbability: 0.98,
    totalSeconds: spread(bytes / rate + fixed),
    downtimeSeconds: spread(pause),
    pauseSeconds: spread(pause),
    sessionStallSeconds: spread(pause),
    transferredBytes: spread(bytes),
    wireBytes: spread(bytes * 1.05),
    passes: 1,
    why: [],
    wouldCompleteWith: null,
  };
}

function never(memory: number, needed: number): Estimate {
  return {
    id: '',
    verdict: 'does-not-converge',
    completesProbability: 0.02,
    totalSeconds: null,
    downtimeSeconds: null,
    pauseSeconds: null,
    sessionStallSeconds: null,
    transferredBytes: spread(memory),
    wireBytes: spread(memory),
    passes: 1,
    why: ['memory is dirtied faster than the path carries'],
    wouldCompleteWith: { bitsPerSecond: needed * 8 * 1.06, downtimeLimitSeconds: null },
  };
}
