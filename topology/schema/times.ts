import { z } from 'zod';

/** Instants and recurring times. Every one names its offset from UTC, so that no reader has to guess it. */
const offset = '(Z|[+-](?:0\\d|1[0-4]):[0-5]\\d)';
const dayNames = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
const secondsPerDay = 86_400;
const secondsPerWeek = 7 * secondsPerDay;

/** RFC 3339 with its offset: '2026-11-24T18:00:00+01:00' → Unix seconds. */
export const instant = () =>
  z
    .string()
    .transform((text, context) => {
      const wrong = instantFault(text);
      if (wrong === null) return Date.parse(text) / 1000;
      context.issues.push({ code: 'custom', input: text, message: wrong });
      return z.NEVER;
    })
    .meta({
      title: 'a date and time with its offset',
      format: 'date-time',
      examples: ['2026-11-24T18:00:00+01:00'],
    });

function instantFault(text: string): string | null {
  const match = new RegExp(`^(\\d{4}-\\d\\d-\\d\\d)[Tt ]\\d\\d:\\d\\d(:\\d\\d(\\.\\d+)?)?${offset}?$`).exec(
    text,
  );
  if (match === null) return `'${text}' is not a date and time`;
  if (match[4] === undefined) return `'${text}' does not say its time zone`;
  const day = match[1] ?? '';
  const isCalendarDay = !Number.isNaN(Date.parse(day)) && new Date(day).toISOString().startsWith(day);
  return isCalendarDay && !Number.isNaN(Date.parse(text)) ? null : `'${text}' is not in the calendar`;
}

/** '22:00Z', '22:00+01:00' → seconds after 00:00 UTC; negative or beyond one day where the offset leads there. */
export const timeOfDay = () =>
  z
    .string()
    .transform((text, context) => {
      const match = new RegExp(`^([01]\\d|2[0-3]):([0-5]\\d)${offset}?$`).exec(text.trim());
      if (match?.[3] !== undefined)
        return Number(match[1]) * 3600 + Number(match[2]) * 60 - offsetSeconds(match[3]);
      const wrong = match === null ? 'is not a time of day' : 'does not say its time zone';
      context.issues.push({ code: 'custom', input: text, message: `'${text}' ${wrong}` });
      return z.NEVER;
    })
    .meta({
      pattern: `^([01]\\d|2[0-3]):([0-5]\\d)${offset}$`,
      title: 'a time of day with its offset',
      examples: ['22:00+01:00'],
    });

function offsetSeconds(text: string): number {
  if (text === 'Z') return 0;
  const sign = text.startsWith('-') ? -1 : 1;
  return sign * (Number(text.slice(1, 3)) * 3600 + Number(text.slice(4, 6)) * 60);
}

/** A window that comes back on each of its days; where `to` is not after `from` it ends the next day. */
export const window = z.strictObject({
  days: z
    .array(z.enum(dayNames))
    .min(1)
    .prefault([...dayNames])
    .meta({ examples: [['sat', 'sun']], description: 'Days it begins on, by the clock of `from`.' }),
  from: timeOfDay().meta({ description: 'Beginning, with its offset from UTC.' }),
  to: timeOfDay().meta({ description: 'End; where it is not after `from`, on the next day.' }),
});
export type RawWindow = z.output<typeof window>;

/** The same as seconds of the week (Monday 00:00 UTC = 0): split at the turn of the week, sorted, overlaps merged. */
export function weeklyWindows(
  windows: readonly RawWindow[],
): { readonly fromSecondOfWeek: number; readonly toSecondOfWeek: number }[] {
  const pieces = windows.flatMap(({ days, from, to }) => {
    const length = to > from ? to - from : to - from + secondsPerDay;
    return days.flatMap((day) =>
      piecesWithinWeek(dayNames.indexOf(day) * secondsPerDay + from, Math.min(length, secondsPerDay)),
    );
  });
  return merged(pieces.sort((a, b) => a.fromSecondOfWeek - b.fromSecondOfWeek));
}

function piecesWithinWeek(start: number, length: number) {
  const from = ((start % secondsPerWeek) + secondsPerWeek) % secondsPerWeek;
  const to = from + length;
  if (to <= secondsPerWeek) return [{ fromSecondOfWeek: from, toSecondOfWeek: to }];
  return [
    { fromSecondOfWeek: from, toSecondOfWeek: secondsPerWeek },
    { fromSecondOfWeek: 0, toSecondOfWeek: to - secondsPerWeek },
  ];
}

function merged(sorted: readonly { readonly fromSecondOfWeek: number; readonly toSecondOfWeek: number }[]) {
  const result: { fromSecondOfWeek: number; toSecondOfWeek: number }[] = [];
  for (const piece of sorted) {
    const last = result.at(-1);
    if (last !== undefined && piece.fromSecondOfWeek <= last.toSecondOfWeek)
      last.toSecondOfWeek = Math.max(last.toSecondOfWeek, piece.toSecondOfWeek);
    else result.push({ ...piece });
  }
  return result;
}
