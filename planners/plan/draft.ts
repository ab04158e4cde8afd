import type { Random } from '../../topology/world.ts';
import type { Calendar } from '../choose/calendar.ts';
import type { Choice } from '../choose/choose.ts';
import type { Choosing } from '../choose/choosing.ts';
import { createFleet, type Fleet } from '../choose/fleet.ts';
import { Hosts } from '../choose/hosts.ts';
import { Load } from '../choose/load.ts';
import { Predictor } from '../choose/predict.ts';
import { weightsOf } from '../choose/presets.ts';
import { Room } from '../choose/room.ts';
import { UnderWay, type MoveUnderWay } from '../choose/under-way.ts';
import type { Model } from '../estimate/model.ts';
import { requested } from '../schedule/goals/goals.ts';
import type { Requested } from '../schedule/goals/requested.ts';
import { lookupsDefault } from '../schedule/limits.ts';
import type { Schedule } from '../schedule/problem.ts';
import { schedule } from '../schedule/schedule.ts';
import type { Runbook } from '../../topology/resolve/runbook.ts';
import type { Topology } from '../../topology/resolve/topology.ts';
import { timingOf, type Timing } from './assemble.ts';
import { menuOf, type Menu, type Moving } from './menu.ts';
import { select } from './select.ts';

/** One attempt at a plan: choices under one haste, their schedule, and when it would be done. */
export interface Draft {
  readonly choosing: Choosing;
  readonly requested: Requested;
  readonly choices: readonly Choice[];
  readonly moving: readonly Moving[];
  readonly menu: Menu;
  readonly schedule: Schedule;
  readonly timing: Timing;
}

export interface DraftInput {
  readonly topology: Topology;
  readonly runbook: Runbook;
  readonly model: Model;
  readonly calendar: Calendar;
  readonly random: Random;
  readonly underWay?: readonly MoveUnderWay[];
}

export interface DraftOptions {
  /** How much dearer than the weights say time is; what is in haste is not tuned. */
  readonly haste: number;
  /** Of places in the schedule. */
  readonly lookupsMax?: number;
}

export function draft(input: DraftInput, { haste, lookupsMax = lookupsDefault }: DraftOptions): Draft {
  const choosing = choosingOf(input, haste);
  const wanted = requested(choosing);
  const narrowed = { ...choosing, leaving: leavingOf(wanted), hosts: new Hosts(wanted.closed) };
  const choices = select(narrowed, wanted);
  return scheduled(input, {
    choosing: narrowed,
    requested: wanted,
    choices,
    lookupsMax,
    deadlineSeconds: null,
  });
}

/** The same choices on another schedule: jobs that would end after the deadline are left out. */
export function scheduled(
  { calendar, random }: DraftInput,
  {
    choosing,
    requested: wanted,
    choices,
    lookupsMax,
    deadlineSeconds,
  }: Pick<Draft, 'choosing' | 'requested' | 'choices'> & {
    readonly lookupsMax: number;
    readonly deadlineSeconds: number | null;
  },
): Draft {
  const moving = choices.filter(isMoving);
  const menu = menuOf(choosing, moving, calendar);
  const result = schedule(menu.problem, {
    random,
    cuts: menu.cuts,
    lookupsMax,
    ...(deadlineSeconds === null ? {} : { deadlineSeconds }),
  });
  const timing = timingOf(menu, result, random);
  return { choosing, requested: wanted, choices, moving, menu, schedule: result, timing };
}

function choosingOf(
  { topology, runbook, model, calendar, underWay = [] }: DraftInput,
  haste: number,
): Choosing {
  const fleet = createFleet(topology, runbook, new UnderWay(underWay));
  const weights = weightsOf(runbook.weights);
  return {
    fleet,
    calendar,
    hosts: new Hosts(new Set()),
    templates: new Map(),
    detours: new Map(),
    ends: new Map(),
    room: new Room(fleet),
    load: loadOf(fleet, calendar),
    predictor: new Predictor(model),
    weights: { ...weights, moveSecond: weights.moveSecond * haste },
    hasteRatio: haste,
    isTuned: haste === 1,
    leaving: new Set(),
  };
}

/** What other runs still send keeps the links as busy as what this plan has chosen. */
function loadOf({ topology, runbook, underWay }: Fleet, calendar: Calendar): Load {
  const load = new Load(runbook.limits.linkShareMax);
  for (const link of topology.links) {
    for (const { fromSeconds, toSeconds, amount } of underWay.onLink(link.name, calendar))
      load.addBytes(link, amount * (toSeconds - fromSeconds));
  }
  return load;
}

const leavingOf = ({ moves }: Requested): ReadonlySet<string> =>
  new Set(moves.map(({ workload }) => workload));

export const isMoving = (choice: Choice): choice is Moving => choice.candidate !== null;
