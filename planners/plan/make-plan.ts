import type { Runbook } from '../../topology/resolve/runbook.ts';
import type { Topology } from '../../topology/resolve/topology.ts';
import type { Random } from '../../topology/world.ts';
import type { Calendar } from '../choose/calendar.ts';
import type { Choosing } from '../choose/choosing.ts';
import type { Choice } from '../choose/choose.ts';
import { createFleet } from '../choose/fleet.ts';
import { Hosts } from '../choose/hosts.ts';
import { Load } from '../choose/load.ts';
import { Predictor } from '../choose/predict.ts';
import { weightsOf } from '../choose/presets.ts';
import { Room } from '../choose/room.ts';
import type { Model } from '../estimate/model.ts';
import { requested } from '../schedule/goals.ts';
import { schedule } from '../schedule/schedule.ts';
import {
  linkUse,
  movesOf,
  staysBecause,
  timingOf,
  unplacedBecause,
  warningsOf,
  type Timing,
} from './assemble.ts';
import { planHash } from './hash.ts';
import { menuOf, type Moving } from './menu.ts';
import type { Plan } from './plan.ts';
import { select } from './select.ts';

export interface PlanInput {
  readonly topology: Topology;
  readonly runbook: Runbook;
  readonly model: Model;
  /** When the plan is made: the start that is assumed where the runbook names none and something depends on it. */
  readonly nowSeconds: number;
  readonly random: Random;
}

/**
 * The plan for a runbook: who moves, how each of them, and when. Pure: the same input, and random numbers from the
 * same seed, give the same bytes.
 */
export function makePlan(input: PlanInput): Plan {
  const { topology, runbook, model, nowSeconds, random } = input;
  const calendar: Calendar = {
    startSeconds: runbook.startSeconds ?? (dependsOnStart(topology, runbook) ? nowSeconds : null),
  };
  const choosing = choosingOf(input, calendar);
  const choices = select(choosing, requested(choosing.fleet));
  const moving = choices.filter(isMoving);
  const menu = menuOf(choosing, moving, calendar);
  const scheduled = schedule(menu.problem, { random, cuts: menu.cuts });
  const timing = timingOf(menu, scheduled, random);
  const moves = movesOf(choosing, { moving, menu, scheduled, timing });
  const stays = [
    ...choices
      .filter(({ candidate }) => candidate === null)
      .map(({ workload, decision }) => ({ workload: workload.name, because: staysBecause(decision) })),
    ...scheduled.unplaced.map((job) => ({ workload: job.name, because: [unplacedBecause(job)] })),
  ].sort((a, b) => (a.workload < b.workload ? -1 : 1));
  const rest: Omit<Plan, 'hash'> = {
    format: 'longhaul-plan/1',
    name: runbook.name,
    topology,
    runbook,
    model: { id: model.id, fittedTo: model.fittedTo },
    startSeconds: calendar.startSeconds,
    ...deadlineOf(runbook, { timing, calendar, stays: stays.length }),
    moves,
    stays,
    makespan: {
      scheduledSeconds: scheduled.makespanSeconds,
      p50Seconds: timing.allDoneSeconds(0.5),
      p90Seconds: timing.allDoneSeconds(0.9),
      lowerBoundSeconds: scheduled.lowerBoundSeconds,
    },
    links: linkUse(choosing.fleet, { menu, placed: scheduled.placed, calendar }),
    warnings: warningsOf(choosing.fleet, moves),
  };
  return { ...rest, hash: planHash(rest) };
}

function choosingOf({ topology, runbook, model }: PlanInput, calendar: Calendar): Choosing {
  const fleet = createFleet(topology, runbook);
  const { moves, closed } = requested(fleet);
  return {
    fleet,
    calendar,
    hosts: new Hosts(closed),
    room: new Room(topology),
    load: new Load(runbook.limits.linkShareMax),
    haste: 1,
    predictor: new Predictor(model),
    weights: weightsOf(runbook.weights),
    leaving: new Set(moves.map(({ workload }) => workload)),
  };
}

const isMoving = (choice: Choice): choice is Moving => choice.candidate !== null;

function dependsOnStart({ sites, links, workloads }: Topology, runbook: Runbook): boolean {
  return (
    runbook.deadlineSeconds !== null ||
    runbook.freezes.length > 0 ||
    links.some(({ caps }) => caps.length > 0) ||
    workloads.some(({ windows }) => windows.length > 0) ||
    sites.some(
      ({ agent, dns }) => agent?.expiresSeconds != null || dns.some(({ key }) => key?.expiresSeconds != null),
    )
  );
}

function deadlineOf(
  { deadlineSeconds, confidence }: Runbook,
  {
    timing,
    calendar,
    stays,
  }: { readonly timing: Timing; readonly calendar: Calendar; readonly stays: number },
): Pick<Plan, 'verdict' | 'latestSafeStartSeconds'> {
  const needed = timing.allDoneSeconds(confidence);
  const late =
    deadlineSeconds !== null &&
    calendar.startSeconds !== null &&
    calendar.startSeconds + needed > deadlineSeconds;
  return {
    verdict: stays === 0 && !late ? 'feasible' : 'none-found',
    latestSafeStartSeconds: deadlineSeconds === null ? null : deadlineSeconds - needed,
  };
}
