import type { Choosing } from '../../choose/choosing.ts';
import { workloadOf } from '../../choose/fleet.ts';
import { reason } from '../../plan/reasons.ts';
import type { Requested } from './requested.ts';

/** Those that have to move to the site, and those that are there already. */
export function parted(
  { fleet }: Choosing,
  workloads: readonly string[],
  site: string,
): Pick<Requested, 'moves' | 'stays'> {
  const isThere = (name: string): boolean => workloadOf(fleet, name).site === site;
  return {
    moves: workloads
      .filter((name) => !isThere(name))
      .map((workload) => ({ workload, targets: [site], hosts: null })),
    stays: workloads
      .filter(isThere)
      .map((workload) => ({ workload, because: [reason('stays-where-it-is')] })),
  };
}
