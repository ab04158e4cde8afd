import type { LadderRung } from '../plan/plan.ts';
import { reason } from '../plan/reasons.ts';
import type { Choosing } from './choosing.ts';
import type { Accepted } from './candidate.ts';
import type { Choice } from './choose.ts';
import { hostOf } from './fleet.ts';
import { withoutPostCopy } from './limits.ts';
import { budgetSeconds, postCopyRisk } from './price.ts';
import { isLive } from './rules/rule.ts';

/**
 * What the run does when a live move does not go as predicted: first what costs the guest only speed, then what risks
 * it, then what costs a pause, then what costs sessions; the last rung is always to leave it where it runs. A rung is
 * there only where its constraints hold.
 */
export function ladderOf(
  choosing: Choosing,
  { workload, others }: Choice,
  { method, settings, estimate, path }: Accepted,
): readonly LadderRung[] {
  const leave: LadderRung = { action: 'leave', when: reason('nothing-left') };
  if (!isLive(method)) return [leave];
  const { limits } = choosing.fleet.runbook;
  const budget = budgetSeconds(choosing, workload);
  const risk = postCopyRisk(path, estimate, 'post-copy');
  const isPreCopy = settings.mode === 'pre-copy';
  const rungs: LadderRung[] = [];
  if (isPreCopy && !settings.autoConverge) rungs.push({ action: 'throttle', when: reason('falls-behind') });
  const { hypervisor } = hostOf(choosing.fleet, workload);
  if (isPreCopy && risk <= limits.postCopyRiskMax && !withoutPostCopy.has(hypervisor))
    rungs.push({ action: 'post-copy', when: reason('still-falls-behind', { riskRatio: risk }) });
  if (isPreCopy && budget > settings.downtimeLimitSeconds)
    rungs.push({
      action: 'pause-within-budget',
      when: reason('budget-allows-pause', { budgetSeconds: budget }),
    });
  const cold = others.find((other) => other.method === 'cold' && other.refusals.length === 0);
  if (cold !== undefined)
    rungs.push({ action: 'cold', when: reason('budget-allows-cold', { budgetSeconds: budget }) });
  return [...rungs, leave];
}
