import type { Topology } from '../../topology/resolve/topology.ts';
import type { Clock, Log } from '../../topology/world.ts';
import type { MoveLimits } from '../moves/limits.ts';
import type { Site } from '../site/site.ts';
import type { Dispatch } from './store/dispatch.ts';
import type { Records } from './store/records.ts';

/**
 * src/runs carries out a whole plan: a conductor job a run decides which move may begin (conductor.ts, decide.ts), a
 * move job carries one out (move-job.ts, over src/moves), Records remembers, Dispatch is the queue. What all of them
 * are given is here.
 */
export interface RunParts {
  readonly records: Records;
  readonly dispatch: Dispatch;
  /** The agents of a topology's sites, by name; a site without an agent is missing. */
  readonly sitesOf: (topology: Topology) => ReadonlyMap<string, Site>;
  readonly clock: Clock;
  readonly log: Log;
  readonly limits: MoveLimits;
}
