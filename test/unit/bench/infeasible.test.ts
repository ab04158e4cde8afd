import fc from 'fast-check';
import { expect, test } from 'vitest';
import { solveExactly } from '../../../bench/planner/exact.ts';
import { evacuationOf, fleetOf } from '../../../bench/planner/fleets.ts';
import { shippedModel } from '../../../planners/estimate/shipped-model.ts';
import { draft } from '../../../planners/plan/draft.ts';
import { makePlan } from '../../../planners/plan/make-plan.ts';
import type { Problem } from '../../../planners/schedule/problem.ts';
import { createRandom } from '../../../src/world/random.ts';

const seed = Number(process.env['SEED'] ?? 1);
/** Grid steps until the deadline. */
const steps = 40;

/**
 * The same problem on a grid of so many seconds, nothing longer than it is: what cannot be done there cannot be done.
 */
function onGrid({ jobs, resources, stores }: Problem, gridSeconds: number): Problem {
  return {
    jobs: jobs.map((job) => ({
      ...job,
      options: job.options.map((option) => {
        const seconds = Math.max(1, Math.floor(option.seconds / gridSeconds));
        return { ...option, seconds, surelySeconds: seconds };
      }),
    })),
    resources,
    stores,
  };
}

test('what is proved to be infeasible the exact solver cannot do either, whatever time is worth', async () => {
  let proved = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        seed: fc.integer({ min: 1, max: 10_000 }),
        workloads: fc.integer({ min: 2, max: 6 }),
        sites: fc.integer({ min: 2, max: 3 }),
        part: fc.double({ min: 0.3, max: 1.3, noNaN: true }),
      }),
      async ({ seed: drawn, workloads, sites, part }) => {
        const topology = fleetOf(drawn, { workloads, sites });
        const free = { ...evacuationOf(topology), startSeconds: 0 };
        const about = (runbook: typeof free) => ({
          ...{ topology, runbook, model: shippedModel, nowSeconds: 0 },
          ...{ calendar: { startSeconds: 0 }, random: createRandom(1) },
        });
        const hurried = draft(about(free), { haste: 1000 });
        const deadlineSeconds = part * hurried.schedule.lowerBoundSeconds;
        const { verdict } = makePlan(about({ ...free, deadlineSeconds }));
        if (verdict !== 'infeasible-proven') return;
        proved++;
        for (const haste of [1, 1000]) {
          const { problem } = draft(about(free), { haste }).menu;
          const grid = onGrid(problem, deadlineSeconds / steps);
          expect(await solveExactly(grid, { horizonSeconds: steps })).toBe('impossible');
        }
      },
    ),
    { seed, numRuns: 25 },
  );
  expect(proved).toBeGreaterThan(5);
}, 120_000);
