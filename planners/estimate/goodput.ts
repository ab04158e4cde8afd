import type { Path } from './conditions.ts';
import type { Parameters } from './model.ts';

/** What one migration gets out of a path, and what lies in socket and path while it runs at full rate. */
export interface Goodput {
  /** Payload bytes a second of a long transfer without a cap. */
  readonly bytesPerSecond: number;
  readonly limit: 'link' | 'window' | 'loss';
  /** Time lost until the window is open. */
  readonly slowStartSeconds: number;
  /** Written to the socket and not yet received, when the sender is not capped. */
  readonly backlogBytes: number;
  /** Bytes on the wire per byte of payload. */
  readonly wireRatio: number;
}

/** Ethernet: preamble 8, header 14, check sum 4, gap 12 (IEEE 802.3); IPv4 20, TCP 20, time stamps 12 (RFC 7323). */
const frameBytes = 38;
const capturedFrameBytes = 14;
const headerBytes = 52;
/** RFC 6928: initial window of ten segments. */
const initialSegments = 10;
/** Sharpness with which the smallest of several limits rules: (Σ Bᵢ^−k)^(−1/k). */
const sharpness = 6;

export function goodputOf(path: Path, streams: number, parameters: Parameters): Goodput {
  const segmentBytes = path.mtuBytes - headerBytes;
  const line = lineRate(path, parameters);
  const roundTrip = Math.max(path.rttSeconds, 1e-6);
  const windowBytes =
    (streams * path.sendBufferBytes * segmentBytes) / (segmentBytes + parameters.segmentOverheadBytes);
  const window = windowBytes / roundTrip;
  const lossy = streams * lossRate(path, segmentBytes, parameters);
  const bytesPerSecond = softMinimum(line, window, lossy);
  const flight = Math.min(line, bytesPerSecond * 1.2) * (roundTrip + path.bufferSeconds);
  return {
    bytesPerSecond,
    limit: line <= window && line <= lossy ? 'link' : window <= lossy ? 'window' : 'loss',
    slowStartSeconds: slowStart(bytesPerSecond * roundTrip, streams * segmentBytes, {
      path,
      parameters,
    }),
    backlogBytes: Math.min(windowBytes, flight * parameters.sendBufferPerWindow),
    wireRatio: (path.mtuBytes + capturedFrameBytes) / segmentBytes,
  };
}

function lineRate(path: Path, parameters: Parameters): number {
  const share = (path.mtuBytes - headerBytes) / (path.mtuBytes + frameBytes);
  const line = (path.bitsPerSecond / 8) * share * parameters.goodputShare;
  return Math.max(line - path.takenBytesPerSecond, line / (path.sharers + 2)) / (path.sharers + 1);
}

/**
 * Mathis et al. 1997 for Reno: W = C/√p segments. CUBIC (RFC 9438 §5.1): W = 1.054 (RTT/p)^¾ / RTT^… = 1.054·RTT^¾·p^−¾,
 * or Reno's where that is larger. BBR does not take loss for congestion until it nears 20 %.
 */
function lossRate(path: Path, segmentBytes: number, parameters: Parameters): number {
  if (path.loss <= 0) return Infinity;
  const roundTrip = Math.max(path.rttSeconds, 1e-6);
  if (path.congestionControl === 'bbr')
    return ((path.bitsPerSecond / 8) * Math.max(1 - path.loss * 5, 0.01)) / Math.max(path.loss * 20, 0.05);
  const reno = parameters.mathisConstant / Math.sqrt(path.loss);
  const cubic = 1.054 * (roundTrip / path.loss) ** 0.75;
  const segments = path.congestionControl === 'cubic' ? Math.max(reno, cubic) : reno;
  return (segments * segmentBytes) / roundTrip;
}

function slowStart(
  windowBytes: number,
  segmentBytes: number,
  { path, parameters }: { path: Path; parameters: Parameters },
): number {
  const doublings = Math.log2(Math.max(1, windowBytes / (initialSegments * segmentBytes)));
  return doublings * path.rttSeconds * parameters.slowStartRoundTrips;
}

function softMinimum(a: number, b: number, c: number): number {
  const smallest = Math.min(a, b, c);
  return (
    smallest /
    ((smallest / a) ** sharpness + (smallest / b) ** sharpness + (smallest / c) ** sharpness) **
      (1 / sharpness)
  );
}
