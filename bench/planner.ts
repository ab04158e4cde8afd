import assert from 'node:assert/strict';
import { shippedModel } from '../planners/estimate/shipped-model.ts';
import { draft } from '../planners/plan/draft.ts';
import { makePlan } from '../planners/plan/make-plan.ts';
import { schedule } from '../planners/schedule/schedule.ts';
import { renderTable } from '../src/cli/render/table.ts';
import { createRandom } from '../src/world/random.ts';
import type { Bench } from './bench.ts';
import { violations } from './planner/check.ts';
import { solveExactly } from './planner/exact.ts';
import { evacuationOf, fleetOf, type FleetSize } from './planner/fleets.ts';
import { instanceOf } from './planner/instances.ts';
import { orders } from './planner/orders.ts';
import type { Placed, Problem } from '../planners/schedule/problem.ts';

/** How the planner grows with the fleet, how far it is from the optimum, and how it stands beside orders people use. */
export const bench: Bench = {
  description: 'fleets of up to 10 000 workloads; distance from the optimum; orders that people use',
  run: async () => {
    const scale = sizes.map(measured);
    const solved: Solved[] = [];
    for (let seed = seeds.first; seed <= seeds.last; seed++) {
      const found = await solvedBoth(seed);
      if (found !== null) solved.push(found);
      if (seed % 20 === 0) process.stderr.write(`bench planner: ${seed} of ${seeds.last} seeds solved\n`);
    }
    const optimum = optimumOf(solved);
    const compared = comparedWith([...solved, ...fleetsCompared.map(scheduledFleet)]);
    return { result: { scale, optimum, orders: compared }, text: textOf({ scale, optimum, compared }) };
  },
};

/** In this order: the peak is that of the process until then. */
const sizes: readonly FleetSize[] = [
  { workloads: 100, sites: 2 },
  { workloads: 100, sites: 5 },
  { workloads: 1000, sites: 5 },
  { workloads: 1000, sites: 20 },
  { workloads: 10_000, sites: 2 },
  { workloads: 10_000, sites: 5 },
  { workloads: 10_000, sites: 20 },
];
const fleetSeed = 1;

interface Measured extends FleetSize {
  readonly seconds: number;
  readonly peakMiB: number;
  readonly makespanOverLowerBound: number;
}

function measured(size: FleetSize): Measured {
  process.stderr.write(`bench planner: ${size.workloads} workloads over ${size.sites} sites\n`);
  const topology = fleetOf(fleetSeed, size);
  const input = { topology, runbook: evacuationOf(topology), model: shippedModel };
  const start = performance.now();
  const { moves, makespan } = makePlan({ ...input, nowSeconds: 0, random: createRandom(1) });
  const seconds = (performance.now() - start) / 1000;
  assert.equal(moves.length, size.workloads);
  return {
    ...size,
    seconds: round(seconds),
    peakMiB: Math.round(process.resourceUsage().maxRSS / 1024),
    makespanOverLowerBound: round(makespan.scheduledSeconds / makespan.lowerBoundSeconds),
  };
}

/** Seeds of the instances: three to ten moves each. */
const seeds = { first: 1, last: 240 } as const;
const movesMin = 3;
const movesMax = 10;
/** All times are whole: the solver's grid of one rounds nothing, and longer times would only make it slower. */
const secondsMax = 12;

interface Solved {
  readonly problem: Problem;
  readonly makespanSeconds: number;
  readonly optimumSeconds: number;
}

/** Null: nothing found that places every move. The solver is asked for anything better than ours. */
async function solvedBoth(seed: number): Promise<Solved | null> {
  const problem = instanceOf(seed, { jobs: movesMin + (seed % (movesMax - movesMin + 1)), secondsMax });
  const ours = schedule(problem, { random: createRandom(seed) });
  checked(problem, ours.placed);
  if (ours.unplaced.length > 0) return null;
  const { makespanSeconds } = ours;
  const better = await solveExactly(problem, Math.ceil(makespanSeconds) - 1);
  if (better !== null) checked(problem, better.placed);
  return { problem, makespanSeconds, optimumSeconds: better?.makespanSeconds ?? makespanSeconds };
}

function checked(problem: Problem, placed: readonly Placed[]): void {
  assert.deepEqual(violations(problem, placed), []);
}

interface Optimum {
  readonly instances: number;
  readonly medianGap: number;
  readonly worstGap: number;
}

function optimumOf(solved: readonly Solved[]): Optimum {
  const gaps = solved
    .map(({ makespanSeconds, optimumSeconds }) => makespanSeconds / optimumSeconds - 1)
    .sort((a, b) => a - b);
  return {
    instances: gaps.length,
    medianGap: round(gaps[Math.floor(gaps.length / 2)]!),
    worstGap: round(gaps.at(-1)!),
  };
}

const fleetsCompared: readonly FleetSize[] = [
  { workloads: 100, sites: 2 },
  { workloads: 100, sites: 5 },
  { workloads: 300, sites: 10 },
];

function scheduledFleet(size: FleetSize): Pick<Solved, 'problem' | 'makespanSeconds'> {
  const topology = fleetOf(fleetSeed, size);
  const { menu, schedule: ours } = draft(
    {
      topology,
      runbook: evacuationOf(topology),
      model: shippedModel,
      calendar: { startSeconds: null },
      random: createRandom(1),
    },
    { haste: 1 },
  );
  checked(menu.problem, ours.placed);
  return { problem: menu.problem, makespanSeconds: ours.makespanSeconds };
}

interface Compared {
  readonly name: string;
  readonly meanMakespanRatio: number;
  readonly timesBetterThanOurs: number;
}

/** Where an order places every move: its makespan beside ours. */
function comparedWith(cases: readonly Pick<Solved, 'problem' | 'makespanSeconds'>[]): readonly Compared[] {
  return Object.entries(orders).map(([name, order]) => {
    const ratios = cases.flatMap(({ problem, makespanSeconds }) => {
      const theirs = order(problem);
      return theirs.unplaced > 0 ? [] : [theirs.makespanSeconds / makespanSeconds];
    });
    return {
      name,
      meanMakespanRatio: round(ratios.reduce((sum, ratio) => sum + ratio, 0) / ratios.length),
      timesBetterThanOurs: ratios.filter((ratio) => ratio < 1 - 1e-9).length,
    };
  });
}

const round = (value: number): number => Number(value.toPrecision(4));

function textOf({
  scale,
  optimum,
  compared,
}: {
  readonly scale: readonly Measured[];
  readonly optimum: Optimum;
  readonly compared: readonly Compared[];
}): string {
  const right = (title: string) => ({ title, align: 'right' as const });
  const percent = (ratio: number): string => `${(ratio * 100).toFixed(1)} %`;
  return [
    renderTable(
      ['workloads', 'sites', 'seconds', 'peak MiB', 'makespan ÷ bound'].map(right),
      scale.map((row) => [
        row.workloads.toLocaleString('en'),
        String(row.sites),
        row.seconds.toFixed(2),
        String(row.peakMiB),
        row.makespanOverLowerBound.toFixed(3),
      ]),
    ),
    `Beside the optimum of ${optimum.instances} instances: median ${percent(optimum.medianGap)} above, worst ${percent(optimum.worstGap)}`,
    renderTable(
      [{ title: 'order' }, right('mean makespan ÷ ours'), right('times better than ours')],
      compared.map((row) => [row.name, row.meanMakespanRatio.toFixed(2), String(row.timesBetterThanOurs)]),
    ),
  ].join('\n\n');
}
