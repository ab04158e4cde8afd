import { readFile } from 'node:fs/promises';
import { createLabWorld, labOptions } from '../src/cli/commands/lab-world.ts';
import { renderTable } from '../src/cli/render/table.ts';
import { guestFilesAt } from '../src/lab/agents.ts';
import { Product } from '../src/lab/demo/product.ts';
import { takeDown } from '../src/lab/down.ts';
import { createLayout } from '../src/lab/layout.ts';
import { endSession, startSession } from '../src/lab/measure/client.ts';
import type { Lab } from '../src/lab/measure/standing-guest.ts';
import { defaultProfile } from '../src/lab/profiles.ts';
import { GuestClients, type SessionReport } from '../src/lab/sessions.ts';
import { bringUp } from '../src/lab/up.ts';
import type { LabWorld } from '../src/lab/world.ts';
import { formatBytesPerSecond, formatSeconds } from '../topology/units.ts';
import type { Bench, BenchResult } from './bench.ts';

/**
 * What `longhaul probe` costs the guest that it measures: its sessions, its heartbeat, what it writes and its process's
 * time on the host, before, during and after. Three probes and four idle times of about their length, in turn, so that
 * what the machine does by itself shows as the difference of idle times. Needs root and what the lab needs.
 */
export const bench: Bench = {
  description: 'what a probe costs the guest that it measures (root; minutes)',
  parts: ['light', 'busy'],
  run,
};

const prefix = 'lhp-';
/** Guests that write little, and as much as their processor can. */
const loads: Readonly<Record<string, string>> = {
  light: '48,500,16,random,random',
  busy: '48,200000,48,random,random',
};
const shape = { profile: defaultProfile, prefix, json: true, seed: '1', memory: '256', guests: '1' } as const;
/** As long as a probe at its default intervals. */
const idleSeconds = 15;
const windows = ['before', 'probe', 'between', 'probe', 'between', 'probe', 'after'] as const;

async function run(parts: readonly string[]): Promise<BenchResult> {
  const stories = [];
  for (const part of parts) stories.push(await storyOf(part));
  return { result: { stories }, text: stories.map(textOf).join('\n\n') };
}

interface Window {
  readonly name: (typeof windows)[number];
  readonly seconds: number;
  readonly roundTripSeconds: number;
  /** Of a session that sends every 5 ms; null: none of 25 ms or more began within the window. */
  readonly longestGap: { readonly afterSeconds: number; readonly seconds: number } | null;
  readonly beatsPerSecond: number;
  readonly pagesWrittenPerSecond: number;
  /** Of one core, by the guest's process: its own work and the sampling. */
  readonly processorShare: number;
}

interface Story {
  readonly load: string;
  readonly windows: readonly Window[];
  readonly dirty: readonly (readonly { readonly seconds: number; readonly bytesPerSecond: number }[])[];
  /** Sessions that stood through all windows. */
  readonly sessions: readonly SessionReport[];
}

async function storyOf(load: string): Promise<Story> {
  const world = {
    ...createLabWorld(prefix, { goesFirst: true }),
    longhaul: [process.execPath, 'bin/longhaul.js'],
  };
  const plain = labOptions({ ...shape, dirty: loads[load] ?? '' });
  const options = { ...plain, guests: { ...plain.guests, tellsWork: true } };
  const layout = createLayout(prefix, options.shape);
  const state = await bringUp(world, options);
  try {
    const [guest] = state.guests;
    if (guest === undefined) throw new Error('the lab has no guest');
    const folder = world.directories.runtime;
    const clients = await GuestClients.start(world, layout, { guest, folder, labId: state.id });
    const product = new Product(world, layout);
    const files = guestFilesAt(folder, 'a', guest);
    const measured: Window[] = [];
    const dirty: Story['dirty'][number][] = [];
    for (const name of windows) {
      world.say(`${load}: ${name}`);
      const during = async (): Promise<void> => {
        if (name === 'probe') dirty.push((await product.probe()).workloads[0]?.dirty ?? []);
        else await world.clock.sleep(idleSeconds);
      };
      measured.push({ name, ...(await windowOf(world, { layout, state }, { files, during })) });
    }
    clients.useIdle();
    await world.clock.sleep(1);
    const { sessions } = await clients.finish();
    return { load, windows: measured, dirty, sessions };
  } finally {
    await takeDown(world, prefix);
  }
}

async function windowOf(
  world: LabWorld,
  lab: Lab,
  {
    files,
    during,
  }: { readonly files: ReturnType<typeof guestFilesAt>; readonly during: () => Promise<void> },
): Promise<Omit<Window, 'name'>> {
  const { clock } = world;
  const session = await startSession(world, lab, 0);
  await clock.sleep(1); // it stands
  const begunAtSeconds = clock.nowSeconds();
  const [begun, consoleBegun, processorBegun] = [
    clock.monotonicSeconds(),
    (await readFile(files.serialLog)).length,
    await processorSeconds(files.pid),
  ];
  await during();
  const seconds = clock.monotonicSeconds() - begun;
  const said = (await readFile(files.serialLog)).subarray(consoleBegun).toString('latin1');
  const processorShare = ((await processorSeconds(files.pid)) - processorBegun) / seconds;
  const { roundTripSeconds, gaps } = await endSession(world, session);
  const within = gaps
    .map((gap) => ({ afterSeconds: gap.atSeconds - begunAtSeconds, seconds: gap.seconds }))
    .filter(({ afterSeconds }) => afterSeconds >= 0 && afterSeconds < seconds);
  return {
    seconds,
    roundTripSeconds: roundTripSeconds?.mean ?? Number.NaN,
    longestGap: within.toSorted((a, b) => b.seconds - a.seconds)[0] ?? null,
    beatsPerSecond: [...said.matchAll(/^TICK \d+$/gm)].length / seconds,
    pagesWrittenPerSecond: workRate(said),
    processorShare,
  };
}

/** By the guest's own clock, from the first to the last line of the window. */
function workRate(said: string): number {
  const lines = [...said.matchAll(/^WORK (\d+) (\d+)$/gm)].map(([, pages, milliseconds]) => ({
    pages: Number(pages),
    seconds: Number(milliseconds) / 1000,
  }));
  const [first, last] = [lines[0], lines.at(-1)];
  if (first === undefined || last === undefined || first === last) return Number.NaN;
  return (last.pages - first.pages) / (last.seconds - first.seconds);
}

/** proc(5): utime and stime of the process, in ticks of 10 ms; its name may hold blanks. */
async function processorSeconds(pidFile: string): Promise<number> {
  const pid = (await readFile(pidFile, 'utf8')).trim();
  const fields = (await readFile(`/proc/${pid}/stat`, 'latin1')).split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

function textOf({ load, windows: measured, dirty, sessions }: Story): string {
  const right = { align: 'right' } as const;
  const table = renderTable(
    [
      { title: `GUEST: ${load}` },
      ...['TIME', 'ROUND TRIP', 'LONGEST GAP', 'AFTER', 'BEATS/S', 'PAGES/S', 'CORE'].map((title) => ({
        title,
        ...right,
      })),
    ],
    measured.map((one) => [
      one.name,
      formatSeconds(round(one.seconds, 10)),
      formatSeconds(round(one.roundTripSeconds, 10_000)),
      one.longestGap === null ? '< 25 ms' : formatSeconds(round(one.longestGap.seconds, 1000)),
      one.longestGap === null ? '' : formatSeconds(round(one.longestGap.afterSeconds, 10)),
      one.beatsPerSecond.toFixed(2),
      String(Math.round(one.pagesWrittenPerSecond)),
      `${Math.round(one.processorShare * 100)} %`,
    ]),
  );
  const kept = sessions.filter(
    ({ error, damaged, lostBytes }) => error === null && !damaged && lostBytes === 0,
  );
  const curves = dirty.map((samples) =>
    samples
      .map(
        ({ seconds, bytesPerSecond }) => `${formatSeconds(seconds)} ${formatBytesPerSecond(bytesPerSecond)}`,
      )
      .join(', '),
  );
  return [
    table,
    ...curves.map((curve) => `probe said: ${curve}`),
    `sessions kept whole: ${kept.length} of ${sessions.length}`,
  ].join('\n');
}

const round = (value: number, parts: number): number => Math.round(value * parts) / parts;
