import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { stringify } from 'yaml';
import { z } from 'zod';
import { LonghaulError } from '../../../topology/errors.ts';
import type { CommandResult } from '../../../topology/world.ts';
import { runbookDocument, topologyDocument } from '../documents.ts';
import { inNamespace } from '../kernel.ts';
import type { Layout } from '../layout.ts';
import { environmentMark, outageSeconds, planSecondsMax, runSecondsMax } from '../limits.ts';
import type { LabGuest, LabState } from '../state.ts';
import type { LabWorld } from '../world.ts';
import { type Strike, strikerArguments } from './strike.ts';

/** A lab that stands, for crashes. */
export interface CrashLab {
  readonly world: LabWorld;
  readonly layout: Layout;
  readonly state: LabState;
  /** Keeps of each crash the plan, the journal and what the product said. */
  readonly folder: string;
  /** Starts again what is down of it; for one crash at a time. */
  readonly repair: () => Promise<void>;
}

export const killedExitCode = -1;

/** How a run stands when its process has ended. */
export interface RunEnd {
  /** Of the process; `killedExitCode`: it was killed. */
  readonly exitCode: number;
  readonly state: string;
  /** What the journal says became of the move; empty: nothing yet. */
  readonly outcome: string;
  readonly text: string;
  /** The command that settles it, in the run's words. */
  readonly settle: string | null;
  readonly remains: readonly string[];
}

const statusSchema = z.object({
  run: z.object({ state: z.string(), settle: z.string().nullable() }),
  moves: z.array(
    z.object({ workload: z.string(), state: z.string(), text: z.string(), remains: z.array(z.string()) }),
  ),
});

/** The product moving one guest, as an operator at site a calls it; with a plan and a state of its own. */
export class GuestRun {
  readonly #lab: CrashLab;
  readonly #guest: LabGuest;
  readonly folder: string;
  #id: string | null = null;

  constructor(lab: CrashLab, guest: LabGuest, folder: string) {
    this.#lab = lab;
    this.#guest = guest;
    this.folder = folder;
  }

  async plan(): Promise<void> {
    const { world, layout, state } = this.#lab;
    const runbook = this.file('runbook.yaml');
    const topology = this.file('topology.yaml');
    const only = { ...state, guests: [this.#guest] };
    await writeFile(runbook, stringify(runbookDocument([this.#guest])));
    await writeFile(topology, stringify(topologyDocument(world.directories.runtime, layout, only)));
    const planned = await this.#call(
      ['plan', topology, runbook, '-o', this.file('plan.json')],
      planSecondsMax,
    );
    if (planned.exitCode !== 0)
      throw new LonghaulError('LH_COMMAND_FAILED', [
        'longhaul plan',
        planned.exitCode,
        planned.stderr.trim(),
      ]);
  }

  /** Until its process ends, be it by the strike. */
  async begin(strike: Strike): Promise<RunEnd> {
    const strikeFile = this.file('strike');
    await writeFile(strikeFile, JSON.stringify(strike));
    const { longhaul } = this.#lab.world;
    const main = longhaul.at(-1) ?? '';
    const program = [...longhaul.slice(0, -1), ...strikerArguments(main, strikeFile), main];
    for (let tries = 1; ; tries++)
      try {
        return await this.#run([this.file('plan.json')], program);
      } catch (error) {
        // Another crash beside this one has its agent down: nothing has begun.
        const isRefused = error instanceof LonghaulError && error.message.includes('LH_AGENT_UNREACHABLE');
        if (!isRefused || tries === beginningsMax) throw error;
        await this.#lab.world.clock.sleep(outageSeconds, this.#lab.world.signal);
      }
  }

  /** Carries the run on, whoever had it before. */
  async carryOn(): Promise<RunEnd> {
    return await this.#run([this.#id ?? ''], this.#lab.world.longhaul);
  }

  /** Does what the run asked for: `run ID`, `rollback ID`, `rollback ID --target-is-down`. */
  async settle(argv: readonly string[]): Promise<RunEnd> {
    return await this.#work(argv, this.#lab.world.longhaul);
  }

  /** The journal stays in the folder, the database goes. */
  async close(): Promise<void> {
    const { stdout } = await this.#call(
      ['show', this.#id ?? '', '--journal', ...this.#state],
      planSecondsMax,
    );
    await writeFile(this.file('journal.jsonl'), stdout);
    await rm(this.file('runs'), { recursive: true, force: true });
  }

  file(name: string): string {
    return path.join(this.folder, name);
  }

  async #run(what: readonly string[], program: readonly string[]): Promise<RunEnd> {
    return await this.#work(['run', ...what, '--yes'], program);
  }

  async #work(argv: readonly string[], program: readonly string[]): Promise<RunEnd> {
    const whole = [...argv, '--limits', 'lab', '--json', ...this.#state];
    const { exitCode, stderr, stdout } = await this.#call(whole, runSecondsMax, program);
    const said = `$ ${argv.join(' ')}\n${stderr}exit ${exitCode}\n`;
    await writeFile(this.file('output'), said, { flag: 'a' });
    this.#id ??= /^run ([\w.-]+)/m.exec(stderr)?.[1] ?? null;
    if (this.#id === null)
      throw new LonghaulError('LH_COMMAND_FAILED', ['longhaul run', exitCode, stderr.trim()]);
    return { exitCode, ...this.#read(stdout) };
  }

  /** What it printed at its end; one that was killed printed nothing. */
  #read(stdout: string): Omit<RunEnd, 'exitCode'> {
    if (stdout.trim() === '') return { state: 'running', outcome: '', text: '', settle: null, remains: [] };
    const { run, moves } = statusSchema.parse(JSON.parse(stdout));
    const move = moves.find(({ workload }) => workload === this.#guest.name);
    return {
      state: run.state,
      outcome: move?.state ?? '',
      text: move?.text ?? '',
      settle: run.settle,
      remains: move?.remains ?? [],
    };
  }

  get #state(): readonly string[] {
    return ['--state', this.file('runs')];
  }

  /** With the lab's mark, so that `down` also finds what an interrupted crash left. */
  async #call(
    argv: readonly string[],
    timeoutSeconds: number,
    program: readonly string[] = this.#lab.world.longhaul,
  ): Promise<CommandResult> {
    const { world, layout, state } = this.#lab;
    const marked = ['env', `${environmentMark}=${state.id}`, ...program, ...argv];
    const whole = inNamespace(layout.sites.a.services, marked);
    return await world.run(whole, { timeoutSeconds, signal: world.signal });
  }
}

const beginningsMax = 5;
