import type { z } from 'zod';
import { complaintsOf, wrongOf } from '../../topology/load/complaints.ts';
import { pathText } from '../../topology/load/problems.ts';
import {
  type EstimateInput,
  estimateInputSchema,
  type Observation,
  observationSchema,
} from './observation.ts';

/** One line of a JSON lines file: its value, or everything that is wrong with it. */
export type Line<Value> =
  | { readonly value: Value; readonly problems: null }
  | { readonly value: null; readonly id: string | null; readonly problems: readonly string[] };

/**
 * A line of `longhaul estimate`. Observations are inputs too: their outcome is put aside unread. A line without an id
 * is called by its number; null means not known, but for the two settings where it means none.
 */
export function readInputLine(text: string, lineNumber: number): Line<EstimateInput> {
  const parsed = parse(text);
  if (parsed.problem !== null) return { value: null, id: null, problems: [parsed.problem] };
  const known = withoutNulls(parsed.value);
  if (!isRecord(known)) return check(estimateInputSchema, known);
  const { outcome: _, ...input } = known;
  return check(estimateInputSchema, { id: `line-${lineNumber}`, ...input });
}

/** A line of `longhaul calibrate`: an input with its outcome. */
export function readObservationLine(text: string): Line<Observation> {
  const parsed = parse(text);
  if (parsed.problem !== null) return { value: null, id: null, problems: [parsed.problem] };
  return check(observationSchema, withoutNulls(parsed.value));
}

/** Longer than any observation with all its passes; a reader must not be filled up by one line. */
const lineCharactersMax = 4_000_000;

function parse(text: string): { value: unknown; problem: string | null } {
  if (text.length > lineCharactersMax)
    return {
      value: null,
      problem: `the line has ${text.length} characters; at most ${lineCharactersMax} are read`,
    };
  try {
    return { value: JSON.parse(text) as unknown, problem: null };
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    return { value: null, problem: `not JSON (${detail}); write one JSON object a line` };
  }
}

function check<Value>(schema: z.ZodType<Value>, value: unknown): Line<Value> {
  const result = schema.safeParse(value, { reportInput: true, error: wrongOf });
  if (result.success) return { value: result.data, problems: null };
  const problems = complaintsOf(result.error.issues, { schema, value }).map(({ path, wrong, right }) => {
    const where = pathText(path);
    return where === '' ? `${wrong}; ${right}` : `${where}: ${wrong}; ${right}`;
  });
  const id = isRecord(value) && typeof value['id'] === 'string' ? value['id'] : null;
  return { value: null, id, problems };
}

const nullMeansNone = new Set(['maxBandwidthBytesPerSecond', 'postcopyAfterPasses']);

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key, inner]) => inner !== null || nullMeansNone.has(key))
      .map(([key, inner]) => [key, withoutNulls(inner)]),
  );
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
