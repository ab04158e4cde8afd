import type { TransferSettings } from '../plan/plan.ts';
import {
  downtimeLimitOfBudget,
  downtimeLimitSecondsDefault,
  multifdChannelsDefault,
  xbzrleCacheBytesDefault,
} from './limits.ts';

/** One way to send memory, before the rate is known. */
export interface Mode {
  readonly name: string;
  readonly settings: Omit<TransferSettings, 'maxBandwidthBytesPerSecond' | 'timeoutSeconds'>;
}

/** When a mode is worth asking about. */
export function needOf({ name }: Mode): 'always' | 'narrow-stream' | 'last-resort' {
  if (name === plainName) return 'always';
  return name === streamsName ? 'narrow-stream' : 'last-resort';
}

const plainName = 'pre-copy';
const streamsName = 'pre-copy, streams';

/**
 * The live transfer modes that are worth asking about, plainest first. The first asks nothing of the guest; each later
 * one buys convergence with something: a longer pause, processor time, the guest's speed, or its safety.
 */
export function liveModes(budgetSeconds: number): readonly Mode[] {
  const limit = Math.min(downtimeLimitSecondsDefault, budgetSeconds * downtimeLimitOfBudget);
  const longer = budgetSeconds * downtimeLimitOfBudget;
  const plain: Mode['settings'] = {
    mode: 'pre-copy',
    downtimeLimitSeconds: limit,
    autoConverge: false,
    xbzrleCacheBytes: 0,
    multifdChannels: 0,
    compress: false,
  };
  const modes: Mode[] = [
    { name: plainName, settings: plain },
    { name: streamsName, settings: { ...plain, multifdChannels: multifdChannelsDefault } },
    {
      name: 'pre-copy, delta compression',
      settings: { ...plain, xbzrleCacheBytes: xbzrleCacheBytesDefault },
    },
    { name: 'pre-copy, compression', settings: { ...plain, compress: true } },
    { name: 'pre-copy, throttled', settings: { ...plain, autoConverge: true } },
    { name: 'hybrid', settings: { ...plain, mode: 'hybrid' } },
    { name: 'post-copy', settings: { ...plain, mode: 'post-copy' } },
  ];
  if (longer > limit)
    modes.splice(1, 0, {
      name: 'pre-copy, longer pause',
      settings: { ...plain, downtimeLimitSeconds: longer },
    });
  return modes;
}

/** What the word for a set of settings is; 'pre-copy' and what was added to it. */
export function modeName(settings: TransferSettings | null): string {
  if (settings === null) return '';
  if (settings.mode !== 'pre-copy') return settings.mode;
  if (settings.autoConverge) return 'pre-copy, throttled';
  if (settings.compress) return 'pre-copy, compression';
  if (settings.xbzrleCacheBytes > 0) return 'pre-copy, delta compression';
  if (settings.multifdChannels > 0) return 'pre-copy, streams';
  return settings.downtimeLimitSeconds > downtimeLimitSecondsDefault ? 'pre-copy, longer pause' : 'pre-copy';
}
