import { z } from 'zod';

/**
 * One measured move: what could be known beforehand, and the outcome. Also the input of `longhaul estimate`
 * (there without `outcome`). JSON lines; numbers in SI base units. Fields as in examples/observations/README.md.
 */
/** A number, and one that an operator might write there. */
const positive = (example: number) =>
  z
    .number()
    .positive()
    .meta({ examples: [example] });
const nonNegative = (example: number) =>
  z
    .number()
    .nonnegative()
    .meta({ examples: [example] });
const text = (example: string) => z.string().meta({ examples: [example] });
const flag = z.boolean().meta({ examples: [false] });
const count = (example: number) =>
  z
    .int()
    .nonnegative()
    .meta({ examples: [example] });

const guest = z.strictObject({
  memoryBytes: positive(2 ** 30),
  /** Host-resident part of the guest's RAM mapping. */
  residentBytes: positive(2 ** 29)
    .nullable()
    .optional(),
  vcpus: count(1).optional(),
  accelerator: text('kvm').optional(),
  qemu: text('7.2.22').optional(),
});

const dirtySample = z.strictObject({
  /** Sampling interval of calc-dirty-rate. */
  seconds: positive(1),
  /** Distinct MiB dirtied per second over that interval (QEMU prints it as MB/s). */
  mebibytesPerSecond: nonNegative(12),
});

const link = z.strictObject({
  bitsPerSecond: positive(1e9),
  rttSeconds: nonNegative(0.04),
  jitterSeconds: nonNegative(0.001).optional(),
  loss: z
    .number()
    .min(0)
    .max(1)
    .meta({ examples: [0.0001] })
    .optional(),
  bufferSeconds: nonNegative(0.05).optional(),
  mtuBytes: z
    .int()
    .min(576)
    .meta({ examples: [1500] })
    .optional(),
  congestionControl: text('cubic').optional(),
  /** The third figure of the sender's tcp_wmem. */
  sendBufferBytes: positive(4_194_304).optional(),
});

const settings = z.strictObject({
  /** Null: no cap. QEMU's own default is 128 MiB/s. */
  maxBandwidthBytesPerSecond: positive(134_217_728).nullable().optional(),
  downtimeLimitSeconds: nonNegative(0.3).optional(),
  autoConverge: flag.optional(),
  xbzrleCacheBytes: nonNegative(67_108_864).optional(),
  multifdChannels: count(4).optional(),
  compress: flag.optional(),
  /** Passes of pre-copy before post-copy begins; null: never. */
  postcopyAfterPasses: count(1).nullable().optional(),
  timeoutSeconds: positive(3600).nullable().optional(),
});

const disk = z.strictObject({
  sizeBytes: positive(2 ** 34),
  usedBytes: nonNegative(2 ** 32).optional(),
  shared: flag.optional(),
  writeBytesPerSecond: nonNegative(2 ** 20).optional(),
  /** Bytes of it that the target already holds. */
  seededBytes: nonNegative(2 ** 32).optional(),
});

export const estimateInputSchema = z.strictObject({
  id: text('web-1'),
  guest,
  dirty: z.array(dirtySample).optional(),
  link,
  settings: settings.optional(),
  host: z.strictObject({ cores: positive(8).optional(), load1: nonNegative(0.5).optional() }).optional(),
  method: z.enum(['stretched-live', 'routed-live', 'redirect', 'cold']).optional(),
  disks: z.array(disk).optional(),
  /** Other moves that share the link at the same time, with their rate where it is fixed. */
  concurrent: z.array(z.strictObject({ bytesPerSecond: nonNegative(1e7).optional() })).optional(),
  /** True: the target waits, loaded, for its agent's word; adds a control round trip to the pause. */
  gatedStart: flag.optional(),
  /** For `cold` and `redirect`. */
  shutdownSeconds: nonNegative(20).optional(),
  bootSeconds: nonNegative(40).optional(),
  cloneSeconds: nonNegative(60).optional(),
  /** How the path converges after the switchover. */
  convergence: z
    .strictObject({
      kind: z.enum(['tunnel', 'announcement', 'bgp', 'dns', 'dhcp', 'balancer']),
      seconds: nonNegative(1).optional(),
    })
    .optional(),
});
export type EstimateInput = z.infer<typeof estimateInputSchema>;

const measured = z.number().nonnegative().nullish();
const counted = z.int().nonnegative().nullish();

const sync = z.strictObject({
  atSeconds: z.number().nonnegative(),
  pass: z.int(),
  transferredBytes: z.number().nonnegative(),
  remainingBytes: z.number().nonnegative(),
  dirtyPagesPerSecond: z.number().nonnegative(),
});

/** A move cancelled at its timeout has no times; what QEMU forgets on cancel is null. */
export const outcomeSchema = z.strictObject({
  status: z.enum(['completed', 'not-converged', 'failed']),
  totalSeconds: measured,
  downtimeSeconds: measured,
  setupSeconds: measured,
  pauseSeconds: measured,
  sessionStallSeconds: measured,
  transferredBytes: measured,
  wireBytes: measured,
  passes: counted,
  normalPages: counted,
  zeroPages: counted,
  postcopyRequests: counted,
  throttlePercentMax: z.number().nonnegative().nullish(),
  /** What polling saw at the passes' ends. */
  syncs: z.array(sync).optional(),
});

export const observationSchema = estimateInputSchema.extend({ outcome: outcomeSchema });
export type Observation = z.infer<typeof observationSchema>;
