import type { Clock } from '../../topology/world.ts';

/** A clock that runs `factor` times as fast as another: hours of simulated moves in seconds of a demonstration. */
export function scaledClock(clock: Clock, factor: number): Clock {
  const nowAtStart = clock.nowSeconds();
  const monotonicAtStart = clock.monotonicSeconds();
  const elapsed = (): number => (clock.monotonicSeconds() - monotonicAtStart) * factor;
  return {
    nowSeconds: () => nowAtStart + elapsed(),
    monotonicSeconds: () => monotonicAtStart + elapsed(),
    sleep: (seconds, signal) => clock.sleep(seconds / factor, signal),
  };
}
