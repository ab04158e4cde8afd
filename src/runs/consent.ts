import { LonghaulError } from '../../topology/errors.ts';
import type { Plan } from '../../planners/plan/plan.ts';
import type { Consent } from './service.ts';

/**
 * Nothing real is carried out by accident: a plan whose hosts are all simulated needs no consent, any other one needs
 * `--yes`, or the approval of each person its runbook names.
 */
export function requireConsent(plan: Plan, { yes, approvedBy }: Consent): void {
  if (isSimulated(plan)) return;
  const { approvals } = plan.runbook;
  const missing = approvals.filter((name) => !approvedBy.includes(name));
  if (missing.length > 0)
    throw new LonghaulError(
      'LH_CONSENT_MISSING',
      [plan.name, `its runbook asks for the approval of ${missing.join(', ')}`],
      { settle: `longhaul run PLAN ${approvals.map((name) => `--approved-by ${name}`).join(' ')}` },
    );
  if (approvals.length === 0 && !yes)
    throw new LonghaulError('LH_CONSENT_MISSING', [plan.name, 'it moves real workloads'], {
      settle: 'longhaul run PLAN --yes',
    });
}

/** Whether every host that the plan touches exists only in this program. */
export function isSimulated({ topology, moves }: Pick<Plan, 'topology' | 'moves'>): boolean {
  const touched = new Set(
    moves.flatMap(({ source, decision }) => [source.site, decision.chosen.target?.site ?? source.site]),
  );
  return topology.sites
    .filter(({ name }) => touched.has(name))
    .every(({ hosts }) => hosts.every(({ hypervisor }) => hypervisor === 'simulated'));
}
