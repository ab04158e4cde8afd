import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import type { Clock } from '../../../topology/world.ts';
import { LonghaulError } from '../../../topology/errors.ts';
import { type Operation, operations } from '../../site/operations.ts';
import type { Site } from '../../site/site.ts';
import { siteOver } from '../../site/site-over.ts';
import type { PacedClock } from '../../world/paced.ts';

/** What was ever asked of simulated sites, one JSON line each: `longhaul-simulated/1`. */
export interface History {
  readonly epochSeconds: number;
  readonly lines: readonly Line[];
}

const format = 'longhaul-simulated/1';
const headSchema = z.strictObject({ format: z.literal(format), epochSeconds: z.number() });
const callSchema = z.strictObject({
  atSeconds: z.number(),
  id: z.int(),
  site: z.string(),
  operation: z.string(),
  args: z.record(z.string(), z.unknown()),
});
/** The caller gave up that call. */
const abortSchema = z.strictObject({ atSeconds: z.number(), aborted: z.int() });
const lineSchema = z.union([callSchema, abortSchema]);
type Line = z.infer<typeof lineSchema>;

/** Null where there is none yet. A last line that a kill cut off was not acted on. */
export function readHistory(file: string): History | null {
  if (!fs.existsSync(file)) return null;
  const [head, ...lines] = fs.readFileSync(file, 'utf8').split('\n').slice(0, -1);
  if (head === undefined) return null;
  try {
    const { epochSeconds } = headSchema.parse(JSON.parse(head));
    return { epochSeconds, lines: lines.map((text) => lineSchema.parse(JSON.parse(text))) };
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new LonghaulError('LH_INPUT_UNREADABLE', [file, why], { cause });
  }
}

/** Asks the same of a new world at the same instants, as fast as it goes. */
export async function repeatHistory(
  { lines }: History,
  sites: ReadonlyMap<string, Site>,
  clock: PacedClock,
): Promise<void> {
  const calls = new Map<number, AbortController>();
  for (const line of lines) {
    await clock.advanceTo(line.atSeconds);
    if ('aborted' in line) calls.get(line.aborted)?.abort();
    else calls.set(line.id, repeatCall(line, sites));
  }
}

function repeatCall(line: z.infer<typeof callSchema>, sites: ReadonlyMap<string, Site>): AbortController {
  const operation = rows.get(line.operation);
  const site = sites.get(line.site);
  assert(operation !== undefined && site !== undefined, `a history knows its sites and operations`);
  const controller = new AbortController();
  operation.call(site, line.args, controller.signal).catch(() => undefined); // it failed the first time, too
  return controller;
}

/** Writes every call that changes something before it acts; a kill -9 loses none that acted. */
export class Recorder {
  readonly #clock: Clock;
  readonly #descriptor: number;
  #id: number;

  constructor(file: string, history: History | null, clock: PacedClock) {
    this.#clock = clock;
    this.#id = history?.lines.length ?? 0;
    fs.mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
    if (history !== null) cutOff(file);
    this.#descriptor = fs.openSync(file, history === null ? 'w' : 'a', 0o600);
    if (history === null) this.#write({ format, epochSeconds: clock.nowSeconds() });
  }

  record(site: Site): Site {
    const ask = async <A, R>(operation: Operation<A, R>, args: A, signal: AbortSignal): Promise<R> => {
      signal.throwIfAborted();
      if (!Object.hasOwn(args as object, 'claim')) return await operation.call(site, args, signal);
      const id = this.#id++;
      const atSeconds = this.#clock.nowSeconds();
      this.#write({ atSeconds, id, site: site.name, operation: names.get(operation), args });
      const aborted = (): void => this.#write({ atSeconds: this.#clock.nowSeconds(), aborted: id });
      signal.addEventListener('abort', aborted, { once: true });
      try {
        return await operation.call(site, args, signal);
      } finally {
        signal.removeEventListener('abort', aborted);
      }
    };
    return siteOver(site.name, ask, { balancers: site.balancers !== null });
  }

  close(): void {
    fs.closeSync(this.#descriptor);
  }

  #write(line: object): void {
    fs.writeSync(this.#descriptor, `${JSON.stringify(line)}\n`);
  }
}

function cutOff(file: string): void {
  const text = fs.readFileSync(file, 'utf8');
  fs.truncateSync(file, Buffer.byteLength(text.slice(0, text.lastIndexOf('\n') + 1)));
}

const rows = new Map(Object.entries(operations) as [string, Operation<unknown, unknown>][]);
const names = new Map<object, string>([...rows].map(([name, row]) => [row, name]));
