import assert from 'node:assert/strict';
import { LonghaulError } from '../../topology/errors.ts';
import type { Plan } from '../../planners/plan/plan.ts';
import { differencesOf } from '../moves/differences.ts';
import type { Site, SiteDescription } from '../site/site.ts';
import { withDeadline } from '../world/deadline.ts';
import { requireFree } from './claim.ts';
import { methodOf, plannedParts } from './move-of.ts';
import type { RunParts } from './parts.ts';

/** Looks whether a whole plan still fits the live world and throws LH_PLAN_STALE naming each difference. */
export async function checkPlan(
  parts: RunParts,
  { plan, run }: { readonly plan: Plan; readonly run: string },
  signal: AbortSignal,
): Promise<void> {
  for (const { workload } of plan.moves) {
    const claim = await parts.records.claim(workload);
    if (claim !== null && claim.run !== run) await requireFree(parts.records, workload, claim.run);
  }
  const sites = parts.sitesOf(plan.topology);
  const descriptions = await describeAll(parts, { plan, sites }, signal);
  const differences = plan.moves.map((planned) => {
    const move = plannedParts(plan, { planned, method: methodOf(planned), sites });
    const source = descriptions.get(move.source.model.name);
    const target = descriptions.get(move.target.model.name);
    assert(
      source !== undefined && target !== undefined,
      `${planned.workload} moves between sites that were asked`,
    );
    return differencesOf(move, { source, target });
  });
  const all = [...new Set(differences.flat())];
  if (all.length > 0)
    throw new LonghaulError('LH_PLAN_STALE', [plan.name, all.join('; ')], {
      settle: 'probe the topology and plan again',
    });
}

async function describeAll(
  { clock, limits }: RunParts,
  { plan, sites }: { readonly plan: Plan; readonly sites: ReadonlyMap<string, Site> },
  signal: AbortSignal,
): Promise<ReadonlyMap<string, SiteDescription>> {
  const named = plan.moves.flatMap(({ source, decision }) => [
    source.site,
    decision.chosen.target?.site ?? source.site,
  ]);
  const asked = [...new Set(named)].map(async (name): Promise<[string, SiteDescription]> => {
    const site = sites.get(name);
    if (site === undefined)
      throw new LonghaulError('LH_PLAN_STALE', [plan.name, `its site '${name}' has no agent`]);
    const late = (): Error =>
      new LonghaulError('LH_AGENT_UNREACHABLE', [name, `no answer in ${limits.callSeconds} s`]);
    return [
      name,
      await withDeadline({ clock, seconds: limits.callSeconds, signal }, late, (inner) =>
        site.describe(inner),
      ),
    ];
  });
  return new Map(await Promise.all(asked));
}
