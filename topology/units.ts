/**
 * Units: people write them, programs compute in SI base units (bytes, seconds, bits per second at the link, bytes per
 * second elsewhere). Binary prefixes (KiB) are powers of 1024, decimal ones (kB, Mbit) powers of 1000 (IEC 80000-13).
 */
const byteUnits: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
};
const secondUnits: Readonly<Record<string, number>> = {
  us: 1e-6,
  ms: 1e-3,
  s: 1,
  min: 60,
  h: 3600,
  d: 86_400,
};
const bitUnits: Readonly<Record<string, number>> = {
  'bit/s': 1,
  'kbit/s': 1e3,
  'Mbit/s': 1e6,
  'Gbit/s': 1e9,
  'Tbit/s': 1e12,
};

/** '8 GiB' → 8589934592; null when it is not a quantity of bytes. */
export const parseBytes = (text: string): number | null => parseQuantity(text, byteUnits);
/** '38 ms', '38ms', '2 h' → seconds. */
export const parseSeconds = (text: string): number | null => parseQuantity(text, secondUnits);
/** '600 Mbit/s' → bits per second. */
export const parseBitsPerSecond = (text: string): number | null => parseQuantity(text, bitUnits);
/** '12 MiB/s' → bytes per second. */
export const parseBytesPerSecond = (text: string): number | null =>
  text.endsWith('/s') ? parseQuantity(text.slice(0, -2), byteUnits) : null;

export const formatBytes = (bytes: number): string =>
  formatQuantity(bytes, [
    [2 ** 40, 'TiB'],
    [2 ** 30, 'GiB'],
    [2 ** 20, 'MiB'],
    [2 ** 10, 'KiB'],
    [1, 'B'],
  ]);
export const formatBytesPerSecond = (bytesPerSecond: number): string => `${formatBytes(bytesPerSecond)}/s`;
export const formatBitsPerSecond = (bitsPerSecond: number): string =>
  formatQuantity(bitsPerSecond, [
    [1e9, 'Gbit/s'],
    [1e6, 'Mbit/s'],
    [1e3, 'kbit/s'],
    [1, 'bit/s'],
  ]);
export const formatSeconds = (seconds: number): string =>
  formatQuantity(seconds, [
    [86_400, 'd'],
    [3600, 'h'],
    [60, 'min'],
    [1, 's'],
    [1e-3, 'ms'],
    [1e-6, 'us'],
  ]);

/** Three significant figures of what has no unit; less than a thousandth is nothing: of sessions, money and steps alike. */
export const formatFigure = (value: number): string =>
  Math.abs(value) < 1e-3 ? '0' : String(Number(value.toPrecision(3)));

/** An instant for people, to the minute, in UTC. */
export const formatInstant = (unixSeconds: number): string =>
  `${new Date(unixSeconds * 1000).toISOString().slice(0, 16).replace('T', ' ')} UTC`;

function parseQuantity(text: string, units: Readonly<Record<string, number>>): number | null {
  const match = /^(\d+(?:\.\d+)?(?:e[+-]?\d+)?)\s*([A-Za-z/]+)$/.exec(text.trim());
  const unit = match?.[2];
  if (match?.[1] === undefined || unit === undefined || !Object.hasOwn(units, unit)) return null;
  const factor = units[unit] ?? Number.NaN;
  // 1.8 ms is 1.8 / 1000 = 0.0018; times 0.001, which binary fractions only approach, it would be 0.0018000000000000002.
  return factor < 1 ? Number(match[1]) / Math.round(1 / factor) : Number(match[1]) * factor;
}

/** Three significant figures in the largest unit that leaves at least 1. */
function formatQuantity(value: number, units: readonly (readonly [number, string])[]): string {
  const fitting = units.find(([factor]) => Math.abs(value) >= factor) ?? units.at(-1);
  if (fitting === undefined || value === 0) return `0 ${units.find(([factor]) => factor === 1)?.[1] ?? ''}`;
  const [factor, unit] = fitting;
  return `${Number((value / factor).toPrecision(3))} ${unit}`;
}
