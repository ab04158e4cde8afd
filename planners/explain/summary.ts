import type { Goal } from '../../topology/resolve/runbook.ts';
import type { Method } from '../../topology/resolve/topology.ts';
import type { Plan, Placement, PlannedMove } from '../plan/plan.ts';
import { wordsOf, type Reason } from '../plan/reasons.ts';
import { verdictOn } from './workload.ts';
import { said, wayName, type Said } from './said.ts';

/** A plan as a whole: how the fleet moves, who is left and why, and how good the plan can be at best. */
export interface PlanSummary {
  readonly name: string;
  readonly hash: string;
  readonly verdict: Plan['verdict'];
  readonly goal: Goal['kind'];
  readonly weights: string;
  readonly hasteRatio: number;
  readonly model: Plan['model'];
  readonly counts: { readonly moves: number; readonly stays: number; readonly placements: number };
  readonly methods: readonly MethodSummary[];
  /** Those that stay, grouped by why, the largest group first. */
  readonly stays: readonly { readonly because: readonly Said[]; readonly workloads: readonly string[] }[];
  readonly placements: readonly {
    readonly name: string;
    readonly workload: string;
    readonly at: string | null;
    readonly because: readonly Said[];
    readonly takeBackRatio: number | null;
  }[];
  readonly recurrence: Plan['recurrence'];
  readonly makespan: Plan['makespan'];
  readonly startSeconds: number | null;
  readonly deadlineSeconds: number | null;
  readonly confidence: number;
  readonly latestSafeStartSeconds: Plan['latestSafeStartSeconds'];
  readonly latestSafeStartBecause: Plan['latestSafeStartBecause'];
  readonly changes: readonly Said[];
  readonly warnings: readonly Said[];
}

/** How often a method was taken, could have been, and was refused, over all workloads that were looked at. */
export interface MethodSummary {
  readonly method: Method;
  readonly chosen: number;
  /** Ways of sending it, such as 'routed-live, hybrid', with how many take each. */
  readonly ways: readonly Counted[];
  readonly because: readonly Counted[];
  /** Possible, but at a higher cost. */
  readonly dearer: number;
  readonly refused: number;
  /** What stood against it, by code, most often first. */
  readonly against: readonly Counted[];
}

export interface Counted {
  readonly what: string;
  readonly workloads: number;
}

export function summaryOf(plan: Plan): PlanSummary {
  const { moves, stays, placements, runbook } = plan;
  return {
    name: plan.name,
    hash: plan.hash,
    verdict: plan.verdict,
    goal: runbook.goal.kind,
    weights: runbook.weights.preset,
    hasteRatio: plan.hasteRatio,
    model: plan.model,
    counts: { moves: moves.length, stays: stays.length, placements: placements.length },
    methods: methods.map((method) => methodSummary(plan, method)),
    stays: groupedStays(stays),
    placements: placements.map(placementSummary),
    recurrence: plan.recurrence,
    makespan: plan.makespan,
    startSeconds: plan.startSeconds,
    deadlineSeconds: runbook.deadlineSeconds,
    confidence: runbook.confidence,
    latestSafeStartSeconds: plan.latestSafeStartSeconds,
    latestSafeStartBecause: plan.latestSafeStartBecause,
    changes: plan.changes.map(said),
    warnings: plan.warnings.map(said),
  };
}

const methods: readonly Method[] = ['stretched-live', 'routed-live', 'redirect', 'cold'];

function methodSummary({ moves, stays }: Plan, method: Method): MethodSummary {
  const chosen = moves.filter(({ decision }) => decision.chosen.method === method);
  const decisions = [...moves, ...stays].flatMap(({ decision }) =>
    decision === null || decision.chosen.method === method ? [] : [decision],
  );
  const others = decisions.map(({ rejected }) => rejected.filter(({ option }) => option.method === method));
  const refused = others.filter((entries) => entries.length > 0 && !entries.some(isPossible));
  return {
    method,
    chosen: chosen.length,
    ways: counted(chosen.map(({ decision }) => [wayName(decision.chosen)])),
    because: counted(chosen.map(firstWords)),
    dearer: others.filter((entries) => entries.some(isPossible)).length,
    refused: refused.length,
    against: counted(
      refused.map((entries) => entries.flatMap(({ because }) => because.map(({ code }) => code))),
    ),
  };
}

const isPossible = ({ because }: { readonly because: readonly Reason[] }): boolean =>
  verdictOn(because) !== 'refused';
const firstWords = ({ decision }: PlannedMove): readonly string[] =>
  decision.because.slice(0, 1).map(wordsOf);

/** How many of the lists hold each word, most first. */
function counted(lists: readonly (readonly string[])[]): readonly Counted[] {
  const counts = new Map<string, number>();
  for (const list of lists) for (const word of new Set(list)) counts.set(word, (counts.get(word) ?? 0) + 1);
  return [...counts]
    .sort(([a, more], [b, fewer]) => fewer - more || (a < b ? -1 : 1))
    .map(([what, workloads]) => ({ what, workloads }));
}

function groupedStays(stays: Plan['stays']): PlanSummary['stays'] {
  const groups = new Map<string, { readonly because: readonly Reason[]; readonly workloads: string[] }>();
  for (const { workload, because } of stays) {
    const key = JSON.stringify(because);
    const group = groups.get(key) ?? { because, workloads: [] };
    group.workloads.push(workload);
    groups.set(key, group);
  }
  return [...groups.values()]
    .sort((a, b) => b.workloads.length - a.workloads.length)
    .map(({ because, workloads }) => ({ because: because.map(said), workloads }));
}

function placementSummary({
  name,
  workload,
  decision,
  takeBackRatio,
}: Placement): PlanSummary['placements'][number] {
  const { chosen, because } = decision;
  return {
    name,
    workload,
    at: chosen === null ? null : [chosen.site, chosen.host].filter((part) => part !== null).join('/'),
    because: because.map(said),
    takeBackRatio,
  };
}
