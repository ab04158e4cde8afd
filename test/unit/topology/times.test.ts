import { expect, test } from 'vitest';
import { instant, timeOfDay, weeklyWindows, window } from '../../../topology/schema/times.ts';

const hour = 3600;
const day = 24 * hour;
const windows = (
  ...written: readonly { readonly days?: readonly string[]; readonly from: string; readonly to: string }[]
) => weeklyWindows(written.map((one) => window.parse(one)));

test('a window within its day', () => {
  expect(windows({ days: ['wed'], from: '09:00Z', to: '17:30Z' })).toEqual([
    { fromSecondOfWeek: 2 * day + 9 * hour, toSecondOfWeek: 2 * day + 17.5 * hour },
  ]);
});

test('a window that ends before it begins ends the next day; at the turn of the week it is two', () => {
  expect(windows({ days: ['sun'], from: '22:00Z', to: '04:00Z' })).toEqual([
    { fromSecondOfWeek: 0, toSecondOfWeek: 4 * hour },
    { fromSecondOfWeek: 6 * day + 22 * hour, toSecondOfWeek: 7 * day },
  ]);
});

test('days are those of the clock that the offset names', () => {
  expect(windows({ days: ['mon'], from: '00:30+02:00', to: '02:30+02:00' })).toEqual([
    { fromSecondOfWeek: 0, toSecondOfWeek: 0.5 * hour },
    { fromSecondOfWeek: 6 * day + 22.5 * hour, toSecondOfWeek: 7 * day },
  ]);
});

test('every day without days, all day where beginning and end are one: the whole week', () => {
  expect(windows({ from: '00:00Z', to: '00:00Z' })).toEqual([
    { fromSecondOfWeek: 0, toSecondOfWeek: 7 * day },
  ]);
});

test('windows that overlap or touch are one', () => {
  expect(
    windows({ days: ['tue'], from: '10:00Z', to: '12:00Z' }, { days: ['tue'], from: '08:00Z', to: '10:00Z' }),
  ).toEqual([{ fromSecondOfWeek: day + 8 * hour, toSecondOfWeek: day + 12 * hour }]);
});

test('instants need date, time, offset and a day that the calendar has', () => {
  const said = (text: string) =>
    instant()
      .safeParse(text)
      .error?.issues.map(({ message }) => message) ?? [];
  expect(instant().parse('2026-11-24T18:00:00+01:00')).toBe(Date.UTC(2026, 10, 24, 17) / 1000);
  expect(instant().parse('2028-02-29T00:00Z')).toBe(Date.UTC(2028, 1, 29) / 1000);
  expect(said('2026-11-24T18:00:00')).toEqual(["'2026-11-24T18:00:00' does not say its time zone"]);
  expect(said('2026-02-29T00:00Z')).toEqual(["'2026-02-29T00:00Z' is not in the calendar"]);
  expect(said('2026-11-24T25:00Z')).toEqual(["'2026-11-24T25:00Z' is not in the calendar"]);
  expect(said('tomorrow')).toEqual(["'tomorrow' is not a date and time"]);
});

test('times of day need an offset', () => {
  const said = (text: string) =>
    timeOfDay()
      .safeParse(text)
      .error?.issues.map(({ message }) => message) ?? [];
  expect(timeOfDay().parse('06:15-03:30')).toBe(9.75 * hour);
  expect(said('06:15')).toEqual(["'06:15' does not say its time zone"]);
  expect(said('24:00Z')).toEqual(["'24:00Z' is not a time of day"]);
});
