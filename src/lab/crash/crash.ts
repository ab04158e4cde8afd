import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { stringify } from 'yaml';
import { z } from 'zod';
import { isRunning, type ProcessIdentity, sendSignal } from '../../world/processes.ts';
import { consoleFile } from '../agents.ts';
import { compiled } from '../compile.ts';
import { runbookDocument, topologyFile } from '../documents.ts';
import { readIfThere } from '../files.ts';
import { pathPort } from '../guests.ts';
import { inNamespace } from '../kernel.ts';
import { type Layout, type SiteName, siteNames } from '../layout.ts';
import {
  crashMomentSecondsMax,
  environmentMark,
  outageSeconds,
  planSecondsMax,
  pollSeconds,
  runSecondsMax,
} from '../limits.ts';
import { zone } from '../names.ts';
import { connectRelay } from '../relay.ts';
import type { LabGuest, LabState } from '../state.ts';
import { bringUp, type LabOptions } from '../up.ts';
import { awaitResult, type LabWorld } from '../world.ts';
import type { CrashCase } from './cases.ts';

/**
 * One crash in a standing lab: a guest is being moved by a worker process, something breaks, it is put right, the run
 * is carried on. Then exactly one copy must tick and answer, and the journal must say what happened.
 */
export interface CrashLab {
  readonly world: LabWorld;
  readonly layout: Layout;
  readonly state: LabState;
  readonly options: LabOptions;
}

export interface CrashResult {
  readonly name: string;
  readonly guest: string;
  /** Of the run, when all is over. */
  readonly state: string;
  /** What the journal says became of the move. */
  readonly outcome: string;
  /** Sites whose copy ticks. */
  readonly ticksAt: readonly SiteName[];
  /** A newcomer that looks the name up reaches it. */
  readonly answers: boolean;
  readonly seconds: number;
  /** Null: as it must be. */
  readonly fault: string | null;
}

export async function crash(lab: CrashLab, guest: LabGuest, one: CrashCase): Promise<CrashResult> {
  const { world } = lab;
  const began = world.clock.monotonicSeconds();
  const run = new GuestRun(lab, guest);
  await run.plan();
  let worker = await run.start();
  await run.awaitMoment(one);
  await world.clock.sleep(one.delaySeconds, world.signal);
  await one.strike({ world, guest, killWorker: () => sendSignal(worker, 'SIGKILL') });
  await world.clock.sleep(outageSeconds, world.signal);
  if (one.repair === 'link') await connectRelay(world.directories.runtime).heal('wan');
  if (one.repair === 'agents') await bringUp(world, lab.options);
  if (one.repair === 'worker') worker = await run.start();
  await run.awaitEnd(worker);
  const ended = await run.settle();
  const found = { ...ended, ticksAt: await ticking(world, guest), answers: await answers(lab, guest) };
  return {
    name: one.name,
    guest: guest.name,
    ...found,
    seconds: world.clock.monotonicSeconds() - began,
    fault: faultOf(found),
  };
}

function faultOf({
  state,
  outcome,
  ticksAt,
  answers: isAnswered,
}: Pick<CrashResult, 'state' | 'outcome' | 'ticksAt' | 'answers'>): string | null {
  const expected: SiteName = outcome === 'moved' ? 'b' : 'a';
  if (ticksAt.length !== 1) return `it runs at ${ticksAt.join(' and ') || 'no site'}`;
  if (outcome === 'needs-person' || outcome === '') return `the run is '${state}', the move '${outcome}'`;
  if (ticksAt[0] !== expected) return `the journal says '${outcome}', but it runs at ${ticksAt[0] ?? ''}`;
  return isAnswered ? null : 'it does not answer';
}

const statusSchema = z.object({
  run: z.object({ id: z.string(), state: z.string() }),
  moves: z.array(z.object({ workload: z.string(), state: z.string() })),
});

/** The product moving one guest, each with a plan and a state directory of its own. */
class GuestRun {
  readonly #lab: CrashLab;
  readonly #guest: LabGuest;
  readonly #folder: string;

  constructor(lab: CrashLab, guest: LabGuest) {
    this.#lab = lab;
    this.#guest = guest;
    this.#folder = lab.world.directories.runtime;
  }

  async plan(): Promise<void> {
    const runbook = this.#file('runbook.yaml');
    await writeFile(runbook, stringify(runbookDocument([this.#guest])));
    await this.#call(
      ['plan', topologyFile(this.#folder), runbook, '-o', this.#file('plan.json')],
      planSecondsMax,
    );
  }

  async start(): Promise<ProcessIdentity> {
    const { world, layout, state } = this.#lab;
    const argv = [...world.longhaul, ...this.#runArguments()];
    return await world.start(inNamespace(layout.sites.a.services, argv), {
      logFile: this.#log,
      environment: { [environmentMark]: state.id },
    });
  }

  async awaitMoment({ moment, name }: CrashCase): Promise<void> {
    const what = { what: `the moment of '${name}'`, seconds: crashMomentSecondsMax, hint: this.#log };
    await awaitResult(this.#lab.world, what, async () =>
      moment.test((await readIfThere(this.#log)) ?? '') ? true : null,
    );
  }

  async awaitEnd(worker: ProcessIdentity): Promise<void> {
    const what = { what: 'the run', seconds: runSecondsMax, hint: this.#log };
    await awaitResult(this.#lab.world, what, async () => ((await isRunning(worker)) ? null : true));
  }

  /** What became of it; a run that was only interrupted is carried on first. */
  async settle(): Promise<Pick<CrashResult, 'state' | 'outcome'>> {
    const id = /^run ([\w.-]+)/m.exec((await readIfThere(this.#log)) ?? '')?.[1];
    if (id === undefined) return { state: 'never begun', outcome: '' };
    const seen = await this.#show(id);
    if (seen.state !== 'running' && seen.state !== 'pending') return seen;
    await this.#call(['run', id, '--yes', '--limits', 'lab', ...this.#state], runSecondsMax);
    return await this.#show(id);
  }

  async #show(id: string): Promise<Pick<CrashResult, 'state' | 'outcome'>> {
    const { stdout } = await this.#call(['show', id, '--json', ...this.#state], planSecondsMax);
    const status = statusSchema.safeParse(jsonOf(stdout)).data;
    const move = status?.moves.find(({ workload }) => workload === this.#guest.name);
    return { state: status?.run.state ?? 'unknown', outcome: move?.state ?? '' };
  }

  get #state(): readonly string[] {
    return ['--state', this.#file('runs')];
  }

  get #log(): string {
    return this.#file('log');
  }

  #runArguments(): readonly string[] {
    return ['run', this.#file('plan.json'), '--yes', '--limits', 'lab', ...this.#state];
  }

  #file(name: string): string {
    return path.join(this.#folder, `crash-${this.#guest.name}-${name}`);
  }

  async #call(argv: readonly string[], timeoutSeconds: number) {
    const { world, layout } = this.#lab;
    const whole = inNamespace(layout.sites.a.services, [...world.longhaul, ...argv]);
    return await world.run(whole, { timeoutSeconds, signal: world.signal });
  }
}

/** At which sites its counter goes on. */
async function ticking(world: LabWorld, guest: LabGuest): Promise<readonly SiteName[]> {
  const count = async (site: SiteName): Promise<number> =>
    ((await readIfThere(consoleFile(world.directories.runtime, site, guest))) ?? '').match(/^TICK \d+/gm)
      ?.length ?? 0;
  const before = await Promise.all(siteNames.map(count));
  await world.clock.sleep(pollSeconds * 20, world.signal);
  const after = await Promise.all(siteNames.map(count));
  return siteNames.filter((_, index) => (after[index] ?? 0) > (before[index] ?? 0));
}

/** One newcomer after the other for a few seconds, at both name servers; the last of each must have got through. */
async function answers({ world, layout }: CrashLab, guest: LabGuest): Promise<boolean> {
  const newcomers = await compiled(world, 'probes', 'newcomers.c');
  const servers = siteNames.map((site) => layout.sites[site].servicesAddress);
  const argv = ['timeout', '4', newcomers, `${guest.name}.${zone}`, String(pathPort), '500', ...servers];
  const { stdout } = await world.run(inNamespace(layout.outside.namespace, argv), { timeoutSeconds: 15 });
  const lines = stdout.split('\n').filter((line) => line.endsWith('}'));
  return (
    lines.length >= servers.length &&
    lines.slice(-servers.length).every((line) => line.includes('"error":null'))
  );
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
