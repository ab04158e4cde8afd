import type { Plan } from '../../../planners/plan/plan.ts';
import { sentenceOf } from '../../../planners/plan/reasons.ts';
import { formatInstant } from '../../../topology/units.ts';

/** When to start at the latest, and for whom; or why no start would do. Nothing where nothing asks for one. */
export function safeStartLines({
  latestSafeStartSeconds,
  latestSafeStartBecause,
}: Pick<Plan, 'latestSafeStartSeconds' | 'latestSafeStartBecause'>): readonly string[] {
  const why = latestSafeStartBecause === null ? null : sentenceOf(latestSafeStartBecause);
  if (latestSafeStartSeconds === null) return why === null ? [] : [`No latest safe start: ${why}`];
  return [`Latest safe start ${formatInstant(latestSafeStartSeconds)}${why === null ? '' : `, ${why}`}`];
}
