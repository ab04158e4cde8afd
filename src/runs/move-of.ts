import { LonghaulError } from '../../topology/errors.ts';
import type { Plan, PlannedMove } from '../../planners/plan/plan.ts';
import type { Method, Site as SiteModel, Topology } from '../../topology/resolve/topology.ts';
import type { Move, MoveEnd, MoveSite } from '../moves/move.ts';
import type { Site } from '../site/site.ts';

/** What of a move follows from the plan and the agents alone. */
export type PlannedParts = Pick<
  Move,
  | 'planned'
  | 'workload'
  | 'source'
  | 'target'
  | 'dnsSites'
  | 'balancerSites'
  | 'link'
  | 'runLimits'
  | 'method'
>;

export function plannedParts(
  plan: Plan,
  {
    planned,
    sites,
    method,
  }: {
    readonly planned: PlannedMove;
    readonly sites: ReadonlyMap<string, Site>;
    /** By which it is to be tried; the ladder may have changed it. */
    readonly method: Method;
  },
): PlannedParts {
  const { topology, runbook } = plan;
  const { chosen } = planned.decision;
  const workload = topology.workloads.find(({ name }) => name === planned.workload);
  if (workload === undefined || chosen.target === null)
    throw new LonghaulError('LH_PLAN_STALE', [plan.name, `it moves '${planned.workload}' to nowhere`]);
  const having = (list: (site: SiteModel) => readonly unknown[]): readonly MoveSite[] =>
    topology.sites.filter((site) => list(site).length > 0).map(({ name }) => moveSite(topology, name, sites));
  const [link] = chosen.path;
  const isInside = planned.source.site === chosen.target.site;
  const nameOf = ({ site, host }: Place): string => (isInside ? host : site);
  return {
    planned,
    workload,
    method,
    source: moveEnd(topology, planned.source, { sites, nameOf }),
    target: moveEnd(topology, chosen.target, { sites, nameOf }),
    dnsSites: planned.names.length === 0 ? [] : having(({ dns }) => dns),
    balancerSites: having(({ balancers }) => balancers),
    link: topology.links.find(({ name }) => name === link) ?? null,
    runLimits: runbook.limits,
  };
}

export function methodOf({ decision, workload }: PlannedMove): Method {
  const { method } = decision.chosen;
  if (method === 'stay')
    throw new LonghaulError('LH_PLAN_STALE', [workload, 'it stays, so there is nothing to move']);
  return method;
}

function moveEnd(
  topology: Topology,
  place: Place,
  { sites, nameOf }: { readonly sites: ReadonlyMap<string, Site>; readonly nameOf: (place: Place) => string },
): MoveEnd {
  const { model, agent } = moveSite(topology, place.site, sites);
  return { name: nameOf(place), model, agent, guests: agent.guestsOn(place.host) };
}

interface Place {
  readonly site: string;
  readonly host: string;
}

function moveSite(
  topology: Topology,
  name: string,
  sites: ReadonlyMap<string, Site>,
): MoveSite & { readonly agent: Site } {
  const model = topology.sites.find((site) => site.name === name);
  const agent = sites.get(name);
  if (model === undefined || agent === undefined)
    throw new LonghaulError('LH_PLAN_STALE', [topology.name, `its site '${name}' has no agent`]);
  return { model, agent };
}
