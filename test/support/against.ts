import { expect } from 'vitest';
import { shippedModel } from '../../planners/estimate/shipped-model.ts';
import { makePlan } from '../../planners/plan/make-plan.ts';
import { type Reason, sentenceOf } from '../../planners/plan/reasons.ts';
import { createRandom } from '../../src/world/random.ts';
import type { Freeze } from '../../topology/resolve/runbook.ts';
import type {
  Host,
  Link,
  Method,
  Network,
  Policies,
  Site,
  Workload,
} from '../../topology/resolve/topology.ts';
import { aRunbook, aTopology, aWorkload } from './fleets.ts';
import { linkOf } from './topology.ts';

/** The smallest world in which something stands against a method, and the reason with its numbers. */
export interface Case {
  readonly workload?: Partial<Workload>;
  /** Others in the topology, at Lyon. */
  readonly beside?: readonly Partial<Workload>[];
  readonly link?: Partial<Link>;
  /** Those of Lyon. */
  readonly host?: Partial<Host>;
  /** Those of Paris. */
  readonly source?: Partial<Host>;
  readonly home?: Partial<Site>;
  readonly network?: Partial<Network>;
  readonly site?: Partial<Site>;
  readonly policies?: Partial<Policies>;
  readonly freezes?: readonly Freeze[];
  readonly deadlineSeconds?: number;
  readonly costMax?: number;
  readonly linkShareMax?: number;
  readonly method: Method;
  readonly code: Reason['code'];
  readonly values: Reason['values'];
}

function against(each: Case): readonly Reason[] {
  const world = aTopology();
  const [lyon, paris] = world.sites;
  const target: Site = {
    ...lyon!,
    ...each.site,
    hosts: lyon!.hosts.map((host) => ({ ...host, ...each.host })),
    networks: lyon!.networks.map((network) => ({ ...network, ...each.network })),
  };
  const others = (each.beside ?? []).map((changes, index) =>
    aWorkload({ site: 'lyon', last: 50 + index, ...changes }),
  );
  const { moves, stays } = makePlan({
    topology: {
      ...world,
      sites: [
        target,
        { ...paris!, ...each.home, hosts: paris!.hosts.map((host) => ({ ...host, ...each.source })) },
      ],
      links: world.links.map((link) => linkOf(link.name, link.between, { ...link, ...each.link })),
      workloads: [aWorkload(each.workload), ...others],
      policies: { ...world.policies, ...each.policies },
    },
    runbook: aRunbook({
      goal: { kind: 'move', workloads: ['app'], to: 'lyon' },
      freezes: each.freezes ?? [],
      deadlineSeconds: each.deadlineSeconds ?? null,
      limits: { costMax: each.costMax ?? null, linkShareMax: each.linkShareMax ?? 1 },
    }),
    model: shippedModel,
    nowSeconds: 0,
    random: createRandom(1),
  });
  const decision = [...moves, ...stays].find(({ workload }) => workload === 'app')?.decision;
  return (decision?.rejected ?? [])
    .filter(({ option }) => option.method === each.method)
    .flatMap(({ because }) => because);
}

export function expectReason(each: Case): void {
  const reasons = against(each);
  expect(reasons).toContainEqual({ code: each.code, values: each.values });
  for (const entry of reasons) expect(sentenceOf(entry)).not.toMatch(/[{}]|undefined|NaN/);
}
