import { readFileSync } from 'node:fs';
import { observationsFrom } from '../../planners/calibrate/observation-file.ts';
import type { Observation } from '../../planners/estimate/observation.ts';

const file = 'examples/observations/qemu-7.2-tcg-wan.jsonl';

/** The measured moves that come with Longhaul. */
export const measuredMoves = (): Observation[] =>
  observationsFrom([{ file, text: readFileSync(file, 'utf8') }]);

export function measuredMove(id: string): Observation {
  const move = measuredMoves().find((one) => one.id === id);
  if (move === undefined) throw new Error(`no observation '${id}'`);
  return move;
}
