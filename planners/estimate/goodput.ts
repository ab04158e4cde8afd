import type { Path } from './conditions.ts';
import type { Parameters } from './model.ts';

/** What one migration gets out of a path, and what lies in socket and path while it runs at full rate. */
export interface Goodput {
  /** Payload bytes a second of a long transfer without a cap. */
  readonly bytesPerSecond: number;
  /** The same before the first loss, and the bytes that cross until then, on average. */
  readonly losslessBytesPerSecond: number;
  readonly losslessBytes: number;
  /** What frames leave of the bit rate, before other moves take their part. */
  readonly lineBytesPerSecond: number;
  readonly limit: 'link' | 'window' | 'loss';
  readonly roundTripSeconds: number;
  /** Slow start: the window at first, and how long it takes to double. */
  readonly initialWindowBytes: number;
  readonly doublingSeconds: number;
  /** What recovering from slow start's overshoot costs a long transfer. */
  readonly overshootSeconds: number;
  /** What the socket of a sender without a cap holds: sent and not acknowledged, and not yet sent. */
  readonly socketBytes: number;
  /** From a write into that socket until the bytes have arrived; an empty socket takes half a round trip. */
  readonly deliverySeconds: number;
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
/** Half of how much longer than that a usual round trip is. */
const lateAckSeconds = 0.02;

export function goodputOf(path: Path, streams: number, parameters: Parameters): Goodput {
  const segmentBytes = path.mtuBytes - headerBytes;
  const roundTripSeconds = Math.max(path.rttSeconds, roundTripSecondsMin);
  const line = lineRate(path, segmentBytes, parameters);
  const window = streams * windowRate(path, segmentBytes, parameters);
  const lossy = streams * lossRate(path, segmentBytes, parameters);
  const bytesPerSecond = softMinimum(line, window, lossy);
  const losslessBytesPerSecond = lossy === Infinity ? bytesPerSecond : softMinimum(line, window, Infinity);
  const socket = socketOf(path, { rate: bytesPerSecond / streams, line: line / streams }, parameters);
  return {
    bytesPerSecond,
    losslessBytesPerSecond,
    losslessBytes: lossy === Infinity ? 0 : segmentBytes / path.loss,
    lineBytesPerSecond: frameRate(path, segmentBytes, parameters),
    limit: line <= window && line <= lossy ? 'link' : window <= lossy ? 'window' : 'loss',
    roundTripSeconds,
    initialWindowBytes: streams * initialSegments * segmentBytes,
    doublingSeconds: roundTripSeconds * parameters.doublingRoundTrips,
    overshootSeconds:
      overshootOf(path, bytesPerSecond / streams / segmentBytes, parameters) * (bytesPerSecond / line) ** 2,
    socketBytes: streams * socket.bytes,
    deliverySeconds: socket.deliverySeconds,
    wireRatio: (path.mtuBytes + capturedFrameBytes) / segmentBytes,
  };
}

/**
 * Slow start fills the router's buffer and loses much at once. CUBIC (RFC 9438 §4.2) is back after
 * K = ∛(0.3 W / 0.4) seconds; a buffer of one round trip or more covers that, and BBR does not care. A flow that does
 * not fill the line overshoots less: the square of its share is taken.
 */
function overshootOf(path: Path, segmentsPerSecond: number, parameters: Parameters): number {
  if (path.congestionControl === 'bbr' || path.bufferSeconds >= path.rttSeconds) return 0;
  const segments = segmentsPerSecond * (path.rttSeconds + path.bufferSeconds);
  const uncovered = 1 - path.bufferSeconds / path.rttSeconds;
  return parameters.overshootShare * Math.cbrt(0.75 * segments) * uncovered;
}

/**
 * Autotuning grants a multiple of what was in flight when the router's buffer was full (tcp_sndbuf_expand), and BBR
 * what its start-up left; at most the limit, of which a share is payload. Of what the socket holds, half a round trip's
 * bytes have arrived and are only not acknowledged yet. Where the limit holds that would make the delivery shorter with
 * a longer round trip, up to the one at which the window holds the sender and nothing waits: what was true at the round
 * trip from which on the limit holds, less a mean of the rest, stands for it. A sender that the line does not hold has
 * nothing waiting, so the limit counts at the line's rate.
 */
function socketOf(
  path: Path,
  { rate, line }: { readonly rate: number; readonly line: number },
  parameters: Parameters,
): { bytes: number; deliverySeconds: number } {
  const { rttSeconds, bufferSeconds } = path;
  const most = parameters.socketShare * path.sendBufferBytes;
  const granted =
    path.congestionControl === 'bbr'
      ? parameters.bbrSocketBytes
      : parameters.socketPerFlight * rate * (rttSeconds + bufferSeconds);
  const acknowledgedLate = path.congestionControl === 'bbr' ? 0 : rttSeconds / 2;
  const waitSeconds = Math.min(
    granted / rate - acknowledgedLate,
    limitSeconds(path, most / line, parameters),
  );
  return {
    bytes: Math.min(most, Math.max(granted, rate * rttSeconds)),
    deliverySeconds: Math.max(waitSeconds, rttSeconds / 2),
  };
}

/** How long a socket that is full to its limit waits; `fullSeconds` is what the line takes for all of it. */
function limitSeconds(path: Path, fullSeconds: number, { socketPerFlight }: Parameters): number {
  const grantedAtRtt =
    path.congestionControl === 'bbr' ? 0 : fullSeconds / socketPerFlight - path.bufferSeconds;
  return fullSeconds - Math.max(0, grantedAtRtt) / 2 - lateAckSeconds;
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

const frameRate = (path: Path, segmentBytes: number, parameters: Parameters): number =>
  ((path.bitsPerSecond / 8) * segmentBytes * parameters.goodputShare) / (path.mtuBytes + frameBytes);

/** What frames leave of the bit rate, less what other moves on the link take; a fair share of it is always left. */
function lineRate(path: Path, segmentBytes: number, parameters: Parameters): number {
  const line = frameRate(path, segmentBytes, parameters);
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
