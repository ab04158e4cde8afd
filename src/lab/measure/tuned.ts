import type { Observation } from '../../../planners/estimate/observation.ts';
import { shippedModel } from '../../../planners/estimate/shipped-model.ts';
import { tune } from '../../../planners/estimate/tune.ts';
import type { LabWorld } from '../world.ts';
import { measureScenario } from './measure.ts';
import type { Scenario, ScenarioSettings } from './scenario.ts';
import type { Lab, StandingGuest } from './standing-guest.ts';

/** So many runs with each setting, in turn, so that what the machine does meanwhile falls on both. */
const repeats = 2;

/**
 * A scenario as it was drawn, and with the settings that `longhaul estimate --tune` proposes for it, in turn: what tuning
 * really gains. Observations are called `-untuned` and `-tuned`, with the number of the repeat.
 */
export async function* measureTuned(
  world: LabWorld,
  lab: Lab,
  { guests, scenario }: { readonly guests: readonly StandingGuest[]; readonly scenario: Scenario },
): AsyncGenerator<readonly Observation[]> {
  let tuned: Scenario | null = null;
  for (let repeat = 1; repeat <= repeats; repeat += 1) {
    const named = (one: Scenario, name: string): Scenario => ({
      ...one,
      id: `${scenario.id}-${name}-${repeat}`,
    });
    const untuned = await measureScenario(world, lab, { guests, scenario: named(scenario, 'untuned') });
    yield untuned;
    tuned ??= tunedBy(scenario, untuned);
    if (tuned === null) return;
    yield await measureScenario(world, lab, { guests, scenario: named(tuned, 'tuned') });
  }
}

/** Null: the model knows nothing better. */
function tunedBy(scenario: Scenario, [untuned]: readonly Observation[]): Scenario | null {
  if (untuned === undefined) return null;
  const { outcome: _, ...input } = untuned;
  const proposal = tune(input, { pauseSeconds: null, totalSeconds: null }, shippedModel);
  if (proposal === null) return null;
  const { sendBufferBytes, congestionControl } = proposal.link;
  return {
    ...scenario,
    sendBufferBytes: sendBufferBytes ?? scenario.sendBufferBytes,
    congestionControl: congestionControl ?? scenario.congestionControl,
    settings: settingsWith(scenario.settings, proposal.settings),
  };
}

const settingsWith = (
  settings: ScenarioSettings,
  change: NonNullable<Observation['settings']>,
): ScenarioSettings => ({
  ...settings,
  ...Object.fromEntries(Object.entries(change).filter(([key]) => key in settings)),
});
