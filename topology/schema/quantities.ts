import { z } from 'zod';
import { parseBitsPerSecond, parseBytes, parseBytesPerSecond, parseSeconds } from '../units.ts';

/**
 * The values that topology and runbook files are made of, as people write them: a number and its unit. Each schema
 * reads text and answers a plain number in SI base units. Its `examples` serve the JSON Schema, the reference page and
 * the second half of every complaint ('what would be right').
 */
type Parse = (text: string) => number | null;

interface Quantity {
  readonly parse: Parse;
  /** What it is, with its article: 'an amount of bytes'. */
  readonly noun: string;
  readonly units: readonly string[];
  readonly example: string;
}

interface Range {
  readonly example?: string;
  /** In SI base units, both included; the texts are how a person writes them. */
  readonly min?: { readonly value: number; readonly text: string };
  readonly max?: { readonly value: number; readonly text: string };
}

const bytesQuantity: Quantity = {
  parse: parseBytes,
  noun: 'an amount of bytes',
  units: ['B', 'kB', 'MB', 'GB', 'TB', 'KiB', 'MiB', 'GiB', 'TiB'],
  example: '8 GiB',
};
const secondsQuantity: Quantity = {
  parse: parseSeconds,
  noun: 'a length of time',
  units: ['us', 'ms', 's', 'min', 'h', 'd'],
  example: '38 ms',
};
const bitRateQuantity: Quantity = {
  parse: parseBitsPerSecond,
  noun: 'a bit rate',
  units: ['bit/s', 'kbit/s', 'Mbit/s', 'Gbit/s', 'Tbit/s'],
  example: '600 Mbit/s',
};
const byteRateQuantity: Quantity = {
  parse: parseBytesPerSecond,
  noun: 'a byte rate',
  units: ['B/s', 'kB/s', 'MB/s', 'GB/s', 'KiB/s', 'MiB/s', 'GiB/s'],
  example: '12 MiB/s',
};
const powerQuantity: Quantity = {
  parse: (text) => parseDecimal(text, { W: 1, kW: 1e3, MW: 1e6 }),
  noun: 'an electrical power',
  units: ['W', 'kW', 'MW'],
  example: '350 W',
};
const quantities = [bytesQuantity, secondsQuantity, bitRateQuantity, byteRateQuantity, powerQuantity];

/** Whole bytes; at most 2^53 − 1, beyond which a number no longer counts single bytes. */
export const bytes = (range: Range = {}) =>
  quantity(
    { ...bytesQuantity, parse: (text) => roundedOrNull(parseBytes(text)) },
    { max: { value: Number.MAX_SAFE_INTEGER, text: '8 PiB' }, ...range },
  );
export const seconds = (range: Range = {}) => quantity(secondsQuantity, range);
export const bitsPerSecond = (range: Range = {}) => quantity(bitRateQuantity, range);
export const bytesPerSecond = (range: Range = {}) => quantity(byteRateQuantity, range);
export const watts = (range: Range = {}) => quantity(powerQuantity, range);

function quantity(kind: Quantity, range: Range) {
  const units = kind.units.map((unit) => unit.replace('/', '\\/')).join('|');
  return z
    .string({ error: ({ input }) => (typeof input === 'number' ? noUnit(String(input), kind) : undefined) })
    .transform((text, context) => {
      const value = kind.parse(text);
      const wrong = value === null ? misreading(text, kind) : outOfRange(text, value, range);
      if (wrong !== null) complain(context, text, wrong);
      return value ?? z.NEVER;
    })
    .meta({
      title: kind.noun,
      pattern: `^\\d+(\\.\\d+)?(e[+-]?\\d+)?\\s*(${units})$`,
      examples: [range.example ?? kind.example],
    });
}

/** Says that a value is wrong; what would be right follows from the schema's example. */
function complain(
  context: { readonly issues: { push(issue: { code: 'custom'; input: unknown; message: string }): unknown } },
  input: unknown,
  message: string,
): void {
  context.issues.push({ code: 'custom', input, message });
}

function misreading(text: string, kind: Quantity): string {
  const trimmed = text.trim();
  if (/^-\s*\d/.test(trimmed)) return `'${text}' is negative`;
  const other = quantities.find(({ parse }) => parse(trimmed) !== null);
  if (other !== undefined) return `'${text}' is ${other.noun}, not ${kind.noun}`;
  if (/^\d+(\.\d+)?$/.test(trimmed)) return noUnit(text, kind);
  const unit = /^\d+(?:\.\d+)?\s*([A-Za-zµ/]+)$/.exec(trimmed)?.[1];
  return unit === undefined
    ? `'${text}' is not ${kind.noun}`
    : `'${unit}' is not a unit of ${kind.noun.replace(/^an? (amount of |length of )?/, '')} (${kind.units.join(', ')})`;
}

const noUnit = (text: string, kind: Quantity): string => `'${text}' has no unit (${kind.units.join(', ')})`;

function outOfRange(text: string, value: number, { min, max }: Range): string | null {
  if (min !== undefined && value < min.value) return `'${text}' is below ${min.text}`;
  if (max !== undefined && value > max.value) return `'${text}' is above ${max.text}`;
  return null;
}

const roundedOrNull = (value: number | null): number | null => (value === null ? null : Math.round(value));

function parseDecimal(text: string, units: Readonly<Record<string, number>>): number | null {
  const match = /^(\d+(?:\.\d+)?)\s*([A-Za-z/]+)$/.exec(text.trim());
  const factor = match?.[2] !== undefined && Object.hasOwn(units, match[2]) ? units[match[2]] : undefined;
  return factor === undefined ? null : Number(match?.[1]) * factor;
}

/** '20 %' or 0.2 → 0.2. */
export const ratio = (example = '20 %') =>
  z
    .union([z.number(), z.string()])
    .transform((input, context) => {
      const percent = typeof input === 'string' ? parseDecimalPercent(input) : input;
      if (percent === null) complain(context, input, `'${input}' is not a share`);
      else if (percent < 0 || percent > 1)
        complain(context, input, `'${input}' is not between 0 % and 100 %`);
      return percent ?? z.NEVER;
    })
    .meta({ title: 'a share, in percent or from 0 to 1', examples: [example] });

function parseDecimalPercent(text: string): number | null {
  const match = /^(-?\d+(?:\.\d+)?(?:e-?\d+)?)\s*%$/.exec(text.trim());
  return match === null ? null : Number(match[1]) / 100;
}

export interface Money {
  readonly amount: number;
  readonly currency: string;
}

/** '120 EUR', '0.02 EUR/GB', '1.20 EUR/h' → amount per base unit (byte, hour) and currency. */
export const money = (per: 'once' | 'byte' | 'hour') => {
  const example = { once: '120 EUR', byte: '0.02 EUR/GB', hour: '1.20 EUR/h' }[per];
  return z
    .string({ error: ({ input }) => (typeof input === 'number' ? `'${input}' has no currency` : undefined) })
    .transform((text, context): Money => {
      const match = /^(\d+(?:\.\d+)?)\s*([A-Z]{3})(?:\s*\/\s*([A-Za-z]+))?$/.exec(text.trim());
      const units = match === null ? null : unitsIn(match[3], per);
      if (match === null || units === null) {
        complain(context, text, `'${text}' is not a ${per === 'once' ? 'price' : `price per ${per}`}`);
        return z.NEVER;
      }
      return { amount: Number(match[1]) / units, currency: match[2] ?? '' };
    })
    .meta({ title: per === 'once' ? 'a price' : `a price per ${per}`, examples: [example] });
};

function unitsIn(unit: string | undefined, per: 'once' | 'byte' | 'hour'): number | null {
  if (per === 'once') return unit === undefined ? 1 : null;
  if (unit === undefined) return null;
  if (per === 'byte') return parseBytes(`1 ${unit}`);
  const seconds = parseSeconds(`1 ${unit}`);
  return seconds === null ? null : seconds / 3600;
}
