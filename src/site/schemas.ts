import { z } from 'zod';
import { isAddress } from '../../topology/addresses.ts';
import { dirtyIntervalSecondsMax, dirtyIntervalsMax, watchSecondsMax } from './limits.ts';

/** What may come in over the wire; the types are those of site.ts, which every operation checks at compile time. */

/** Letters, digits and `. _ -`, as names in files; never a path. */
export const workloadName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/, 'must be a name of letters, digits, dot, underscore and dash');
export const name = z.string().min(1).max(253);
export const address = z.string().refine(isAddress, 'must be an IPv4 address, for example "10.1.0.50"');
const mac = z
  .string()
  .regex(/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/, 'must be a MAC address, for example "52:54:00:00:00:01"');
export const port = z.int().min(0).max(65_535);

export const claim = z.strictObject({ workload: workloadName, epoch: z.int().positive(), run: name });

const setting = {
  mode: z.enum(['pre-copy', 'post-copy', 'hybrid']),
  maxBandwidthBytesPerSecond: z.number().positive().nullable(),
  downtimeLimitSeconds: z.number().positive(),
  autoConverge: z.boolean(),
  xbzrleCacheBytes: z.int().nonnegative(),
  multifdChannels: z.int().min(0).max(255),
  compress: z.boolean(),
  timeoutSeconds: z.number().positive(),
};
export const settings = z.strictObject(setting);

export const settingsChange = z.strictObject({
  mode: z.exactOptional(setting.mode),
  maxBandwidthBytesPerSecond: z.exactOptional(setting.maxBandwidthBytesPerSecond),
  downtimeLimitSeconds: z.exactOptional(setting.downtimeLimitSeconds),
  autoConverge: z.exactOptional(setting.autoConverge),
  xbzrleCacheBytes: z.exactOptional(setting.xbzrleCacheBytes),
  multifdChannels: z.exactOptional(setting.multifdChannels),
  compress: z.exactOptional(setting.compress),
  timeoutSeconds: z.exactOptional(setting.timeoutSeconds),
});

const content = z.enum(['guest', 'disks']);

export const targetSpec = z.strictObject({
  host: name,
  content,
  settings,
  nics: z.array(z.strictObject({ mac, network: name })).max(64),
  definition: z.unknown(),
});

const links = z.array(name).max(16);

export const transferOrder = z.strictObject({
  uri: z.string().min(1).max(1024),
  content,
  settings,
  links: z.exactOptional(links),
});

export const cloneSpec = z.strictObject({
  host: name,
  template: name,
  addresses: z.array(z.strictObject({ network: name, address })).max(64),
  image: z.exactOptional(z.strictObject({ links, maxBandwidthBytesPerSecond: z.number().positive() })),
});

export const dirtyIntervals = z
  .array(z.int().min(1).max(dirtyIntervalSecondsMax))
  .min(1)
  .max(dirtyIntervalsMax);

/** From a query string: numbers are text there, and no status is the word `none`. */
export const seen = {
  state: z.enum(['absent', 'running', 'paused', 'incoming', 'loaded', 'sent', 'stopped', 'failed']),
  status: z
    .enum(['setup', 'active', 'post-copy', 'switchover', 'completed', 'failed', 'cancelled', 'none'])
    .transform((status) => (status === 'none' ? null : status)),
  waitSeconds: z.coerce.number().min(0).max(watchSecondsMax),
};

export const dnsChange = z.strictObject({
  workload: workloadName,
  names: z
    .array(
      z.strictObject({
        name,
        address,
        previousAddresses: z.array(address).max(64),
        ttlSeconds: z
          .int()
          .min(0)
          .max(2 ** 31 - 1),
      }),
    )
    .max(256),
  reverse: z
    .array(
      z.strictObject({
        address,
        name,
        ttlSeconds: z
          .int()
          .min(0)
          .max(2 ** 31 - 1),
      }),
    )
    .max(256),
  withdrawn: z.array(address).max(256),
});

export const balancerChange = z.strictObject({
  workload: workloadName,
  pool: name,
  members: z.array(z.strictObject({ address, state: z.enum(['serving', 'draining', 'absent']) })).max(1024),
});
