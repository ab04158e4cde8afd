import type { TransferSettings } from '../../../planners/plan/plan.ts';
import { downtimeLimitMillisecondsMax } from './limits.ts';

/**
 * Transfer settings as QEMU's capabilities and parameters. Every one is said, on or off, as a process keeps those of an
 * earlier attempt; both ends get the same, as several of them change the stream.
 *
 * `return-path` lets the source complete only after the target has said that it loaded everything: a stream that is
 * lost in stop-and-copy fails, and the guest runs on at the source, instead of being `sent` to nobody.
 */
export function capabilitiesOf(settings: TransferSettings): readonly {
  readonly capability: string;
  readonly state: boolean;
}[] {
  const states: Readonly<Record<string, boolean>> = {
    events: true,
    'return-path': true,
    // The target opens shared disks for writing when it runs, not when it has loaded: until then they are the source's.
    'late-block-activate': true,
    'validate-uuid': true,
    'auto-converge': settings.autoConverge,
    xbzrle: settings.xbzrleCacheBytes > 0,
    multifd: settings.multifdChannels > 0,
    compress: settings.compress,
    'postcopy-ram': settings.mode !== 'pre-copy',
  };
  return Object.entries(states).map(([capability, state]) => ({ capability, state }));
}

/** Those that can be changed while a migration runs. */
export function runningParametersOf(settings: Partial<TransferSettings>): Readonly<Record<string, number>> {
  const { maxBandwidthBytesPerSecond: bandwidth, downtimeLimitSeconds } = settings;
  return {
    // 0 is no limit; left alone, QEMU caps at 128 MiB/s.
    ...(bandwidth === undefined ? {} : { 'max-bandwidth': Math.ceil(bandwidth ?? 0) }),
    ...(downtimeLimitSeconds === undefined
      ? {}
      : {
          'downtime-limit': clamp(Math.round(downtimeLimitSeconds * 1000), 1, downtimeLimitMillisecondsMax),
        }),
  };
}

export function parametersOf(settings: TransferSettings): Readonly<Record<string, number>> {
  const { xbzrleCacheBytes, multifdChannels } = settings;
  return {
    ...runningParametersOf(settings),
    'max-postcopy-bandwidth': 0,
    ...(xbzrleCacheBytes > 0 ? { 'xbzrle-cache-size': powerOfTwoBelow(xbzrleCacheBytes) } : {}),
    ...(multifdChannels > 0 ? { 'multifd-channels': multifdChannels } : {}),
  };
}

const clamp = (value: number, min: number, max: number): number => Math.min(max, Math.max(min, value));

/** QEMU refuses any other cache size; at least one page. */
const powerOfTwoBelow = (bytes: number): number => 2 ** Math.floor(Math.log2(Math.max(4096, bytes)));
