import { appendFile } from 'node:fs/promises';
import type { Observation } from '../../../planners/estimate/observation.ts';
import { readIfThere } from '../files.ts';
import { lostInARowMax } from '../limits.ts';
import type { LabWorld } from '../world.ts';
import { measureScenario } from './measure.ts';
import { measureTuned } from './tuned.ts';
import { type CampaignOptions, type Scenario, standAt } from './scenario.ts';
import { onStand } from './stand.ts';
import type { Lab, StandingGuest } from './standing-guest.ts';

/**
 * `longhaul lab measure`: a seeded campaign of bare migrations in a standing lab. Each observation is appended when its
 * move has ended; a campaign that is started again goes on after the last one in the file.
 */
export interface Campaign extends CampaignOptions {
  readonly minutes: number;
  readonly outputFile: string;
  /** Each scenario twice as drawn and twice with the settings that the shipped model proposes for it. */
  readonly tuned: boolean;
}

export interface CampaignReport {
  readonly measured: number;
  /** Scenarios that gave no observation, and why; they are not tried again. */
  readonly lost: readonly { readonly id: string; readonly why: string }[];
}

export async function runCampaign(world: LabWorld, lab: Lab, campaign: Campaign): Promise<CampaignReport> {
  const progress = new Progress(world, campaign, await idsIn(campaign.outputFile));
  const measure = campaign.tuned ? measureTuned : measureOnce;
  for (let number = 0; progress.goesOn() && number < standsMax; number += 1) {
    const stand = standAt(campaign, number);
    const left = stand?.scenarios.filter(({ id }) => !progress.isDone(id)) ?? [];
    if (stand === null || left.length === 0) continue;
    try {
      await onStand(world, lab, {
        stand,
        use: async (guests) => await measureAll(world, lab, { guests, scenarios: left, progress, measure }),
      });
    } catch (cause) {
      progress.lose(stand.name, cause);
    }
  }
  return progress.report();
}

/** No campaign lasts so long; one whose kinds are on no stand ends here. */
const standsMax = 10_000;

interface Work {
  readonly guests: readonly StandingGuest[];
  readonly scenarios: readonly Scenario[];
  readonly progress: Progress;
  readonly measure: typeof measureTuned;
}

/** A move that was lost may have taken its guest with it: the rest of its stand waits for the next campaign. */
async function measureAll(world: LabWorld, lab: Lab, work: Work): Promise<void> {
  const { guests, scenarios, progress, measure } = work;
  for (const scenario of scenarios) {
    if (!progress.goesOn()) return;
    try {
      for await (const observations of measure(world, lab, { guests, scenario }))
        await progress.note(observations);
    } catch (cause) {
      progress.lose(scenario.id, cause);
      return;
    }
  }
}

async function* measureOnce(
  ...[world, lab, work]: Parameters<typeof measureScenario>
): AsyncGenerator<readonly Observation[]> {
  yield await measureScenario(world, lab, work);
}

/** What a campaign has done, and whether it shall do more. */
class Progress {
  readonly #world: LabWorld;
  readonly #outputFile: string;
  readonly #untilSeconds: number;
  readonly #done: ReadonlySet<string>;
  readonly #lost: { id: string; why: string }[] = [];
  #measured = 0;
  #lostInARow = 0;

  constructor(world: LabWorld, { minutes, outputFile }: Campaign, done: ReadonlySet<string>) {
    this.#world = world;
    this.#outputFile = outputFile;
    this.#untilSeconds = world.clock.monotonicSeconds() + minutes * 60;
    this.#done = done;
  }

  goesOn(): boolean {
    this.#world.signal.throwIfAborted();
    return this.#world.clock.monotonicSeconds() < this.#untilSeconds && this.#lostInARow < lostInARowMax;
  }

  isDone(id: string): boolean {
    return [id, `${id}-1`, `${id}-tuned-2`].some((one) => this.#done.has(one));
  }

  /** What a half-done scenario left in the file stays as it is. */
  async note(measured: readonly Observation[]): Promise<void> {
    const observations = measured.filter(({ id }) => !this.#done.has(id));
    this.#lostInARow = 0;
    this.#measured += observations.length;
    await appendFile(this.#outputFile, observations.map((one) => `${JSON.stringify(one)}\n`).join(''));
    for (const observation of observations) this.#world.say(describe(observation));
  }

  /** The campaign goes on with the next, but not when it was ended from outside. */
  lose(id: string, cause: unknown): void {
    this.#world.signal.throwIfAborted();
    const why = cause instanceof Error ? cause.message : String(cause);
    this.#lostInARow++;
    this.#lost.push({ id, why });
    this.#world.say(`${id}: no observation: ${why}`);
  }

  report(): CampaignReport {
    return { measured: this.#measured, lost: this.#lost };
  }
}

/** The last line may be half written when the campaign was killed: it is cut off by whoever reads the file. */
async function idsIn(file: string): Promise<ReadonlySet<string>> {
  const lines = ((await readIfThere(file)) ?? '').split('\n');
  return new Set(lines.flatMap((line) => /^\{"id":"([^"]+)"/.exec(line)?.[1] ?? []));
}

function describe({ id, outcome }: Observation): string {
  const { status, totalSeconds, pauseSeconds, sessionStallSeconds, transferredBytes } = outcome;
  const time = (value: number | null | undefined): string =>
    value == null ? '–' : `${Math.round(value * 1000)} ms`;
  return `${id}: ${status} in ${(totalSeconds ?? 0).toFixed(1)} s, ${((transferredBytes ?? 0) / 1e6).toFixed(0)} MB, pause ${time(pauseSeconds)}, stall ${time(sessionStallSeconds)}`;
}
