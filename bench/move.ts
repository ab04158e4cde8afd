import { readFile } from 'node:fs/promises';
import { createLabWorld, labOptions } from '../src/cli/commands/lab-world.ts';
import { renderTable } from '../src/cli/render/table.ts';
import { moveAndMeasure } from '../src/lab/demo/demo.ts';
import { Product } from '../src/lab/demo/product.ts';
import type { GuestReport } from '../src/lab/demo/report.ts';
import { takeDown } from '../src/lab/down.ts';
import { createLayout } from '../src/lab/layout.ts';
import { measureScenario } from '../src/lab/measure/measure.ts';
import type { Scenario, Stand } from '../src/lab/measure/scenario.ts';
import { onStand } from '../src/lab/measure/stand.ts';
import { defaultProfile } from '../src/lab/profiles.ts';
import type { LabState } from '../src/lab/state.ts';
import { bringUp, type LabOptions } from '../src/lab/up.ts';
import type { LabWorld } from '../src/lab/world.ts';
import type { Observation } from '../planners/estimate/observation.ts';
import type { TransferSettings } from '../planners/plan/plan.ts';
import { readPlan } from '../planners/plan/read.ts';
import { formatSeconds } from '../topology/units.ts';
import type { Bench, BenchResult } from './bench.ts';

/**
 * The same guest, load, link and settings moved twice: by `longhaul run`, with its plan, names, gateways, journal and
 * evidence; and by the QMP commands alone, with a client whose route is changed the moment the target runs. Needs root
 * and what the lab needs.
 */
export const bench: Bench = {
  description: 'one move by longhaul run beside the same by bare QMP commands (root; minutes)',
  run,
};

const prefix = 'lhq-';
const load = { usedMebibytes: 48, pagesPerSecond: 500, setMebibytes: 16 } as const;
const shape = { profile: defaultProfile, prefix, json: true, seed: '1', memory: '256' } as const;
const dirty = `${load.usedMebibytes},${load.pagesPerSecond},${load.setMebibytes},random,random`;

async function run(): Promise<BenchResult> {
  const world = {
    ...createLabWorld(prefix, { goesFirst: true }),
    longhaul: [process.execPath, 'bin/longhaul.js'],
  };
  const options = labOptions({ ...shape, dirty, guests: '1' });
  const layout = createLayout(prefix, options.shape);
  const ours = await inLab(world, options, async (state) => {
    const { guests, commandSeconds } = await moveAndMeasure(world, layout, state);
    const [guest] = guests;
    if (guest?.state !== 'moved') throw new Error(`longhaul run did not move the guest: ${guest?.why ?? ''}`);
    return { commandSeconds, guest, settings: await plannedSettings(new Product(world, layout).planFile) };
  });
  world.say('the same by bare QMP commands');
  const bare = await inLab(world, { ...options, guests: { ...options.guests, count: 0 } }, async (state) => {
    const scenario = scenarioOf(options, state.congestionControl, ours.settings);
    const lab = { layout, state };
    const [observation] = await onStand(world, lab, {
      stand: standOf(options, scenario),
      use: async (guests) => await measureScenario(world, lab, { guests, scenario }),
    });
    if (observation === undefined) throw new Error('the bare move gave no observation');
    return observation;
  });
  return { result: resultOf(ours, bare), text: textOf(ours, bare) };
}

async function inLab<T>(
  world: LabWorld,
  options: LabOptions,
  task: (state: LabState) => Promise<T>,
): Promise<T> {
  const state = await bringUp(world, options);
  try {
    return await task(state);
  } finally {
    await takeDown(world, prefix);
  }
}

async function plannedSettings(planFile: string): Promise<TransferSettings> {
  const plan = readPlan(await readFile(planFile, 'utf8'), planFile);
  const settings = plan.moves[0]?.decision.chosen.settings;
  if (settings == null) throw new Error('the plan of the lab moves its guest without settings');
  return settings;
}

const standOf = ({ guests }: LabOptions, scenario: Scenario): Stand => ({
  name: scenario.id,
  guests: 1,
  memoryMebibytes: guests.memoryMebibytes,
  load: { ...load, pattern: 'random', content: 'random', burst: null },
  disk: null,
  scenarios: [scenario],
});

const scenarioOf = (
  { shape: link }: LabOptions,
  congestionControl: string,
  settings: TransferSettings,
): Scenario => ({
  id: 'bench-move',
  kind: 'converging',
  link,
  sendBufferBytes: 4 * 2 ** 20,
  congestionControl,
  settings: { ...settings, postcopyAfterPasses: null },
});

interface Ours {
  readonly commandSeconds: number;
  readonly guest: GuestReport;
}

function resultOf({ commandSeconds, guest }: Ours, { outcome }: Observation): object {
  return {
    longhaul: {
      commandSeconds,
      runsAfterSeconds: guest.runsAfterSeconds,
      copySeconds: guest.measured.totalSeconds,
      pauseSeconds: guest.pauseSeconds,
      transferredBytes: guest.measured.transferredBytes,
      stallSeconds: Object.fromEntries(sendingSessions(guest)),
    },
    bare: {
      commandSeconds: outcome.totalSeconds,
      runsAfterSeconds: outcome.totalSeconds,
      copySeconds: outcome.totalSeconds,
      pauseSeconds: outcome.pauseSeconds,
      transferredBytes: outcome.transferredBytes,
      stallSeconds: { outside: outcome.sessionStallSeconds },
    },
  };
}

const sendingSessions = ({ sessions }: GuestReport): readonly (readonly [string, number | null])[] =>
  sessions
    .filter(({ longestGapSeconds }) => longestGapSeconds !== null)
    .map(({ role, longestGapSeconds }) => [role, longestGapSeconds]);

function textOf({ commandSeconds, guest }: Ours, { outcome }: Observation): string {
  const row = (name: string, ours: number | null | undefined, bare: number | null | undefined): string[] => [
    name,
    time(ours),
    time(bare),
    ours == null || bare == null ? '' : (ours / bare).toFixed(2),
  ];
  const total = outcome.totalSeconds;
  return renderTable(
    [
      { title: 'ONE MOVE' },
      { title: 'longhaul run', align: 'right' },
      { title: 'bare QMP', align: 'right' },
      { title: 'RATIO', align: 'right' },
    ],
    [
      row('called until the guest runs there', guest.runsAfterSeconds, total),
      row('called until the old path is gone', commandSeconds, null),
      row('copy', guest.measured.totalSeconds, total),
      row('pause', guest.pauseSeconds, outcome.pauseSeconds),
      ...sendingSessions(guest).map(([role, seconds]) =>
        row(`stall: ${role}`, seconds, role === 'outside' ? outcome.sessionStallSeconds : null),
      ),
    ],
  );
}

const time = (seconds: number | null | undefined): string =>
  seconds == null ? '–' : formatSeconds(round(seconds));
const round = (seconds: number): number => Math.round(seconds * 1000) / 1000;
