import type { Relocation, RelocationPhase } from '../../gateway/relocation.ts';
import type { RelocationPair } from './move.ts';

/** What a move asks of the gateways, in its order; `undone`: as if it had never been. */
export type Stage = 'undone' | 'prepared' | 'following' | 'switched' | 'settled';

/** The guest goes back to where its inner address lives. */
export const isHomecoming = ({ source }: RelocationPair): boolean => source.role === 'target';

/** A move away goes through the phases of the same names; on the way home they are those of the relocation it undoes. */
export function phaseAt(pair: RelocationPair, stage: Stage): RelocationPhase {
  return (isHomecoming(pair) ? home : away)[stage];
}

export const at = (pair: RelocationPair, half: Relocation, stage: Stage): Relocation => ({
  ...half,
  phase: phaseAt(pair, stage),
});

const away: Readonly<Record<Stage, RelocationPhase>> = {
  undone: 'absent',
  prepared: 'prepared',
  following: 'following',
  switched: 'switched',
  settled: 'settled',
};

const home: Readonly<Record<Stage, RelocationPhase>> = {
  undone: 'settled',
  prepared: 'returning',
  following: 'returning',
  switched: 'returned',
  settled: 'absent',
};
