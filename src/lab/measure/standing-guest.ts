import type { Observation } from '../../../planners/estimate/observation.ts';
import type { Layout } from '../layout.ts';
import type { LabState } from '../state.ts';
import type { BareGuest, BareGuestSpec } from './bare-guest.ts';
import type { DiskLoad } from './scenario.ts';

export interface Lab {
  readonly layout: Layout;
  readonly state: LabState;
}

/** A guest of a stand at site a, with what `calc-dirty-rate` said of it. */
export interface StandingGuest {
  readonly index: number;
  readonly source: BareGuest;
  readonly dirty: NonNullable<Observation['dirty']>;
  /** Starts a QEMU at site b that waits for its stream. */
  readonly startTarget: (how: Pick<BareGuestSpec, 'starts' | 'onEvent'>) => Promise<BareGuest>;
  /** From QEMU's start to the guest's first tick. */
  readonly bootSeconds: number;
  readonly disk: DiskLoad | null;
  /** As before its first move: a source that post-copy has read shows all of its memory resident. */
  readonly description: Observation['guest'];
}
