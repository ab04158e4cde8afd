import { rm } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { readJsonIfThere, writeWhole } from './files.ts';

/**
 * What one lab has made, written before it is made: after a kill -9 at any line, `down` finds everything again.
 *
 *   (none) ── up ─▶ building ── all stands ─▶ up ── down ─▶ (none)
 *                      └──── killed, failed, Ctrl-C: down ─▶ (none)
 */
const processSchema = z.strictObject({ name: z.string(), pid: z.int(), startTicks: z.int() });

const shapeSchema = z.strictObject({
  rttSeconds: z.number(),
  jitterSeconds: z.number(),
  rateBitsPerSecond: z.number(),
  loss: z.number(),
  bufferSeconds: z.number(),
});

const guestSchema = z.strictObject({
  name: z.string(),
  address: z.string(),
  newAddress: z.string(),
  mac: z.string(),
  memoryBytes: z.int(),
  options: z.record(z.string(), z.string()),
});
export type LabGuest = Readonly<z.infer<typeof guestSchema>>;

const stateSchema = z.strictObject({
  format: z.literal('longhaul-lab/1'),
  /** Random; every namespace carries it, every process has it in its environment. */
  id: z.string(),
  prefix: z.string(),
  phase: z.enum(['building', 'up']),
  profile: z.string(),
  shape: shapeSchema,
  seed: z.int(),
  congestionControl: z.string(),
  startedAtSeconds: z.number(),
  namespaces: z.array(z.string()),
  processes: z.array(processSchema),
  guests: z.array(guestSchema),
});
export type LabState = Readonly<z.infer<typeof stateSchema>>;

const stateFile = (runtime: string): string => path.join(runtime, 'state.json');

export async function readState(runtime: string): Promise<LabState | null> {
  return await readJsonIfThere(stateFile(runtime), stateSchema);
}

export async function writeState(runtime: string, state: LabState): Promise<void> {
  await writeWhole(stateFile(runtime), `${JSON.stringify(state, null, 2)}\n`);
}

/** The last thing `down` does: as long as the state is there, so may be the rest. */
export async function removeState(runtime: string): Promise<void> {
  await rm(runtime, { recursive: true, force: true });
}
