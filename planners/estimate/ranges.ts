import type { Course, Outlook } from './course.ts';
import type { Quantiles } from './estimate.ts';
import type { Spread } from './model.ts';

/** z of the 90th percentile of a normal distribution. */
const z90 = 1.2816;

export interface RangeRule {
  /** Measured ÷ predicted on held-out moves. */
  readonly spread: Spread;
  /** Relative standard deviation that missing fields add. */
  readonly doubt: number;
  /** No answer is larger. */
  readonly most: number;
}

/**
 * P50 is the weighted median over the courses, which moves in one direction when each course does; P10 and P90 add what
 * the courses differ by to the model's own spread.
 */
export function rangeOver(outlook: Outlook, of: (course: Course) => number, rule: RangeRule): Quantiles {
  const count = sortBy(outlook, of);
  const unknown = z90 * rule.doubt;
  const down = Math.exp(-beside(Math.log(1 / Math.min(1, rule.spread.low)), unknown));
  const up = Math.exp(beside(Math.log(Math.max(1, rule.spread.high)), unknown));
  return {
    p10: Math.min(quantile(count, 0.1) * down, rule.most),
    p50: Math.min(quantile(count, 0.5), rule.most),
    p90: Math.min(quantile(count, 0.9) * up, rule.most),
  };
}

/** Independent doubts add as squares; mostly there is nothing to add, and planners ask very often. */
const beside = (spread: number, unknown: number): number =>
  unknown === 0 ? spread : Math.hypot(spread, unknown);

/** What `sortBy` leaves: one pair of arrays for all calls, as each call is done with them before the next. */
const sortedValues: number[] = [];
const sortedWeights: number[] = [];

/** By insertion: there are at most ten. Answers how many. */
function sortBy({ courses }: Outlook, of: (course: Course) => number): number {
  let count = 0;
  for (const { course, weight } of courses) {
    const value = of(course);
    let place = count;
    for (; place > 0 && sortedValues[place - 1]! > value; place -= 1) {
      sortedValues[place] = sortedValues[place - 1]!;
      sortedWeights[place] = sortedWeights[place - 1]!;
    }
    sortedValues[place] = value;
    sortedWeights[place] = weight;
    count += 1;
  }
  return count;
}

/** The course that P50 of the time is taken from. */
export function medianCourse({ courses }: Outlook): Course {
  const sorted = [...courses].sort((a, b) => a.course.totalSeconds - b.course.totalSeconds);
  let sum = 0;
  for (const { course, weight } of sorted) {
    sum += weight;
    if (sum >= 0.5 - weightSlack) return course;
  }
  return sorted.at(-1)!.course;
}

/** Weights add up to 1 but for rounding. */
const weightSlack = 1e-9;

/** The smallest of so many sorted values at or below which at least that share of the weight lies. */
function quantile(count: number, share: number): number {
  let sum = 0;
  for (let index = 0; index < count; index += 1) {
    sum += sortedWeights[index]!;
    if (sum >= share - weightSlack) return sortedValues[index]!;
  }
  return count === 0 ? 0 : sortedValues[count - 1]!;
}

/** Standard normal distribution function, Abramowitz and Stegun 26.2.17 (error below 7.5e-8). */
export function normal(z: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(z));
  const tail =
    0.3989422804014327 *
    Math.exp((-z * z) / 2) *
    t *
    (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  return z >= 0 ? 1 - tail : tail;
}

/** Six figures: more is not known, and answers stay the same from machine to machine. */
export function rounded(value: number): number {
  if (value === 0 || !Number.isFinite(value)) return value;
  const digits = 5 - Math.floor(Math.log10(Math.abs(value)));
  if (Math.abs(digits) > exactPowersMax) return Number(value.toPrecision(6));
  const scale = exactPowers[Math.abs(digits)]!;
  return digits >= 0 ? Math.round(value * scale) / scale : Math.round(value / scale) * scale;
}

/** Powers of ten up to this one are exact, so that the quotient of whole numbers is the nearest number there is. */
const exactPowersMax = 22;
const exactPowers = Array.from({ length: exactPowersMax + 1 }, (_, power) => 10 ** power);

export function roundedRange<Range extends Quantiles | null>(range: Range): Range {
  if (range === null) return range;
  return { p10: rounded(range.p10), p50: rounded(range.p50), p90: rounded(range.p90) } as Range;
}
