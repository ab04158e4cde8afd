import { describe, expect, test } from 'vitest';
import { carryOnRun, requestRun } from '../../src/runs/start.ts';
import type { Plan } from '../../planners/plan/plan.ts';
import {
  momentText,
  runWithFault,
  settle,
  worthTrying,
  type Ended,
  type Moment,
  type Strike,
} from '../support/crash.ts';
import { planFor, type Simulation, type Way, waysBetween, waysInside } from '../support/simulation.ts';

const ways = [...waysBetween, ...waysInside];
const sitesOf = (way: Way): readonly string[] => (waysInside.includes(way) ? ['paris'] : ['paris', 'lyon']);
const nothing: Strike = () => undefined;

/** Strikes at every moment of a calm run, one run each; names those that did not end as the calm one. */
async function everyMoment(
  way: Way,
  strikeAt: (moment: Moment) => Strike,
  isWorth: (moment: Moment) => boolean = () => true,
): Promise<{ readonly moments: number; readonly failures: readonly string[] }> {
  const plan = planFor(way);
  const calm = await runWithFault(plan, { strike: nothing });
  expect(calm.record.state).toBe('done');
  const failures: string[] = [];
  for (const moment of worthTrying(way, calm.moments.filter(isWorth))) {
    const { record, world, simulation } = await runWithFault(plan, { strike: strikeAt(moment) });
    const journal = await simulation.records.journal('run1');
    const outcome = journal.findLast(({ event, workload }) => event === 'outcome' && workload === 'web');
    if (record.state !== 'done' || world !== calm.world || outcome?.detail['result'] !== 'moved')
      failures.push(`${momentText(moment)}: ${record.state} ${record.settle ?? ''}\n${world}`);
  }
  return { moments: calm.moments.length, failures };
}

const isSame = (a: Moment, b: Moment): boolean => a.index === b.index && a.point === b.point;

/** For the worker itself, after one call is before the next. */
const isBefore = ({ point }: Moment): boolean => point === 'before';
/** How long a worker sleeps: less than a call, within the other's steps, and until long after the run. */
const sleeps = [0.01, 1, 20, 86_400];

describe.each(ways)('%s', (way) => {
  test('a worker killed at any moment is followed by another, and the run ends the same', async () => {
    const killAt =
      (at: Moment): Strike =>
      (moment, { worker, replace }) => {
        if (!isSame(moment, at)) return;
        worker.life.kill();
        replace();
      };
    const { moments, failures } = await everyMoment(way, killAt, isBefore);
    expect(failures).toEqual([]);
    expect(moments).toBeGreaterThan(40);
  });

  test('a worker that sleeps at any moment and wakes while another has taken over does no harm', async () => {
    const suspendAt =
      (at: Moment): Strike =>
      (moment, { worker, simulation, replace }) => {
        if (!isSame(moment, at)) return;
        worker.life.suspend();
        replace();
        const seconds = sleeps[at.index % sleeps.length] ?? 0;
        void simulation.clock.sleep(seconds).then(() => worker.life.wake());
      };
    const { failures } = await everyMoment(way, suspendAt, isBefore);
    expect(failures).toEqual([]);
  });

  test.each(sitesOf(way))(
    'the agent of %s killed at any moment and started again: the run ends the same',
    async (site) => {
      const restartAt =
        (at: Moment): Strike =>
        (moment, { simulation }) => {
          if (isSame(moment, at)) void restart(simulation, site);
        };
      const { failures } = await everyMoment(way, restartAt);
      expect(failures).toEqual([]);
    },
  );

  test.each(sitesOf(way))(
    'the agent of %s killed in the middle of a call, at any of its own: the run ends the same',
    async (site) => {
      const plan = planFor(way);
      const calm = await runKillingAgent(plan, { site, atCall: Number.POSITIVE_INFINITY });
      const failures: string[] = [];
      for (let atCall = 1; atCall <= calm.calls; atCall += callStride(way)) {
        const { record, world } = await runKillingAgent(plan, { site, atCall });
        if (record.state !== 'done' || world !== calm.world)
          failures.push(`call ${atCall}: ${record.state} ${record.settle ?? ''}\n${world}`);
      }
      expect(failures).toEqual([]);
      expect(calm.calls).toBeGreaterThan(10);
    },
  );

  test('the target copy dies at any moment before it runs: tried again, or a person takes it back', async () => {
    const plan = planFor(way);
    const calm = await runWithFault(plan, { strike: nothing });
    const failures: string[] = [];
    let persons = 0;
    for (const moment of calm.moments) {
      let hasDied = false;
      const ended = await runWithFault(plan, {
        strike: (now, { simulation }) => {
          if (isSame(now, moment)) hasDied = killTarget(simulation, plan);
        },
      });
      if (!hasDied || (ended.record.state === 'done' && ended.world === calm.world)) continue;
      persons++;
      if (ended.record.state !== 'needs-person')
        failures.push(`${momentText(moment)}: ${ended.record.state}`);
      const back = await settle(ended, (parts) => requestRun(parts, 'run1', 'rollback'));
      const isHome = ended.simulation.sites.world.copyOn('paris', 'paris-1', 'web')?.state === 'running';
      if (back.record.state !== 'cancelled' || !isHome)
        failures.push(`${momentText(moment)}: rolled back: ${back.record.state}\n${back.world}`);
      const on = await settle(ended, (parts) => carryOnRun(parts, 'run1'));
      if (on.record.state !== 'done' || on.world !== calm.world)
        failures.push(`${momentText(moment)}: carried on: ${on.record.state}\n${on.world}`);
    }
    expect(failures).toEqual([]);
    expect(persons).toBeLessThanOrEqual(way.startsWith('redirect') ? 0 : 12); // only between the last look and its first instruction
  });
});

test.each(ways.filter((way) => way.includes('live')))(
  '%s: the guest ends at its source while memory crosses: a person is asked, and carrying on boots and moves it',
  async (way) => {
    const ended = await runWithFault(planFor(way), {
      strike: ({ point, name }, { simulation }) => {
        if (point === 'after' && name === 'paris guests.startTransfer')
          void simulation.clock.sleep(0.2).then(() => endSource(simulation));
      },
    });
    expect(ended.record).toMatchObject({
      state: 'needs-person',
      settle: `longhaul run run1   (boots it at '${way.includes('inside') ? 'paris-1' : 'paris'}' again)`,
    });
    const { world } = ended.simulation.sites;
    expect(world.copiesOf('web').map(({ site, state }) => `${site}: ${state}`)).toEqual(['paris: stopped']);
    const settled = await settle(ended, (parts) => carryOnRun(parts, 'run1'));
    const calm = await runWithFault(planFor(way), { strike: nothing });
    expect([settled.record.state, settled.world]).toEqual(['done', calm.world]);
    expect(world.violations).toEqual([]);
  },
);

/** Its process dies, as by `kill -9` of QEMU: what it had in memory is gone. */
function endSource({ sites }: Simulation): void {
  const copy = sites.world.copyOn('paris', 'paris-1', 'web');
  if (copy === null) return;
  copy.transfer?.break('failed', 'the stream was lost');
  sites.world.setState(copy, 'stopped');
}

/** Kills the site's agent when it makes its n-th call to what it drives: hypervisor, gateway, name servers, claims. */
async function runKillingAgent(
  plan: Plan,
  { site, atCall }: { readonly site: string; readonly atCall: number },
): Promise<Ended & { readonly calls: number }> {
  let calls = 0;
  const ended = await runWithFault(plan, {
    strike: ({ index, point }, { simulation }) => {
      if (index !== 1 || point !== 'before') return;
      simulation.sites.onAgentCall = (caller) => {
        if (caller === site && ++calls === atCall) void restart(simulation, site);
      };
    },
  });
  return { ...ended, calls };
}

/** All of the first way; of the others, which share its steps, every seventh, unless SIM=all. */
const callStride = (way: Way): number => (way === 'routed-live' || process.env['SIM'] === 'all' ? 1 : 7);

function killTarget({ sites }: Simulation, { moves: [move] }: Plan): boolean {
  const { site, host } = move!.decision.chosen.target!;
  const copy = sites.world.copyOn(site, host, 'web');
  if (copy === null || copy.state === 'running') return false;
  copy.transfer?.break('failed', 'the target process died');
  sites.world.remove(copy);
  return true;
}

async function restart({ sites, clock }: Simulation, site: string): Promise<void> {
  sites.killAgent(site);
  await clock.sleep(20);
  await sites.startAgent(site);
}
