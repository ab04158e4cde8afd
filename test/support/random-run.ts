import type { RunRecord } from '../../src/runs/store/records.ts';
import { carryOnRun, requestRun, startRun } from '../../src/runs/start.ts';
import type { CallFate } from '../../src/hypervisors/simulated/control.ts';
import { settle, Worker } from './crash.ts';
import { type RandomCase, type RandomFault } from './random-case.ts';
import { type Simulation, simulationOf, untilOver, worldText } from './simulation.ts';

/**
 * Carries a case out: every fault strikes at its moment and is well again after a while, whoever dies is followed by
 * another. A run that stops for a person is carried on, as a person would. Answers what is wrong in the end; null: all
 * arrived, the world is that of a run without faults.
 */
export async function faultOf(subject: RandomCase): Promise<string | null> {
  const calm = await carriedOut({ ...subject, faults: [] });
  if (calm.record.state !== 'done') return `without faults it is ${calm.record.state}\n${calm.world}`;
  const stormy = await carriedOut(subject);
  const stops: string[] = [];
  let { record, world } = stormy;
  for (let tries = 0; record.state !== 'done' && tries < carriedOnMax; tries++) {
    stops.push(`${record.state}, ${record.settle ?? 'nothing to settle'}`);
    // A person tries to go on first, and takes back what that does not settle.
    const isStuck = tries > 0 && record.settle?.includes('rollback') === true;
    const settled = await settle(stormy, (parts) =>
      isStuck ? requestRun(parts, 'run1', 'rollback') : carryOnRun(parts, 'run1'),
    );
    record = settled.record;
    world = sorted(settled.world);
  }
  if (record.state === 'done' && world === calm.world) return null;
  return [...stops, record.state, world, 'and not', calm.world].join('\n');
}

/** Each begins the attempts anew, without faults. */
const carriedOnMax = 4;

/** Which of several guests arrived first is left out. */
const sorted = (world: string): string => world.split('\n').toSorted().join('\n');

async function carriedOut(subject: RandomCase): Promise<{
  readonly record: RunRecord;
  readonly world: string;
  readonly simulation: Simulation;
}> {
  const simulation = await simulationOf(subject.plan);
  const { clock, records } = simulation;
  const scene = new Scene(simulation, subject);
  const record = await clock.run(async () => {
    await scene.hire();
    const ended = await untilOver(clock, records, 'run1');
    await clock.sleep(120); // everything is well again, and whatever still sleeps shows what harm it can do
    return (await records.run('run1')) ?? ended;
  });
  return { record, world: sorted(await worldText(simulation)), simulation };
}

class Scene {
  readonly #simulation: Simulation;
  readonly #subject: RandomCase;
  readonly #waiting: RandomFault[];
  readonly #fates: CallFate[] = [];
  #worker: Worker | null = null;
  #moments = 0;

  constructor(simulation: Simulation, subject: RandomCase) {
    this.#simulation = simulation;
    this.#subject = subject;
    this.#waiting = [...subject.faults];
  }

  async hire(): Promise<void> {
    const isFirst = this.#worker === null;
    const worker: Worker = new Worker(this.#simulation, {
      workerSite: this.#subject.workerSite,
      onMoment: ({ point }) => {
        if (point === 'before') this.#moment();
      },
      fateOf: () => this.#fates.shift(),
    });
    this.#worker = worker;
    await worker.work();
    if (isFirst) await startRun(worker.parts, this.#subject.plan, 'run1');
    else await carryOnRun(worker.parts, 'run1');
  }

  #moment(): void {
    this.#moments++;
    while (this.#waiting[0] !== undefined && this.#waiting[0].moment <= this.#moments)
      this.#strike(this.#waiting.shift()!);
  }

  #strike({ kind, site, seconds, workload }: RandomFault): void {
    const { sites } = this.#simulation;
    const { world } = sites;
    switch (kind) {
      case 'worker killed':
        this.#worker?.life.kill();
        this.#later(seconds, () => this.hire());
        return;
      case 'worker suspended': {
        const sleeper = this.#worker;
        sleeper?.life.suspend();
        void this.hire();
        this.#later(seconds, () => sleeper?.life.wake());
        return;
      }
      case 'agent killed':
        sites.killAgent(site);
        this.#later(seconds, () => sites.startAgent(site));
        return;
      case 'WAN cut':
        for (const link of world.links) world.cut(link);
        this.#later(seconds, () => {
          for (const link of world.links) world.heal(link);
        });
        return;
      case 'target dies': {
        this.#endTarget(workload);
        return;
      }
      case 'source dies': {
        this.#endSource(workload);
        return;
      }
      case 'answer lost':
        return void this.#fates.push({ kind: 'answer-lost' });
      case 'call doubled':
        return void this.#fates.push({ kind: 'doubled' });
      case 'call late':
        return void this.#fates.push({ kind: 'late', seconds });
    }
  }

  #later(seconds: number, act: () => unknown): void {
    void this.#simulation.clock.sleep(seconds).then(act);
  }

  /** Only one that does not run yet: a guest that dies where it serves is nobody's fault. */
  #endTarget(workload: string): void {
    const { world } = this.#simulation.sites;
    const target = this.#subject.plan.moves.find((move) => move.workload === workload)?.decision.chosen
      .target;
    const copy = world.copyOn(target?.site ?? '', target?.host ?? '', workload);
    if (copy === null || copy.state === 'running') return;
    copy.transfer?.break('failed', 'the target process died');
    world.remove(copy);
  }

  /** Only while it serves there: afterwards what ends there is about to go. */
  #endSource(workload: string): void {
    const { world } = this.#simulation.sites;
    const source = this.#subject.plan.moves.find((move) => move.workload === workload)?.source;
    const copy = world.copyOn(source?.site ?? '', source?.host ?? '', workload);
    if (copy?.state !== 'running' || copy.transfer === null) return;
    copy.transfer.break('failed', 'the stream was lost');
    world.setState(copy, 'stopped');
  }
}
