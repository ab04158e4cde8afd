import type { Observation } from '../estimate/observation.ts';

/** Repeats of one experiment: same guest, link and settings. */
export interface Scenario {
  readonly id: string;
  readonly runs: readonly Observation[];
}

/** Repeats carry the scenario's id and `-1` to `-9`. */
export const scenarioIdOf = (observationId: string): string => observationId.replace(/-[1-9]$/, '');

/** Observations by scenario, in the order of their ids: the order of lines in a file does not matter. */
export function scenariosOf(observations: readonly Observation[]): Scenario[] {
  const byId = new Map<string, Observation[]>();
  for (const observation of observations) {
    const id = scenarioIdOf(observation.id);
    const runs = byId.get(id);
    if (runs === undefined) byId.set(id, [observation]);
    else runs.push(observation);
  }
  return [...byId]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([id, runs]) => ({ id, runs: runs.sort((a, b) => (a.id < b.id ? -1 : 1)) }));
}

export const isCompleted = ({ outcome }: Observation): boolean => outcome.status === 'completed';
