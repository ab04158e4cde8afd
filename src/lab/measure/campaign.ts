import { appendFile } from 'node:fs/promises';
import type { Observation } from '../../../planners/estimate/observation.ts';
import { readIfThere } from '../files.ts';
import { setSysctls } from '../kernel.ts';
import type { Layout } from '../layout.ts';
import { lostInARowMax } from '../limits.ts';
import { connectRelay } from '../relay.ts';
import type { LabState } from '../state.ts';
import type { LabWorld } from '../world.ts';
import { measureScenario } from './measure.ts';
import { type CampaignOptions, type Scenario, scenarioAt } from './scenario.ts';

/**
 * `longhaul lab measure`: a seeded campaign of bare migrations in a standing lab. Each observation is appended when its
 * move has ended; a campaign that is started again goes on after the last one in the file.
 */
export interface Campaign extends CampaignOptions {
  readonly minutes: number;
  readonly outputFile: string;
}

export interface CampaignReport {
  readonly measured: number;
  /** Scenarios that gave no observation, and why; they are not tried again. */
  readonly lost: readonly { readonly id: string; readonly why: string }[];
}

export async function runCampaign(
  world: LabWorld,
  lab: { readonly layout: Layout; readonly state: LabState },
  campaign: Campaign,
): Promise<CampaignReport> {
  const done = await idsIn(campaign.outputFile);
  const until = world.clock.monotonicSeconds() + campaign.minutes * 60;
  const lost: { id: string; why: string }[] = [];
  let measured = 0;
  let lostInARow = 0;
  for (let index = 0; world.clock.monotonicSeconds() < until && lostInARow < lostInARowMax; index++) {
    world.signal.throwIfAborted();
    const scenario = scenarioAt(campaign, index);
    if (done.has(scenario.id)) continue;
    try {
      await shapeWan(world, lab.layout, scenario);
      const observation = await measureScenario(world, lab, scenario);
      await appendFile(campaign.outputFile, `${JSON.stringify(observation)}\n`);
      measured++;
      lostInARow = 0;
      world.say(describe(observation));
    } catch (cause) {
      world.signal.throwIfAborted();
      lostInARow++;
      lost.push({ id: scenario.id, why: cause instanceof Error ? cause.message : String(cause) });
      world.say(`${scenario.id}: no observation: ${lost.at(-1)?.why ?? ''}`);
    }
  }
  return { measured, lost };
}

/** The relay and the senders' TCP, as the scenario wants them. */
async function shapeWan(world: LabWorld, layout: Layout, scenario: Scenario): Promise<void> {
  await connectRelay(world.directories.runtime).reshape('wan', scenario.link);
  for (const site of ['a', 'b'] as const)
    await setSysctls(world.run, layout.sites[site].hypervisor, {
      'net.ipv4.tcp_wmem': `4096 16384 ${scenario.sendBufferBytes}`,
      'net.ipv4.tcp_congestion_control': scenario.congestionControl,
    });
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
