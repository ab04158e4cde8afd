import { shippedModel } from '../planners/estimate/shipped-model.ts';
import { draft } from '../planners/plan/draft.ts';
import { renderTable } from '../src/cli/render/table.ts';
import { createRandom } from '../src/world/random.ts';
import type { Bench } from './bench.ts';
import { evacuationOf, fleetOf, type FleetSize } from './planner/fleets.ts';
import { checked, instances, optimumOf, type Optimum, type Ours } from './planner/optimum.ts';
import { orders } from './planner/orders.ts';
import { scaleOf, type Measured } from './planner/scale.ts';

/** How the planner grows with the fleet, how far it is from the optimum, and how it stands beside orders people use. */
export const bench: Bench = {
  description: 'fleets of up to 10 000 workloads; distance from the optimum; orders that people use',
  parts: ['scale', 'optimum', 'orders'],
  run: async (parts) => {
    const scale = parts.includes('scale') ? await scaleOf() : undefined;
    const small = parts.includes('optimum') || parts.includes('orders') ? instances() : [];
    const solved = parts.includes('optimum') ? await optimumOf(small) : undefined;
    const compared = parts.includes('orders')
      ? comparedWith([...small, ...fleetsCompared.map(scheduledFleet)])
      : undefined;
    return {
      result: {
        ...(scale && { scale }),
        ...(solved && { optimum: solved.optimum }),
        ...(compared && { orders: compared }),
      },
      text: [scale && scaleText(scale), solved && optimumText(solved), compared && ordersText(compared)]
        .filter((text) => text !== undefined)
        .join('\n\n'),
    };
  },
};

const fleetsCompared: readonly FleetSize[] = [
  { workloads: 100, sites: 2 },
  { workloads: 100, sites: 5 },
  { workloads: 300, sites: 10 },
  { workloads: 1000, sites: 5 },
];
const fleetSeed = 1;

type Case = Pick<Ours, 'problem' | 'makespanSeconds'>;

function scheduledFleet(size: FleetSize): Case {
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
function comparedWith(cases: readonly Case[]): readonly Compared[] {
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
const right = (title: string): { readonly title: string; readonly align: 'right' } => ({
  title,
  align: 'right',
});
const percent = (ratio: number): string => `${(ratio * 100).toFixed(1)} %`;

function scaleText(scale: readonly Measured[]): string {
  return renderTable(
    ['workloads', 'sites', 'seconds', 'peak MiB', 'makespan ÷ bound'].map(right),
    scale.map((row) => [
      row.workloads.toLocaleString('en'),
      String(row.sites),
      row.seconds.toFixed(2),
      String(row.peakMiB),
      row.makespanOverLowerBound.toFixed(3),
    ]),
  );
}

function optimumText({
  optimum,
  undecided,
}: {
  readonly optimum: Optimum;
  readonly undecided: number;
}): string {
  return [
    `Beside the optimum of ${optimum.instances} instances: median ${percent(optimum.medianGap)} above, worst ${percent(optimum.worstGap)}`,
    `(${undecided} more left out: their optimum was not proved in time)`,
  ].join('\n');
}

function ordersText(compared: readonly Compared[]): string {
  return renderTable(
    [{ title: 'order' }, right('mean makespan ÷ ours'), right('times better than ours')],
    compared.map((row) => [row.name, row.meanMakespanRatio.toFixed(2), String(row.timesBetterThanOurs)]),
  );
}
