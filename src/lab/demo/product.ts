import path from 'node:path';
import { z } from 'zod';
import { LonghaulError } from '../../../topology/errors.ts';
import type { CommandResult } from '../../../topology/world.ts';
import { inNamespace } from '../kernel.ts';
import { runbookFile, topologyFile } from '../documents.ts';
import type { Layout } from '../layout.ts';
import { planSecondsMax, runSecondsMax } from '../limits.ts';
import type { LabWorld } from '../world.ts';
import { type JournalLine, journalEntrySchema, runStatusSchema } from './report.ts';

/**
 * The product as an operator at site a calls it: its own commands, in the namespace of that site's services, so that
 * what it says to site b crosses the WAN.
 */
export class Product {
  readonly #world: LabWorld;
  readonly #namespace: string;
  readonly #folder: string;

  constructor(world: LabWorld, layout: Layout) {
    this.#world = world;
    this.#namespace = layout.sites.a.services;
    this.#folder = world.directories.runtime;
  }

  get planFile(): string {
    return path.join(this.#folder, 'plan.json');
  }

  async plan(): Promise<void> {
    const files = [topologyFile(this.#folder), runbookFile(this.#folder), '-o', this.planFile];
    requireSuccess('plan', await this.#call(['plan', ...files], planSecondsMax));
  }

  /** Also a run that has not succeeded is an answer; what it printed is then in `text`. */
  async run(): Promise<{
    readonly status: ReturnType<typeof runStatusSchema.parse> | null;
    readonly text: string;
    readonly commandSeconds: number;
    /** Unix seconds. */
    readonly startedAtSeconds: number;
  }> {
    const { clock } = this.#world;
    const [startedAtSeconds, begun] = [clock.nowSeconds(), clock.monotonicSeconds()];
    const argv = ['run', this.planFile, '--yes', '--limits', 'lab', '--json', ...this.#state()];
    const { stdout, stderr } = await this.#call(argv, runSecondsMax);
    const status = runStatusSchema.safeParse(parseJson(stdout));
    return {
      status: status.data ?? null,
      text: stderr.trim().split('\n').slice(-3).join('; '),
      commandSeconds: clock.monotonicSeconds() - begun,
      startedAtSeconds,
    };
  }

  /** The dirty curves of all guests, at the intervals that are the command's own. */
  async probe(): Promise<z.infer<typeof probeSchema>> {
    const result = await this.#call(['probe', topologyFile(this.#folder), '--json'], planSecondsMax);
    requireSuccess('probe', result);
    return probeSchema.parse(parseJson(result.stdout));
  }

  async journal(run: string): Promise<readonly JournalLine[]> {
    const result = await this.#call(['show', run, '--journal', ...this.#state()], planSecondsMax);
    requireSuccess('show', result);
    const lines = result.stdout.split('\n').filter((line) => line !== '');
    return lines.map((line) => journalEntrySchema.parse(JSON.parse(line)));
  }

  #state(): readonly string[] {
    return ['--state', path.join(this.#folder, 'runs')];
  }

  async #call(argv: readonly string[], timeoutSeconds: number): Promise<CommandResult> {
    const { run, longhaul, signal } = this.#world;
    return await run(inNamespace(this.#namespace, [...longhaul, ...argv]), { timeoutSeconds, signal });
  }
}

const probeSchema = z.object({
  workloads: z.array(
    z.object({
      workload: z.string(),
      residentBytes: z.number().nullable(),
      dirty: z.array(z.object({ seconds: z.number(), bytesPerSecond: z.number() })),
    }),
  ),
});

function requireSuccess(command: string, { exitCode, stderr }: CommandResult): void {
  if (exitCode !== 0)
    throw new LonghaulError('LH_COMMAND_FAILED', [`longhaul ${command}`, exitCode, stderr.trim()]);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
