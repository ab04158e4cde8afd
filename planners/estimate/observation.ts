import { z } from 'zod';

/**
 * One measured move: what could be known beforehand, and the outcome. Also the input of `longhaul estimate`
 * (there without `outcome`). JSON lines; numbers in SI base units. Fields as in examples/observations/README.md.
 */
const positive = z.number().positive();
const nonNegative = z.number().nonnegative();

const guest = z.strictObject({
  memoryBytes: positive,
  /** Host-resident part of the guest's RAM mapping. */
  residentBytes: positive.nullable().optional(),
  vcpus: z.int().positive().optional(),
  accelerator: z.string().optional(),
  qemu: z.string().optional(),
});

const dirtySample = z.strictObject({
  /** Sampling interval of calc-dirty-rate. */
  seconds: positive,
  /** Distinct MiB dirtied per second over that interval (QEMU prints it as MB/s). */
  mebibytesPerSecond: nonNegative,
});

const link = z.strictObject({
  bitsPerSecond: positive,
  rttSeconds: nonNegative,
  jitterSeconds: nonNegative.optional(),
  loss: z.number().min(0).max(1).optional(),
  bufferSeconds: nonNegative.optional(),
  mtuBytes: z.int().min(576).optional(),
  congestionControl: z.string().optional(),
  sendBufferBytes: positive.optional(),
});

const settings = z.strictObject({
  maxBandwidthBytesPerSecond: positive.nullable().optional(),
  downtimeLimitSeconds: nonNegative.optional(),
  autoConverge: z.boolean().optional(),
  xbzrleCacheBytes: nonNegative.optional(),
  multifdChannels: z.int().nonnegative().optional(),
  compress: z.boolean().optional(),
  postcopyAfterPasses: z.int().nonnegative().nullable().optional(),
  timeoutSeconds: positive.nullable().optional(),
});

const disk = z.strictObject({
  sizeBytes: positive,
  usedBytes: nonNegative.optional(),
  shared: z.boolean().optional(),
  writeBytesPerSecond: nonNegative.optional(),
  seededBytes: nonNegative.optional(),
});

export const estimateInputSchema = z.strictObject({
  id: z.string(),
  guest,
  dirty: z.array(dirtySample).optional(),
  link,
  settings: settings.optional(),
  host: z.strictObject({ cores: positive.optional(), load1: nonNegative.optional() }).optional(),
  method: z.enum(['stretched-live', 'routed-live', 'redirect', 'cold']).optional(),
  disks: z.array(disk).optional(),
  /** Other moves that share the link at the same time. */
  concurrent: z.array(z.strictObject({ bytesPerSecond: nonNegative.optional() })).optional(),
  /** True: the target waits, loaded, for its agent's word; adds a control round trip to the pause. */
  gatedStart: z.boolean().optional(),
  /** For `cold` and `redirect`. */
  shutdownSeconds: nonNegative.optional(),
  bootSeconds: nonNegative.optional(),
  cloneSeconds: nonNegative.optional(),
  /** How the path converges after the switchover. */
  convergence: z
    .strictObject({
      kind: z.enum(['tunnel', 'announcement', 'bgp', 'dns', 'dhcp', 'balancer']),
      seconds: nonNegative.optional(),
    })
    .optional(),
});
export type EstimateInput = z.infer<typeof estimateInputSchema>;

const sync = z.strictObject({
  atSeconds: nonNegative,
  pass: z.int(),
  transferredBytes: nonNegative,
  remainingBytes: nonNegative,
  dirtyPagesPerSecond: nonNegative,
});

/** A move cancelled at its timeout has no times; what QEMU forgets on cancel is null. */
export const outcomeSchema = z.strictObject({
  status: z.enum(['completed', 'not-converged', 'failed']),
  totalSeconds: nonNegative.nullish(),
  downtimeSeconds: nonNegative.nullish(),
  setupSeconds: nonNegative.nullish(),
  pauseSeconds: nonNegative.nullish(),
  sessionStallSeconds: nonNegative.nullish(),
  transferredBytes: nonNegative.nullish(),
  wireBytes: nonNegative.nullish(),
  passes: z.int().nonnegative().nullish(),
  normalPages: z.int().nonnegative().nullish(),
  zeroPages: z.int().nonnegative().nullish(),
  postcopyRequests: z.int().nonnegative().nullish(),
  throttlePercentMax: nonNegative.optional(),
  /** What polling saw at the passes' ends. */
  syncs: z.array(sync).optional(),
});

export const observationSchema = estimateInputSchema.extend({ outcome: outcomeSchema });
export type Observation = z.infer<typeof observationSchema>;
