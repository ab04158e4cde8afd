import assert from 'node:assert/strict';
import { shippedModel } from '../../planners/estimate/shipped-model.ts';
import { makePlan } from '../../planners/plan/make-plan.ts';
import { createRandom } from '../../src/world/random.ts';
import { evacuationOf, fleetOf } from './fleets.ts';
import type { Measured } from './scale.ts';

/** `one-size.ts WORKLOADS SITES`: plans that fleet and prints what it took. */
const [workloads, sites] = process.argv.slice(2).map(Number);
assert(workloads !== undefined && sites !== undefined);
const topology = fleetOf(1, { workloads, sites });
const input = { topology, runbook: evacuationOf(topology), model: shippedModel };
const start = performance.now();
const { moves, makespan } = makePlan({ ...input, nowSeconds: 0, random: createRandom(1) });
const seconds = (performance.now() - start) / 1000;
assert.equal(moves.length, workloads);
const measured: Measured = {
  workloads,
  sites,
  seconds: Number(seconds.toFixed(2)),
  peakMiB: Math.round(process.resourceUsage().maxRSS / 1024),
  makespanOverLowerBound: Number((makespan.scheduledSeconds / makespan.lowerBoundSeconds).toFixed(4)),
};
process.stdout.write(JSON.stringify(measured));
