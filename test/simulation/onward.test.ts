import { expect, test } from 'vitest';
import type { PlannedMove } from '../../planners/plan/plan.ts';
import { foldMove } from '../../src/moves/journal.ts';
import { startRun } from '../../src/runs/start.ts';
import type { Topology } from '../../topology/resolve/topology.ts';
import {
  moveOf,
  planOf,
  runToEnd,
  simulationOf,
  twoSites,
  untilOver,
  webServer,
  worldText,
} from '../support/simulation.ts';
import { addressOf, linkOf, networkOf, siteOf } from '../support/topology.ts';

/** web went from paris to lyon, where it still holds its address of paris inside; now it is to go on to nice. */
const web = webServer('web', 50);
const moved = webServer('web', 50, {
  site: 'lyon',
  host: 'lyon-1',
  addresses: [
    addressOf('10.2.0.50', {
      network: 'lan',
      mac: '52:54:00:00:00:32',
      newAddresses: { nice: { network: 'lan', address: '10.3.0.50' } },
    }),
  ],
});

function threeSites(workload: typeof web): Topology {
  const two = twoSites([workload]);
  const lan = networkOf('lan', { subnet: '10.3.0.0/24', defaultGateway: '10.3.0.1' });
  return {
    ...two,
    sites: [...two.sites, siteOf('nice', { networks: [lan] })],
    links: [...two.links, linkOf('lyon-nice', ['lyon', 'nice'])],
  };
}

const onward = (move: PlannedMove): PlannedMove => ({
  ...move,
  decision: {
    ...move.decision,
    chosen: { ...move.decision.chosen, target: { site: 'nice', host: 'nice-1' }, path: ['lyon-nice'] },
  },
  addresses: [
    {
      network: 'lan',
      oldAddress: '10.2.0.50',
      mac: '52:54:00:00:00:32',
      newNetwork: 'lan',
      newAddress: '10.3.0.50',
    },
  ],
});

test('a guest that left by a relocation is not moved on to a third site: it is said where it can go, and stays', async () => {
  const away = planOf(threeSites(web), [moveOf(web, 'routed-live')]);
  const simulation = await simulationOf(away);
  expect(await runToEnd(simulation, away)).toMatchObject({ state: 'done' });
  const { clock, parts, records } = simulation;
  const before = await worldText(simulation);

  const further = planOf(threeSites(moved), [onward(moveOf(moved, 'routed-live'))]);
  const run = await clock.run(async () => {
    await startRun(parts, further, 'run2');
    return await untilOver(clock, records, 'run2');
  });
  expect(run.state).toBe('needs-person');
  expect(foldMove(await records.journal('run2'), 'web', 1).outcome).toMatchObject({
    code: 'LH_PLAN_STALE',
    reason: expect.stringContaining(
      "inside it holds 10.1.0.50 of 'paris'; from 'lyon' it can only go back there, to that address",
    ) as string,
    remains: [],
  });
  expect(await worldText(simulation)).toBe(before);
});
