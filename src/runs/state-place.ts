import type { Plan } from '../../planners/plan/plan.ts';
import { isInSubnet } from '../../topology/addresses.ts';
import { LonghaulError } from '../../topology/errors.ts';
import { isSimulated } from './consent.ts';

/** Where a state lies: what people call it, and the addresses of the machine that has it. */
export interface StatePlace {
  readonly name: string;
  readonly addresses: readonly string[];
}

/**
 * Who leaves a site takes the journal along: with the state on a machine of that very site nobody could tell, once it is
 * dark, what has moved and what has not. An address in a subnet that is also at another site proves nothing.
 */
export function refuseStateLeftBehind(plan: Plan, { name, addresses }: StatePlace): void {
  const { goal } = plan.runbook;
  if (goal.kind !== 'evacuate' || isSimulated(plan)) return;
  const stretched = new Set(plan.topology.links.flatMap(({ stretched: pairs }) => pairs.flat()));
  const networks = plan.topology.sites.find((site) => site.name === goal.from)?.networks ?? [];
  for (const { name: network, subnet } of networks) {
    const here = addresses.find((address) => isInSubnet(address, subnet));
    if (here === undefined || stretched.has(`${goal.from}/${network}`)) continue;
    throw new LonghaulError('LH_STATE_LEFT_BEHIND', [name, here, network, goal.from], {
      settle: `longhaul run PLAN on a machine outside '${goal.from}', or --state with a Redis outside it`,
    });
  }
}
