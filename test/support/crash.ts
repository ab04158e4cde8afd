import type { Plan } from '../../planners/plan/plan.ts';
import { type CallFate, ControlPlane, type SiteCall } from '../../src/hypervisors/simulated/control.ts';
import { Life, mortal } from '../../src/hypervisors/simulated/mortal.ts';
import { createJobHandler } from '../../src/runs/job-handler.ts';
import type { RunParts } from '../../src/runs/parts.ts';
import { carryOnRun, startRun } from '../../src/runs/start.ts';
import { createMemoryDispatch } from '../../src/runs/store/memory/dispatch.ts';
import type { JournalEntry, Records, RunRecord } from '../../src/runs/store/records.ts';
import { silentLog } from './log.ts';
import { simulationOf, untilOver, worldText, type Simulation, type Way } from './simulation.ts';

/** A moment in a worker's life: just before or just after its n-th call that is worth dying at. */
export interface Moment {
  readonly index: number;
  readonly point: 'before' | 'after';
  readonly name: string;
}

export const momentText = ({ index, point, name }: Moment): string => `${point} call ${index} (${name})`;

/**
 * Moments of the first way are all tried; of the others, which share its steps, every third, unless SIM=all: the
 * whole suite shall stay under a minute.
 */
export function worthTrying(way: Way, moments: readonly Moment[]): readonly Moment[] {
  if (way === 'routed-live' || process.env['SIM'] === 'all') return moments;
  return moments.filter((_, position) => position % 3 === way.length % 3);
}

/** A worker with a queue of its own over a simulation's records and sites; it tells every moment worth dying at. */
export class Worker {
  readonly life = new Life();
  readonly parts: RunParts;
  readonly #onMoment: (moment: Moment) => void;
  readonly #readsSeen = new Set<string>();
  #step = '';
  #index = 0;

  constructor(
    { clock, sites, records, parts }: Simulation,
    {
      workerSite,
      onMoment,
      fateOf = () => undefined,
    }: {
      readonly workerSite: string | null;
      readonly onMoment: (moment: Moment) => void;
      readonly fateOf?: (call: SiteCall) => CallFate | undefined;
    },
  ) {
    this.#onMoment = onMoment;
    const { life } = this;
    const open = new Map<number, number>();
    const plane = new ControlPlane(sites, {
      clock,
      workerSite,
      life,
      listener: (call, point) => {
        const { site, name, number } = call;
        if (point === 'before') open.set(number, this.#next(`${site} ${name}`, readOnly.has(name)));
        const index = open.get(number) ?? 0;
        if (index > 0) this.#tell({ index, point, name: `${site} ${name}` });
        return point === 'before' && !readOnly.has(name) ? fateOf(call) : undefined;
      },
    });
    const { agents } = plane;
    this.parts = {
      ...parts,
      clock: mortal(clock, life),
      records: mortal(this.#watched(records), life),
      dispatch: mortal(createMemoryDispatch(mortal(clock, life), silentLog), life),
      sitesOf: () => agents,
    };
  }

  async work(): Promise<void> {
    await this.parts.dispatch.work(createJobHandler(this.parts), { concurrency: 1000 });
  }

  #watched(records: Records): Records {
    const append = async (run: string, entry: JournalEntry): Promise<number> => {
      if (entry.event === 'begin') this.#step = entry.step;
      const name = `journal ${entry.event} ${entry.step}`;
      const index = this.#next(name, false);
      this.#tell({ index, point: 'before', name });
      await this.life.go();
      const sequence = await records.append(run, entry);
      this.#tell({ index, point: 'after', name });
      return sequence;
    };
    const takeClaim = async (workload: string, expected: number, run: string): Promise<number | null> => {
      const index = this.#next('claim', false);
      this.#tell({ index, point: 'before', name: 'claim' });
      await this.life.go();
      const epoch = await records.takeClaim(workload, expected, run);
      this.#tell({ index, point: 'after', name: 'claim' });
      return epoch;
    };
    return { ...records, append, takeClaim };
  }

  /** Reads count once a step: dying at the hundredth look is dying at the first. */
  #next(name: string, isRead: boolean): number {
    const key = `${this.#step} ${name}`;
    if (isRead && this.#readsSeen.has(key)) return 0;
    if (isRead) this.#readsSeen.add(key);
    return ++this.#index;
  }

  #tell(moment: Moment): void {
    if (!this.life.isDead) this.#onMoment(moment);
  }
}

const readOnly = new Set([
  'describe',
  'guests.inspect',
  'guests.watch',
  'guests.heartbeat',
  'guests.define',
  'relocations.get',
  'relocations.list',
  'relocations.probe',
  'relocations.sessions',
  'relocations.answers',
  'dns.observe',
  'balancers.observe',
]);

export interface Ended {
  readonly record: RunRecord;
  readonly world: string;
  readonly simulation: Simulation;
  readonly moments: readonly Moment[];
}

/** Runs the plan; at every moment the fault may strike; whoever dies is followed by another worker. */
export async function runWithFault(
  plan: Plan,
  { strike, workerSite = 'paris' }: { readonly strike: Strike; readonly workerSite?: string | null },
): Promise<Ended> {
  const simulation = await simulationOf(plan);
  const { clock, records } = simulation;
  const moments: Moment[] = [];
  const workers: Worker[] = [];
  const record = await clock.run(async () => {
    const hire = async (isFirst: boolean): Promise<void> => {
      const worker: Worker = new Worker(simulation, {
        workerSite,
        onMoment: (moment) => {
          if (isFirst) moments.push(moment);
          if (isFirst) strike(moment, { worker, simulation, replace: () => void hire(false) });
        },
      });
      workers.push(worker);
      await worker.work();
      if (isFirst) await startRun(worker.parts, plan, 'run1');
      else await carryOnRun(worker.parts, 'run1');
    };
    void hire(true);
    const ended = await untilOver(clock, records, 'run1');
    for (const each of workers) each.life.wake();
    await clock.sleep(120); // whatever still sleeps shows what harm it can do
    return ended;
  });
  return { record, world: await worldText(simulation), simulation, moments };
}

/** After a run has stopped: somebody does what a person would, and another worker takes the run up again. */
export async function settle(
  { simulation }: Pick<Ended, 'simulation'>,
  act: (parts: RunParts) => Promise<unknown>,
): Promise<Pick<Ended, 'record' | 'world'>> {
  const { clock, records } = simulation;
  const worker = new Worker(simulation, { workerSite: 'paris', onMoment: () => undefined });
  const record = await clock.run(async () => {
    await worker.work();
    await act(worker.parts);
    return await untilOver(clock, records, 'run1');
  });
  return { record, world: await worldText(simulation) };
}

export type Strike = (
  moment: Moment,
  scene: { readonly worker: Worker; readonly simulation: Simulation; readonly replace: () => void },
) => void;
