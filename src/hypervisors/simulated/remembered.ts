import type { Topology } from '../../../topology/resolve/topology.ts';
import type { Clock, Log } from '../../../topology/world.ts';
import type { Site } from '../../site/site.ts';
import { PacedClock } from '../../world/paced.ts';
import { readHistory, Recorder, repeatHistory } from './history.ts';
import { SimulatedSites } from './sites.ts';

/**
 * Simulated sites that outlive their process: what is asked of them is written down (history.ts), and a process that
 * starts again makes the same world, repeats that in virtual time, and is where the other was, transfers in flight and
 * all. The world is deterministic, so its history is its state.
 */
export interface Simulation {
  readonly clock: PacedClock;
  readonly sites: ReadonlyMap<string, Site>;
  /** Moments in which two copies of one workload executed, or a tunnel went too early. */
  violations(): readonly string[];
  close(): void;
}

export interface SimulationOptions {
  readonly topology: Topology;
  /** Null: forgotten with the process. */
  readonly file: string | null;
  /** Simulated time has come at least so far (Unix seconds): what is in the journal lies in the past. */
  readonly notBeforeSeconds: number;
  /** Times as fast as the real clock. */
  readonly speed: number;
  readonly clock: Clock;
  readonly log: Log;
}

export async function openSimulation(options: SimulationOptions): Promise<Simulation> {
  const { topology, file, clock, log, speed, notBeforeSeconds } = options;
  const history = file === null ? null : readHistory(file);
  const paced = new PacedClock(clock, { epochSeconds: history?.epochSeconds ?? clock.nowSeconds() });
  const world = new SimulatedSites(topology, { clock: paced, log });
  await world.start();
  if (history !== null) await repeatHistory(history, world.agents, paced);
  await paced.advanceTo(notBeforeSeconds);
  const recorder = file === null ? null : new Recorder(file, history, paced);
  const sites = [...world.agents].map(
    ([name, site]) => [name, recorder === null ? site : recorder.record(site)] as const,
  );
  paced.start(speed);
  return {
    clock: paced,
    sites: new Map(sites),
    violations: () => [...world.world.violations, ...world.network.violations],
    close: () => {
      paced.close();
      recorder?.close();
    },
  };
}
