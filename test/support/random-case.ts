import type { Plan } from '../../planners/plan/plan.ts';
import { createRandom } from '../../src/world/random.ts';
import { moveBy, planOf, twoSites, type Way, waysBetween, waysInside, workloadFor } from './simulation.ts';

/** A plan and what breaks while it is carried out, both from one seed. */
export interface RandomCase {
  readonly seed: number;
  readonly plan: Plan;
  readonly ways: readonly Way[];
  /** On which site's network the worker is; null: on one that always works. */
  readonly workerSite: string | null;
  readonly faults: readonly RandomFault[];
}

export interface RandomFault {
  /** Of the moments of all workers, in their order: when it strikes. */
  readonly moment: number;
  readonly kind: (typeof kinds)[number];
  readonly site: 'paris' | 'lyon';
  readonly workload: string;
  /** Until it is well again, or how late a call comes. */
  readonly seconds: number;
}

const kinds = [
  'worker killed',
  'worker suspended',
  'agent killed',
  'WAN cut',
  'target dies',
  'source dies',
  'answer lost',
  'call doubled',
  'call late',
] as const;

export function randomCase(seed: number): RandomCase {
  const random = createRandom(seed);
  const below = (end: number): number => Math.floor(random.next() * end);
  const oneOf = <T>(list: readonly T[]): T => list[below(list.length)]!;
  const ways = Array.from({ length: 1 + below(3) }, () => oneOf([...waysBetween, ...waysInside]));
  const workloads = ways.map((way, index) => workloadFor(way, `web${index}`, 50 + index));
  const moves = workloads.map((workload, index) => {
    const after = index > 0 && random.next() < 0.4 ? [`web${below(index)}`] : [];
    return moveBy(ways[index]!, workload, { after, needs: random.next() < 0.5 ? after : [] });
  });
  const momentsEach = 60;
  return {
    seed,
    plan: planOf(twoSites(workloads), moves),
    ways,
    workerSite: oneOf(['paris', 'lyon', null]),
    faults: Array.from({ length: 1 + below(4) }, () => ({
      moment: 1 + below(momentsEach * ways.length),
      kind: oneOf(kinds),
      site: oneOf(['paris', 'lyon'] as const),
      workload: `web${below(ways.length)}`,
      seconds: oneOf([0.1, 2, 8, 20, 70]),
    })).sort((a, b) => a.moment - b.moment),
  };
}

export function caseText({ ways, plan, workerSite, faults }: RandomCase): string {
  return [
    `worker at ${workerSite ?? 'a network of its own'}`,
    ...plan.moves.map(
      ({ workload, after, needs }, index) =>
        `${workload}: ${ways[index] ?? ''}${after.length > 0 ? `, after ${after.join()}` : ''}${needs.length > 0 ? ', which it needs' : ''}`,
    ),
    ...faults.map(
      ({ moment, kind, site, workload, seconds }) =>
        `moment ${moment}: ${kind}, ${site}, ${workload}, ${seconds} s`,
    ),
  ].join('\n');
}
