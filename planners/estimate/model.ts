import { z } from 'zod';

/**
 * What a prediction stands on: few parameters with a physical meaning (docs/design/estimation.md names symbol, unit
 * and source of each) and how far measured moves lay from the prediction. `longhaul calibrate` makes one from
 * observations; shipped-model.ts holds the one that comes with Longhaul.
 */
const positive = z.number().positive();
const share = z.number().min(0).max(1);

const parametersSchema = z.strictObject({
  /** Non-zero bytes ÷ resident bytes less `touchedZeroBytes`: what the first pass really carries. */
  residentShare: positive,
  /** Resident pages that hold zeros: touched and freed by the guest's own start. */
  touchedZeroBytes: z.number().nonnegative(),
  /** Non-zero bytes among the last pages of RAM, where the first pass ends. */
  tailBytes: positive,
  /** Share of the arithmetic goodput (frame overhead) that a long transfer reaches. */
  goodputShare: share,
  /** Kernel memory that each segment in the send buffer costs beside its payload (sk_buff truesize). */
  segmentOverheadBytes: positive,
  /** Round trips lost per doubling of the window until the path is full. */
  slowStartRoundTrips: positive,
  /** C in Mathis' law, window = C ÷ √loss segments. */
  mathisConstant: positive,
  /** Cap overrun of multifd streams: measured rate ÷ `max-bandwidth`. */
  multifdCapFactor: positive,
  /** Socket memory that autotuning grants, per byte of congestion window. */
  sendBufferPerWindow: positive,
  /** Set-up before the first pass: fixed part, and per GiB of RAM under binary translation (TCG). */
  setupSeconds: positive,
  setupTcgSecondsPerGibibyte: positive,
  /** Zero-page scan, bytes of zero RAM a second. */
  scanBytesPerSecond: positive,
  /** Shortest time between two bitmap synchronisations. */
  sliceSeconds: positive,
  /** Share of the best case that a lucky slice may clear before the pass is cut short (0.5: the mean case). */
  slicePhase: share,
  /** Share of the downtime limit that is left to send, on average, when the guest is stopped. */
  limitShare: positive,
  /** Dirty rate under migration ÷ sampled before it. */
  dirtyInflation: positive,
  /** Time constant, as a share of the shortest sample, of a working set already saturated in that sample. */
  saturatedShare: positive,
  /** Target's device load and start after the last byte. */
  loadSeconds: positive,
  /** What a client waits beyond the pause until its session answers. */
  sessionRecoverySeconds: positive,
  /** Bytes that `compress` leaves of a non-zero page, and what one core compresses. */
  compressRatio: share,
  compressBytesPerSecondPerCore: positive,
  /** Bytes that xbzrle leaves of a page that is sent again from its cache. */
  xbzrleRatio: share,
  /** Page faults that stall a client after post-copy began, in round trips. */
  faultRoundTrips: positive,
});
export type Parameters = z.infer<typeof parametersSchema>;
export type ParameterName = keyof Parameters;

export const quantities = ['total', 'downtime', 'pause', 'stall', 'bytes'] as const;
export type Quantity = (typeof quantities)[number];
export const regimes = ['steady', 'edge', 'post-copy', 'throttled', 'compressed', 'lossy'] as const;
export type Regime = (typeof regimes)[number];

/** Measured ÷ predicted: the 10th, 50th and 90th percentile of held-out moves. */
const spreadSchema = z.strictObject({ low: positive, mid: positive, high: positive });
export type Spread = z.infer<typeof spreadSchema>;

export const modelSchema = z.strictObject({
  format: z.literal('longhaul-model/1'),
  id: z.string(),
  fittedTo: z.string(),
  parameters: parametersSchema,
  spread: z.record(z.enum(regimes), z.record(z.enum(quantities), spreadSchema)),
  /** Standard deviation of ln(margin) with which verdicts are uncertain. */
  verdictSigma: positive,
});
export type Model = z.infer<typeof modelSchema>;
