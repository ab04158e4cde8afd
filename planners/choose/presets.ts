import type { Weights, WeightsChoice, WeightsPreset } from '../../topology/resolve/runbook.ts';

/**
 * What one unit of each costs, so that unlike things can be added up. Only the ratios matter to the choice. Anchors:
 * a lost session is worth a minute of one workload's downtime in `keep-sessions`, a second in `fastest`; a gibibyte on
 * the link is worth ten seconds of move time at 1 Gbit/s; a day's trombone gibibyte is dearer than one of the move,
 * because it comes back every day; one step of operational risk (planners/choose/cost.ts) is worth what it takes to
 * undo it by hand.
 */
export const presets: Readonly<Record<WeightsPreset, Weights>> = {
  'keep-sessions': {
    downtimeSecond: 1,
    sessionLost: 60,
    moveSecond: 0.01,
    gibibyte: 0.1,
    tromboneGibibytePerDay: 0.5,
    risk: 10,
  },
  fastest: {
    downtimeSecond: 0.05,
    sessionLost: 1,
    moveSecond: 1,
    gibibyte: 0.01,
    tromboneGibibytePerDay: 0.01,
    risk: 1,
  },
  cheapest: {
    downtimeSecond: 0.05,
    sessionLost: 1,
    moveSecond: 0.01,
    gibibyte: 5,
    tromboneGibibytePerDay: 5,
    risk: 1,
  },
  safest: {
    downtimeSecond: 0.1,
    sessionLost: 5,
    moveSecond: 0.01,
    gibibyte: 0.1,
    tromboneGibibytePerDay: 0.5,
    risk: 100,
  },
};

export function weightsOf({ preset, changed }: WeightsChoice): Weights {
  return { ...presets[preset], ...changed };
}
