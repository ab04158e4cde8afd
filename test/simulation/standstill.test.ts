import { describe, expect, test } from 'vitest';
import { runWithFault, type Moment, type Strike } from '../support/crash.ts';
import { planFor, type Simulation } from '../support/simulation.ts';

/** How long a guest stands still when the agent of its target dies around the order to run; it is back after 20 s. */
const agentBackSeconds = 20;

async function standstills(
  strikesAt: (moment: Moment) => boolean,
  strike: (simulation: Simulation) => void,
): Promise<{ readonly seconds: readonly number[]; readonly journal: readonly string[] }> {
  const seconds: number[] = [];
  let hasStruck = false;
  const once: Strike = (moment, { simulation }) => {
    if (moment.index === 1 && moment.point === 'before') watch(simulation, seconds);
    if (hasStruck || !strikesAt(moment)) return;
    hasStruck = true;
    strike(simulation);
  };
  const plan = planFor('stretched-live');
  const { record, simulation } = await runWithFault(plan, { strike: once, workerSite: null });
  expect(record.state).toBe('done');
  expect(simulation.sites.world.violations).toEqual([]);
  const journal = await simulation.records.journal('run1');
  return { seconds, journal: journal.map(({ attempt, event, step }) => `${attempt} ${event} ${step}`) };
}

function watch({ sites, clock }: Simulation, seconds: number[]): void {
  let stoppedAt: number | null = null;
  sites.world.onChange((copy) => {
    const runs = sites.world.executing(copy).length > 0;
    if (!runs) stoppedAt ??= clock.monotonicSeconds();
    if (!runs || stoppedAt === null) return;
    seconds.push(clock.monotonicSeconds() - stoppedAt);
    stoppedAt = null;
  });
}

/** When it next calls what it drives. */
function restartLyonUnderCall(simulation: Simulation): void {
  const { sites } = simulation;
  sites.onAgentCall = (site) => {
    if (site !== 'lyon') return;
    sites.onAgentCall = () => undefined;
    void restartLyon(simulation);
  };
}

async function restartLyon({ sites, clock }: Simulation): Promise<void> {
  sites.killAgent('lyon');
  await clock.sleep(agentBackSeconds);
  await sites.startAgent('lyon');
}

describe('the agent of the target dies', () => {
  test('before the order to run was given: the guest runs on at its source after the standstill that is promised', async () => {
    const { seconds, journal } = await standstills(
      ({ point, name }) => point === 'after' && name === 'journal point-of-no-return resume target',
      (simulation) => void restartLyon(simulation),
    );
    expect(seconds).toHaveLength(2); // and once more when it moves in the end
    expect(seconds[0]).toBeGreaterThan(3);
    expect(seconds[0]).toBeLessThan(4);
    expect(seconds[1]).toBeLessThan(0.5);
    expect(journal).toContain('1 undo transfer');
    expect(journal).toContain('2 outcome end');
  });

  test('under the order: whether it runs is not known until the agent is back, and then it runs at once', async () => {
    const { seconds, journal } = await standstills(
      ({ point, name }) => point === 'before' && name === 'lyon guests.resume',
      restartLyonUnderCall,
    );
    expect(seconds).toHaveLength(1);
    expect(seconds[0]).toBeGreaterThan(agentBackSeconds);
    expect(seconds[0]).toBeLessThan(agentBackSeconds + 4);
    expect(journal).toContain('1 outcome end');
    expect(journal).not.toContain('1 undo transfer');
  });
});
