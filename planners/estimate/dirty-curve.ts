/**
 * Distinct bytes dirtied in t seconds from clean: D(t) = W (1 − exp(−λ t)) + c t + ρ t/(t + 50 ms), at most the guest's
 * own memory. W: writable working set; λ: how often a second it is rewritten at first; c: what is dirtied outside it;
 * ρ: what the guest's kernel rewrites all the time.
 * Concave and saturating, as Clark (NSDI 2005) and Gudkov (qemu-devel 2023) measured it.
 */
export interface DirtyCurve {
  readonly hotBytes: number;
  readonly refreshPerSecond: number;
  readonly coldBytesPerSecond: number;
  readonly restlessBytes: number;
  readonly mostBytes: number;
}

export function dirtiedIn(curve: DirtyCurve, seconds: number): number {
  const { hotBytes, refreshPerSecond, coldBytesPerSecond, restlessBytes, mostBytes } = curve;
  const hot = hotBytes === 0 ? 0 : -hotBytes * Math.expm1(-refreshPerSecond * seconds);
  const restless = (restlessBytes * seconds) / (seconds + restlessSeconds);
  return Math.min(hot + coldBytesPerSecond * seconds + restless, mostBytes);
}

/** In which the kernel's own pages are half rewritten: some of its timer's ticks, and of whatever talks to the guest. */
const restlessSeconds = 0.05;
