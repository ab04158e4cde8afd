import { z } from 'zod';

/**
 * What a prediction stands on: few parameters with a physical meaning (docs/design/estimation.md names symbol, unit
 * and source of each) and how far measured moves lay from the prediction. `longhaul calibrate` makes one from
 * observations; shipped-model.ts holds the one that comes with Longhaul.
 */
const positive = z.number().positive();
const share = z.number().min(0).max(1);

const parametersSchema = z.strictObject({
  /** Resident pages that hold zeros, touched by the guest's own start; at most that share of what is resident. */
  touchedZeroBytes: positive,
  touchedZeroMost: share,
  /** Non-zero bytes among the last pages of RAM, where the first pass ends, beside the guest kernel's page map. */
  tailBytes: positive,
  /** Share of the arithmetic goodput (frame overhead) that a long transfer reaches. */
  goodputShare: share,
  /** Kernel memory that a buffer in the send queue costs beside its payload (sk_buff truesize). */
  bufferOverheadBytes: positive,
  /** Largest window the target's kernel grants (half of tcp_rmem's third figure). */
  receiveWindowBytes: positive,
  /** Round trips in which the window doubles. */
  doublingRoundTrips: positive,
  /** Time lost to slow start's overshoot ÷ CUBIC's K. */
  overshootShare: positive,
  /** C in Mathis' law: window = C ÷ √loss segments. */
  mathisConstant: positive,
  /** Overrun of the cap by multifd streams: measured rate ÷ `max-bandwidth`. */
  multifdCapFactor: positive,
  /** Socket memory that autotuning grants ÷ bytes in flight. */
  socketPerFlight: positive,
  /** Where its limit holds: share of it that is payload. */
  socketShare: share,
  /** Socket memory that BBR's start-up leaves granted. */
  bbrSocketBytes: positive,
  /** Set-up before the first pass: fixed part, and per GiB of RAM under binary translation (TCG). */
  setupSeconds: positive,
  setupTcgSecondsPerGibibyte: positive,
  /** Zero RAM scanned a second. */
  scanBytesPerSecond: positive,
  /** How long the source goes on sending, on the better tries, after the stop rule's threshold is met. */
  roomSeconds: positive,
  /** A synchronisation of the bitmap, and what surrounds it. */
  syncSeconds: positive,
  /** What is left at the stop ÷ what the rule allows: QEMU's own estimate of its rate falls short of the goodput. */
  downtimeShare: positive,
  /** What a guest dirties when samples read nothing. */
  backgroundBytesPerSecond: positive,
  /** What any running guest rewrites all the time, too little for samples to show. */
  restlessBytes: positive,
  /** Rewrites of a working set a second where the samples do not tell: median, and ln of its spread. */
  refreshPerSecond: positive,
  refreshSpread: positive,
  /** Share of the throttled time by which dirtying slows down. */
  throttleEffect: share,
  /** What crosses before the guest can run at the target when post-copy begins at once: device state, and what is before it. */
  headBytes: positive,
  /** Target's device load and start after the last byte. */
  loadSeconds: positive,
  /** What a client waits beyond the pause until its session answers. */
  sessionSeconds: positive,
  /** Bytes that `compress` leaves of a non-zero page, and what a core compresses. */
  compressRatio: share,
  compressBytesPerSecondPerCore: positive,
  /** Bytes that xbzrle leaves of a page sent again. */
  xbzrleRatio: share,
  /** Page faults in a row that a client waits for after post-copy began: after a pass or more, and at once. */
  faultRoundTrips: positive,
  coldFaultRoundTrips: positive,
  /** ln of the verdict's uncertainty: measured margins scatter so much around 1. */
  marginSpread: positive,
});
export type Parameters = z.infer<typeof parametersSchema>;
export type ParameterName = keyof Parameters;

export const quantities = ['total', 'downtime', 'pause', 'stall', 'bytes'] as const;
export type Quantity = (typeof quantities)[number];
export const regimes = ['steady', 'edge', 'post-copy', 'throttled', 'compressed', 'lossy'] as const;
export type Regime = (typeof regimes)[number];

/** Measured ÷ predicted of held-out moves: the 10th and the 90th percentile. */
const spreadSchema = z.strictObject({ low: positive, high: positive });
export type Spread = z.infer<typeof spreadSchema>;

export const modelSchema = z.strictObject({
  format: z.literal('longhaul-model/1'),
  id: z.string(),
  fittedTo: z.string(),
  parameters: parametersSchema,
  spread: z.record(z.enum(regimes), z.record(z.enum(quantities), spreadSchema)),
});
export type Model = z.infer<typeof modelSchema>;
