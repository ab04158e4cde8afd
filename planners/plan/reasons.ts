import assert from 'node:assert/strict';
import { formatBytes, formatBytesPerSecond, formatSeconds } from '../../topology/units.ts';

/**
 * Every sentence a planner says, once: CLI, API and page print the same. A reason is its code and the values in the
 * sentence; names end in their unit and are printed with it.
 */
const sentences = {
  'sessions-kept': 'open sessions survive the move',
  'method-not-allowed': 'the topology allows {workload} only {methods}',
  'does-not-converge':
    'memory is dirtied faster ({dirtyBytesPerSecond}) than the path carries ({goodputBytesPerSecond})',
} as const satisfies Record<string, string>;

export type ReasonCode = keyof typeof sentences;

export interface Reason {
  readonly code: ReasonCode;
  readonly values: Readonly<Record<string, string | number>>;
}

export function reason(code: ReasonCode, values: Reason['values'] = {}): Reason {
  return { code, values };
}

/** The sentence of a reason, with its values and their units. */
export function sentenceOf({ code, values }: Reason): string {
  return sentences[code].replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const value = values[name];
    assert(value !== undefined, `reason ${code} lacks ${name}`);
    return formatValue(name, value);
  });
}

function formatValue(name: string, value: string | number): string {
  if (typeof value === 'string') return value;
  if (name.endsWith('BytesPerSecond')) return formatBytesPerSecond(value);
  if (name.endsWith('Bytes')) return formatBytes(value);
  if (name.endsWith('Seconds')) return formatSeconds(value);
  if (name.endsWith('Ratio')) return `${(value * 100).toFixed(0)} %`;
  return String(value);
}
