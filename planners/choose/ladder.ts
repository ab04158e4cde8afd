import type { Workload } from '../../topology/resolve/topology.ts';
import type { LadderRung } from '../plan/plan.ts';
import { reason } from '../plan/reasons.ts';
import type { Accepted } from './choose.ts';
import type { Fleet } from './fleet.ts';
import { downtimeLimitSecondsDefault } from './limits.ts';
import { isLive } from './rules/rule.ts';

/**
 * What the run does when a live move does not go as predicted: first what costs the guest only speed, then what costs
 * a pause, then what costs sessions; the last rung is always to leave it where it runs.
 */
export function ladderOf(
  { runbook }: Fleet,
  workload: Workload,
  { method, settings, estimate, path }: Accepted,
): readonly LadderRung[] {
  const leave: LadderRung = { action: 'leave', when: reason('nothing-left') };
  if (!isLive(method) || settings === null) return [leave];
  const rungs: LadderRung[] = [];
  const budget = Math.min(
    workload.downtimeBudgetSeconds,
    runbook.limits.downtimeSecondsMax ?? Number.POSITIVE_INFINITY,
  );
  if (!settings.autoConverge && settings.mode === 'pre-copy')
    rungs.push({ action: 'throttle', when: reason('falls-behind') });
  const hours = (estimate.totalSeconds?.p90 ?? 0) / 3600;
  const risk = 1 - Math.exp(-(path?.outagesPerHour ?? 0) * hours);
  if (settings.mode === 'pre-copy' && risk <= runbook.limits.postCopyRiskMax)
    rungs.push({ action: 'post-copy', when: reason('still-falls-behind') });
  if (budget > Math.max(downtimeLimitSecondsDefault, settings.downtimeLimitSeconds))
    rungs.push({
      action: 'pause-within-budget',
      when: reason('budget-allows-pause', { pauseSeconds: budget, budgetSeconds: budget }),
    });
  if (workload.sessions === 'may-break' && workload.methods.includes('cold'))
    rungs.push({ action: 'cold', when: reason('budget-allows-cold', { budgetSeconds: budget }) });
  return [...rungs, leave];
}
