/**
 * Distinct bytes dirtied in t seconds from clean: D(t) = W (1 − exp(−λ t)) + c t, at most the guest's own memory.
 * W: writable working set; λ: how often a second it is rewritten at first; c: what is dirtied outside it.
 * Concave and saturating, as Clark (NSDI 2005) and Gudkov (qemu-devel 2023) measured it.
 */
export interface DirtyCurve {
  readonly hotBytes: number;
  readonly refreshPerSecond: number;
  readonly coldBytesPerSecond: number;
  readonly mostBytes: number;
}

export function dirtiedIn(curve: DirtyCurve, seconds: number): number {
  const { hotBytes, refreshPerSecond, coldBytesPerSecond, mostBytes } = curve;
  const hot = hotBytes === 0 ? 0 : -hotBytes * Math.expm1(-refreshPerSecond * seconds);
  return Math.min(hot + coldBytesPerSecond * seconds, mostBytes);
}
