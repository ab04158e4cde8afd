import { isCompleted, type Scenario } from './scenarios.ts';

/** Kinds of scenario that a report tells apart; a scenario may be of several, the first five exclude each other. */
export const kinds = [
  'idle',
  'converging',
  'near the edge',
  'not converging',
  'post-copy',
  'high RTT',
  'lossy',
  'throttled',
  'all',
] as const;
export type Kind = (typeof kinds)[number];

/** No sample of an idle guest reads more. */
const idleMebibytesPerSecond = 1;
/** A move that needed so many passes circled before it ended. */
const edgePasses = 7;
const highRttSeconds = 0.08;

export function kindsOf({ runs }: Scenario): ReadonlySet<Kind> {
  const [run] = runs;
  if (run === undefined) return new Set();
  const { dirty = [], settings = {}, link } = run;
  const found = new Set<Kind>();
  const postCopy = (settings.postcopyAfterPasses ?? null) !== null;
  const passes = Math.max(...runs.map(({ outcome }) => outcome.passes ?? 0));
  if (!runs.some(isCompleted)) found.add('not converging');
  else if (postCopy) found.add('post-copy');
  else if (dirty.every(({ mebibytesPerSecond }) => mebibytesPerSecond <= idleMebibytesPerSecond))
    found.add('idle');
  else if (passes >= edgePasses) found.add('near the edge');
  else found.add('converging');
  if (link.rttSeconds >= highRttSeconds) found.add('high RTT');
  if ((link.loss ?? 0) > 0) found.add('lossy');
  if (settings.autoConverge === true) found.add('throttled');
  return found.add('all');
}
