import { LonghaulError } from '../../topology/errors.ts';
import { nearby, shortened } from '../../topology/load/suggest.ts';
import type { Workload } from '../../topology/resolve/topology.ts';
import { costParts, totalCost } from '../choose/cost.ts';
import { weightsOf } from '../choose/presets.ts';
import type {
  Decision,
  MoveOption,
  Placement,
  Plan,
  PlannedMove,
  PlaceOption,
  Stay,
  LadderRung,
} from '../plan/plan.ts';
import { reason, type Reason, type ReasonCode } from '../plan/reasons.ts';
import { said, wayName, type Said } from './said.ts';

/** The whole decision for one workload, or for one new copy. */
export interface WorkloadExplanation {
  readonly plan: Pick<Plan, 'name' | 'hash' | 'verdict' | 'startSeconds'>;
  readonly name: string;
  readonly outcome: 'moves' | 'stays' | 'starts' | 'starts-nowhere' | 'not-part-of-the-goal';
  /** Where it runs now; null for a new copy. */
  readonly source: PlannedMove['source'] | null;
  readonly because: readonly Said[];
  /** What was looked at, the one that was taken first. */
  readonly candidates: readonly ExplainedOption[];
  /** The move as it was placed in the schedule; null: none was. */
  readonly move: Omit<PlannedMove, 'workload' | 'source' | 'decision' | 'ladder' | 'sensitivity'> | null;
  /** The move as it was placed, beside the moves that it shares links with. */
  readonly chosen: MoveOption | null;
  readonly ladder: readonly { readonly action: LadderRung['action']; readonly when: Said }[];
  readonly sensitivity: readonly Said[];
  /** Where it could start, and what a day there costs: of a new copy. */
  readonly places: readonly { readonly option: PlaceOption; readonly because: readonly Said[] }[];
  /** New copies of it. */
  readonly copies: readonly string[];
  readonly currency: string;
}

export interface ExplainedOption {
  readonly verdict: 'chosen' | 'dearer' | 'refused' | 'not-needed';
  readonly way: string;
  readonly option: MoveOption;
  /** Its cost, part by part; null where nothing was estimated. `queue` is what waiting for other moves adds. */
  readonly costParts: Readonly<Record<string, number>> | null;
  readonly because: readonly Said[];
}

export function explainWorkload(plan: Plan, name: string): WorkloadExplanation {
  const bare = bareOf(plan, name);
  const move = plan.moves.find(({ workload }) => workload === name);
  if (move !== undefined) return { ...bare, ...ofMove(plan, move) };
  const stay = plan.stays.find(({ workload }) => workload === name);
  if (stay !== undefined) return { ...bare, ...ofStay(plan, stay) };
  const copy = plan.placements.find((each) => each.name === name);
  if (copy !== undefined) return { ...bare, ...ofCopy(copy) };
  if (bare.source === null) throw unknown(plan, name);
  return bare;
}

function bareOf(plan: Plan, name: string): WorkloadExplanation {
  const { hash, verdict, startSeconds, topology, placements } = plan;
  const workload = topology.workloads.find((each) => each.name === name);
  return {
    plan: { name: plan.name, hash, verdict, startSeconds },
    name,
    outcome: 'not-part-of-the-goal',
    source: workload === undefined ? null : { site: workload.site, host: workload.host },
    because: [],
    candidates: [],
    move: null,
    chosen: null,
    ladder: [],
    sensitivity: [],
    places: [],
    copies: placements.filter((each) => each.workload === name).map((each) => each.name),
    currency: topology.currency,
  };
}

function ofMove(plan: Plan, planned: PlannedMove): Partial<WorkloadExplanation> {
  const { workload, source: _, decision, ladder, sensitivity, ...move } = planned;
  return {
    outcome: 'moves',
    because: [...decision.because, ...hurried(plan)].map(said),
    candidates: candidatesOf(plan, workload, decision),
    move,
    chosen: decision.chosen,
    ladder: ladder.map(({ action, when }) => ({ action, when: said(when) })),
    sensitivity: sensitivity.map(said),
  };
}

function ofStay(
  plan: Plan,
  { workload, because, decision, sensitivity }: Stay,
): Partial<WorkloadExplanation> {
  const refusals = new Set(
    decision?.rejected.flatMap((entry) => entry.because.map((each) => JSON.stringify(each))),
  );
  return {
    outcome: 'stays',
    because: because.filter((each) => !refusals.has(JSON.stringify(each))).map(said),
    candidates: decision === null ? [] : candidatesOf(plan, workload, decision),
    sensitivity: sensitivity.map(said),
  };
}

function ofCopy({ decision }: Placement): Partial<WorkloadExplanation> {
  const { chosen, because, rejected } = decision;
  return {
    outcome: chosen === null ? 'starts-nowhere' : 'starts',
    because: because.map(said),
    places: [...(chosen === null ? [] : [{ option: chosen, because: [] }]), ...rejected].map((entry) => ({
      option: entry.option,
      because: entry.because.map(said),
    })),
  };
}

function hurried({ hasteRatio }: Plan): readonly Reason[] {
  return hasteRatio > 1 ? [reason('time-made-dearer', { times: hasteRatio })] : [];
}

/** The one that was taken, those that would have done at a higher cost, then those that something stands against. */
function candidatesOf(
  plan: Plan,
  name: string,
  { chosen, rejected }: Decision<MoveOption>,
): readonly ExplainedOption[] {
  const workload = plan.topology.workloads.find((each) => each.name === name);
  const explained = (
    verdict: ExplainedOption['verdict'],
    option: MoveOption,
    because: readonly Reason[],
  ): ExplainedOption => ({
    verdict,
    way: wayName(option),
    option,
    costParts: workload === undefined ? null : partsOf(plan, workload, option),
    because: because.map(said),
  });
  const others = rejected
    .filter(({ option }) => !isSame(option, chosen))
    .map(({ option, because }) => explained(verdictOn(because), option, because));
  return [
    ...(chosen.method === 'stay' ? [] : [explained('chosen', chosen, [])]),
    ...others
      .filter(({ verdict }) => verdict === 'dearer')
      .sort((a, b) => (a.option.cost ?? 0) - (b.option.cost ?? 0)),
    ...others.filter(({ verdict }) => verdict === 'not-needed'),
    ...others.filter(({ verdict }) => verdict === 'refused'),
  ];
}

/** What the reasons against an option come to: a price, a setting that nobody needs, or a constraint. */
export function verdictOn(because: readonly Reason[]): ExplainedOption['verdict'] {
  if (because.every(({ code }) => dearer.has(code))) return 'dearer';
  return because.every(({ code }) => unneeded.has(code)) ? 'not-needed' : 'refused';
}

const dearer: ReadonlySet<ReasonCode> = new Set(['costs-more', 'dominated', 'not-worth-it']);
const unneeded: ReadonlySet<ReasonCode> = new Set(['mode-not-needed', 'streams-not-needed']);

/** The schedule may have taken what the choice had found a little dearer: over another path, which is free sooner. */
function isSame(a: MoveOption, b: MoveOption): boolean {
  return (
    wayName(a) === wayName(b) &&
    (a.settings === null) === (b.settings === null) &&
    a.target?.site === b.target?.site &&
    a.path.join() === b.path.join()
  );
}

function partsOf(
  { runbook, hasteRatio }: Plan,
  workload: Workload,
  { effects, cost }: MoveOption,
): ExplainedOption['costParts'] {
  if (effects === null || cost === null) return null;
  const weights = weightsOf(runbook.weights);
  const parts = costParts(effects, workload, { ...weights, moveSecond: weights.moveSecond * hasteRatio });
  return { ...parts, queue: Math.max(0, cost - totalCost(parts)) };
}

function unknown({ name: plan, topology, placements }: Plan, name: string): LonghaulError {
  const names = [...topology.workloads, ...placements].map((each) => each.name);
  const near = nearby(name, names);
  const help = near.length > 0 ? `did you mean ${near.join(' or ')}?` : `it has ${shortened(names)}`;
  return new LonghaulError('LH_WORKLOAD_UNKNOWN', [plan, name, help]);
}
