import { expect, test } from 'vitest';
import { createJobHandler } from '../../src/runs/job-handler.ts';
import { startRun } from '../../src/runs/start.ts';
import { moveOf, planOf, simulationOf, twoSites, untilOver, webServer } from '../support/simulation.ts';

/** From before the first has claimed it, through its switchover, to when it has drained and released its source. */
const offsetsSeconds = [0, 0.01, 0.5, 2, 5, 10, 20, 40, 70, 100, 200, 400, 2000];

test.each(offsetsSeconds)(
  'two runs that both were let in, the second after %d s, never move one workload at the same time',
  async (offsetSeconds) => {
    const web = webServer('web', 50);
    const topology = twoSites([web]);
    const first = planOf(topology, [moveOf(web, 'routed-live')]);
    const second = planOf(topology, [moveOf(web, 'cold')]);
    const simulation = await simulationOf(first);
    const { clock, parts, records, sites } = simulation;
    await parts.dispatch.work(createJobHandler(parts), { concurrency: 1000 });
    await clock.run(async () => {
      await startRun(parts, first, 'first');
      await clock.sleep(offsetSeconds);
      await startRun(parts, second, 'second');
      await untilOver(clock, records, 'first');
      await untilOver(clock, records, 'second');
    });
    const journals = [...(await records.journal('first')), ...(await records.journal('second'))];
    const moved = journals.filter(({ event, detail }) => event === 'outcome' && detail['result'] === 'moved');
    expect(moved).toHaveLength(1);
    const [a, b] = await Promise.all(['first', 'second'].map(async (id) => await records.run(id)));
    expect([a?.state, b?.state].toSorted()).toEqual(['done', 'needs-person']);
    const running = sites.world.copiesOf('web').filter(({ state }) => state === 'running');
    expect(running.map(({ site }) => site)).toEqual(['lyon']);
    expect([...sites.world.violations, ...sites.network.violations]).toEqual([]);
  },
);
