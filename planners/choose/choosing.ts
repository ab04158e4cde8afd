import type { Site } from '../../topology/resolve/topology.ts';
import type { Weights } from '../../topology/resolve/runbook.ts';
import type { Calendar } from './calendar.ts';
import type { Template, Way } from './candidate.ts';
import type { Fleet } from './fleet.ts';
import type { Hosts } from './hosts.ts';
import type { Load } from './load.ts';
import type { Predictor } from './predict.ts';
import type { Room } from './room.ts';

/** What every choice of one plan shares. */
export interface Choosing {
  readonly fleet: Fleet;
  readonly calendar: Calendar;
  readonly room: Room;
  readonly hosts: Hosts;
  /** Filled as kinds of workloads turn up (kinds.ts). */
  readonly templates: Map<string, Map<Site, Template>>;
  /** The same over other paths, for the ways that were chosen (template.ts). */
  readonly detours: Map<Way, readonly Way[]>;
  readonly predictor: Predictor;
  readonly weights: Weights;
  /** How much dearer time is in them than the runbook says. */
  readonly hasteRatio: number;
  /** Whether chosen pre-copies get the limits that cut their pauses (tuned.ts). */
  readonly isTuned: boolean;
  /** What the moves chosen so far put on the links. */
  readonly load: Load;
  /** Sites at which those with close peers may still end; one site each when chosen (peers.ts). */
  readonly ends: Map<string, readonly string[]>;
  /** Workloads that move under this goal. */
  readonly leaving: ReadonlySet<string>;
}
