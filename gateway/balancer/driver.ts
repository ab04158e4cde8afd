import type { BalancerChange, BalancerStatus } from './change.ts';

/**
 * One load balancer: who serves a pool. Desired state in, observed state out; the same change twice does nothing the
 * second time. One suite (test/support/balancer-suite.ts) runs over every driver.
 */
export interface BalancerDriver {
  readonly name: string;
  readonly pools: readonly string[];
  apply(change: BalancerChange, signal: AbortSignal): Promise<BalancerStatus>;
  observe(change: BalancerChange, signal: AbortSignal): Promise<BalancerStatus>;
}
