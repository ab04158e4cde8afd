import type { Path } from './conditions.ts';
import type { Parameters } from './model.ts';

/** What one migration gets out of a path, and what lies in socket and path while it runs at full rate. */
export interface Goodput {
  /** Payload bytes a second of a long transfer without a cap. */
  readonly bytesPerSecond: number;
  readonly limit: 'link' | 'window' | 'loss';
  readonly roundTripSeconds: number;
  /** Slow start: the window at first, and how long it takes to double. */
  readonly initialWindowBytes: number;
  readonly doublingSeconds: number;
  /** Written to the socket and not yet received, when the sender is not capped. */
  readonly backlogBytes: number;
  /** Bytes on the wire per byte of payload. */
  readonly wireRatio: number;
}

/** Ethernet: preamble 8, header 14, check sum 4, gap 12 (IEEE 802.3); IPv4 20, TCP 20, time stamps 12 (RFC 7323). */
const frameBytes = 38;
const capturedFrameBytes = 14;
const headerBytes = 52;
/** RFC 6928: ten segments. */
const initialSegments = 10;
/** sk_pacing_shift 10: a buffer holds what leaves in 1/1024 s. */
const buffersPerSecond = 1024;
/** A local link has a round trip too; keeps quotients finite. */
const roundTripSecondsMin = 20e-6;
/** Above this loss BBR halves too (Cardwell et al. 2017, §5). */
const bbrLossMax = 0.2;
/** Sharpness with which the smallest of several limits rules: (Σ Bᵢ^−k)^(−1/k). */
const sharpness = 8;

export function goodputOf(path: Path, streams: number, parameters: Parameters): Goodput {
  const segmentBytes = path.mtuBytes - headerBytes;
  const roundTripSeconds = Math.max(path.rttSeconds, roundTripSecondsMin);
  const line = lineRate(path, segmentBytes, parameters);
  const window = streams * windowRate(path, segmentBytes, parameters);
  const lossy = streams * lossRate(path, segmentBytes, parameters);
  const bytesPerSecond = softMinimum(line, window, lossy);
  const flightBytes = bytesPerSecond * (roundTripSeconds + path.bufferSeconds);
  return {
    bytesPerSecond,
    limit: line <= window && line <= lossy ? 'link' : window <= lossy ? 'window' : 'loss',
    roundTripSeconds,
    initialWindowBytes: streams * initialSegments * segmentBytes,
    doublingSeconds: roundTripSeconds * parameters.doublingRoundTrips,
    backlogBytes: Math.min(
      streams * windowAt(bytesPerSecond / streams, { path, segmentBytes, parameters }),
      flightBytes * parameters.socketPerFlight,
    ),
    wireRatio: (path.mtuBytes + capturedFrameBytes) / segmentBytes,
  };
}

/**
 * The send buffer counts kernel memory: each buffer of q payload bytes costs o more. TCP sizes buffers to what leaves in
 * 1/1024 s, at least two segments (tcp_tso_autosize). So `rate × RTT = S q/(q + o)`, q = max(2 MSS, rate/1024).
 */
function windowRate(path: Path, segmentBytes: number, parameters: Parameters): number {
  const roundTrip = Math.max(path.rttSeconds, roundTripSecondsMin);
  const full = path.sendBufferBytes / roundTrip;
  const small = (full * 2 * segmentBytes) / (2 * segmentBytes + parameters.bufferOverheadBytes);
  const sent = Math.max(small, full - parameters.bufferOverheadBytes * buffersPerSecond);
  return Math.min(sent, parameters.receiveWindowBytes / roundTrip);
}

/** Payload that the send buffer holds while so much leaves a second. */
function windowAt(
  bytesPerSecond: number,
  { path, segmentBytes, parameters }: { path: Path; segmentBytes: number; parameters: Parameters },
): number {
  const payload = Math.max(2 * segmentBytes, bytesPerSecond / buffersPerSecond);
  return (path.sendBufferBytes * payload) / (payload + parameters.bufferOverheadBytes);
}

/** What frames leave of the bit rate, less what other moves on the link take; a fair share of it is always left. */
function lineRate(path: Path, segmentBytes: number, parameters: Parameters): number {
  const line =
    ((path.bitsPerSecond / 8) * segmentBytes * parameters.goodputShare) / (path.mtuBytes + frameBytes);
  const movers = path.sharers + 1;
  const fair = line / (movers + path.ratedSharers);
  return Math.max((line - path.takenBytesPerSecond) / movers, fair);
}

/**
 * Mathis et al. (1997) for Reno: a mean window of C/√p segments. CUBIC (RFC 9438 §5.1): 1.054 (RTT/p)^¾, or Reno's
 * where that is larger. BBR does not take random loss for congestion.
 */
function lossRate(path: Path, segmentBytes: number, parameters: Parameters): number {
  if (path.loss <= 0) return Infinity;
  const roundTrip = Math.max(path.rttSeconds, roundTripSecondsMin);
  if (path.congestionControl === 'bbr' && path.loss < bbrLossMax) return Infinity;
  const reno = parameters.mathisConstant / Math.sqrt(path.loss);
  const cubic = path.congestionControl === 'reno' ? 0 : 1.054 * (roundTrip / path.loss) ** 0.75;
  return (Math.max(reno, cubic) * segmentBytes) / roundTrip;
}

/** A smooth minimum: two limits near each other cost something. */
function softMinimum(a: number, b: number, c: number): number {
  const smallest = Math.min(a, b, c);
  const sum = (smallest / a) ** sharpness + (smallest / b) ** sharpness + (smallest / c) ** sharpness;
  return smallest / sum ** (1 / sharpness);
}
