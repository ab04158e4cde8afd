import type { Plan } from '../../planners/plan/plan.ts';
import { LonghaulError } from '../../topology/errors.ts';
import type { Log } from '../../topology/world.ts';
import { ControlPlane } from '../hypervisors/simulated/control.ts';
import { Life, mortal } from '../hypervisors/simulated/mortal.ts';
import { SimulatedSites } from '../hypervisors/simulated/sites.ts';
import type { MoveLimits } from '../moves/limits.ts';
import { createJobHandler } from '../runs/job-handler.ts';
import { refuseNewCopies } from '../runs/new-copies.ts';
import type { RunParts } from '../runs/parts.ts';
import { isOver } from '../runs/run-state.ts';
import { carryOnRun, startRun } from '../runs/start.ts';
import { type RunStatus, statusOf } from '../runs/status.ts';
import { createMemoryDispatch } from '../runs/store/memory/dispatch.ts';
import { createMemoryRecords } from '../runs/store/memory/records.ts';
import type { Records, RunRecord, StoredEntry } from '../runs/store/records.ts';
import { VirtualClock } from '../world/virtual.ts';
import type { Fault, Faults } from './faults.ts';

/**
 * A plan carried out on simulated sites in virtual time, with what breaks on the way. The conductor, the moves, the
 * agents and their journals are those of production; clock, WAN, hypervisors and queue are not. Same plan, faults and
 * start: same course. Like app.ts for a run, this is where a rehearsal is wired.
 */
export interface Rehearsal {
  readonly status: RunStatus;
  readonly journal: readonly StoredEntry[];
  /** Faults that came to pass, in order; `atSeconds` after the start. */
  readonly struck: readonly { readonly atSeconds: number; readonly what: string }[];
  /** Where each workload of the plan executes in the end. */
  readonly places: readonly { readonly workload: string; readonly site: string; readonly host: string }[];
  /** Moments in which two copies of one workload executed, or a tunnel went too early. */
  readonly violations: readonly string[];
}

export interface RehearsalOptions {
  readonly plan: Plan;
  readonly faults: Faults;
  /** Unix seconds at which the run begins. */
  readonly startSeconds: number;
  readonly limits: MoveLimits;
  readonly concurrency: number;
  readonly log: Log;
}

export async function rehearse(options: RehearsalOptions): Promise<Rehearsal> {
  const { plan, startSeconds, log } = options;
  refuseNewCopies(plan);
  const clock = new VirtualClock({ epochSeconds: startSeconds });
  const sites = new SimulatedSites(plan.topology, { clock, log });
  await sites.start();
  const stage = new Stage(options, clock, sites);
  return await clock.run(async () => await stage.play());
}

/** Name of the one run there is. */
const runId = 'rehearsal-1';

class Stage {
  readonly #options: RehearsalOptions;
  readonly #clock: VirtualClock;
  readonly #sites: SimulatedSites;
  readonly #records: Records;
  readonly #struck: { readonly atSeconds: number; readonly what: string }[] = [];
  readonly #waiting: Set<Fault>;
  #life = new Life();

  constructor(options: RehearsalOptions, clock: VirtualClock, sites: SimulatedSites) {
    this.#options = options;
    this.#clock = clock;
    this.#sites = sites;
    this.#waiting = new Set(options.faults.faults.filter(({ at }) => at === undefined));
    const records = createMemoryRecords();
    this.#records = {
      ...records,
      append: async (run, entry) => {
        const sequence = await records.append(run, entry);
        if (entry.event === 'begin') this.#comesTo(entry.workload, entry.step);
        return sequence;
      },
    };
  }

  async play(): Promise<Rehearsal> {
    const { plan, faults } = this.#options;
    const parts = await this.#startWorker();
    await startRun(parts, plan, runId);
    for (const fault of faults.faults)
      if (fault.at !== undefined) void this.#clock.sleep(fault.at).then(() => this.#strike(fault));
    const run = await this.#untilOver();
    const journal = await this.#records.journal(runId);
    const { world, network } = this.#sites;
    const named = new Set(plan.moves.map(({ workload }) => workload));
    return {
      status: statusOf(run, { plan, journal, latest: [] }),
      journal,
      struck: this.#struck,
      places: world.topology.sites
        .flatMap(({ name }) => world.copiesAt(name))
        .filter(({ workload, state }) => named.has(workload) && state === 'running')
        .map(({ workload, site, host }) => ({ workload, site, host })),
      violations: [...world.violations, ...network.violations],
    };
  }

  async #startWorker(): Promise<RunParts> {
    const { faults, limits, concurrency, log } = this.#options;
    const life = new Life();
    this.#life = life;
    const clock = mortal(this.#clock, life);
    const plane = new ControlPlane(this.#sites, { clock, workerSite: faults.workerSite ?? null, life });
    const { agents } = plane;
    const parts: RunParts = {
      records: mortal(this.#records, life),
      dispatch: mortal(createMemoryDispatch(clock, log), life),
      sitesOf: () => agents,
      ...{ clock, log, limits },
    };
    await parts.dispatch.work(createJobHandler(parts), { concurrency });
    return parts;
  }

  async #untilOver(): Promise<RunRecord> {
    for (;;) {
      const record = await this.#records.run(runId);
      if (record !== null && isOver(record.state)) return record;
      if (this.#clock.monotonicSeconds() > rehearsalSecondsMax)
        throw new LonghaulError('LH_REHEARSAL_ENDLESS', [
          this.#options.plan.name,
          rehearsalSecondsMax / 86_400,
        ]);
      await this.#clock.sleep(lookSeconds);
    }
  }

  #comesTo(workload: string | null, step: string): void {
    for (const fault of [...this.#waiting])
      if (fault.workload === workload && fault.step === step) {
        this.#waiting.delete(fault); // strikes once, also when the step is begun again
        void this.#clock.sleep(fault.after).then(() => this.#strike(fault));
      }
  }

  #strike(fault: Fault): void {
    this.#struck.push({ atSeconds: this.#clock.monotonicSeconds(), what: describeFault(fault) });
    const repair = this.#break(fault);
    if (fault.for !== undefined) void this.#clock.sleep(fault.for).then(repair);
  }

  /** Answers what makes it well again. */
  #break({ kind, link: linkName, site }: Fault): () => unknown {
    const { world } = this.#sites;
    switch (kind) {
      case 'link-cut': {
        const link = world.links.find(({ name }) => name === linkName);
        if (link === undefined) return () => undefined;
        world.cut(link);
        return () => world.heal(link);
      }
      case 'agent-killed':
        this.#sites.killAgent(site ?? '');
        return async () => await this.#sites.startAgent(site ?? '');
      case 'worker-killed':
        this.#life.kill();
        return async () => await carryOnRun(await this.#startWorker(), runId);
    }
  }
}

function describeFault({ kind, link, site, for: seconds }: Fault): string {
  const what = {
    'link-cut': `link '${link ?? ''}' cut`,
    'agent-killed': `agent of '${site ?? ''}' killed`,
    'worker-killed': 'worker killed',
  }[kind];
  return seconds === undefined ? `${what} for good` : `${what} for ${seconds} s`;
}

const lookSeconds = 1;
/** No runbook plans further ahead. */
const rehearsalSecondsMax = 30 * 86_400;
