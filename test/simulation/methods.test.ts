import { describe, expect, test } from 'vitest';
import { statusOf } from '../../src/runs/status.ts';
import { journalText, planFor, runToEnd, simulationOf, type Way, worldText } from '../support/simulation.ts';

async function moved(way: Way): Promise<{ readonly world: string; readonly journal: string }> {
  const plan = planFor(way);
  const simulation = await simulationOf(plan);
  const record = await runToEnd(simulation, plan);
  expect(record).toMatchObject({ state: 'done', settle: null });
  const journal = journalText(await simulation.records.journal('run1'));
  return { world: await worldText(simulation), journal };
}

describe('a run without faults', () => {
  test('routed-live: runs at lyon, mapped to its new address, the old one quarantined, names turned', async () => {
    const { world, journal } = await moved('routed-live');
    expect(world).toMatchInlineSnapshot(`
      "lyon: web running on lyon-1
      lyon: relocation target settled, carries local
      paris: relocation source settled, carries nothing
      web.example.test is 10.2.0.50 for 60 s
      10.1.0.50 from lyon: lyon
      10.1.0.50 from paris: no answer
      10.2.0.50 from lyon: lyon
      10.2.0.50 from paris: lyon"
    `);
    expect(journal).toMatchInlineSnapshot(`
      "web begin check world
      web end check world
      web begin lower TTL
      web end lower TTL
      web begin wait for old TTL
      web end wait for old TTL
      web begin probe new address
      web end probe new address
      web begin prepare target
      web end prepare target
      web begin prepare relocation
      web end prepare relocation
      web begin follow guest
      web end follow guest
      web begin transfer
      web end transfer
      web begin resume target
      web point-of-no-return resume target
      web end resume target
      web begin pull pages
      web end pull pages
      web begin gather evidence
      web end gather evidence
      web begin switch relocation
      web end switch relocation
      web begin turn names
      web end turn names
      web begin release source
      web end release source
      web begin open drain
      web end open drain
      web begin drain
      web end drain
      web begin settle relocation
      web end settle relocation
      web begin restore TTL
      web end restore TTL
      web outcome end"
    `);
  });

  test('stretched-live: runs at lyon and keeps its address', async () => {
    const { world } = await moved('stretched-live');
    expect(world).toMatchInlineSnapshot(`
      "lyon: web running on lyon-1
      web.example.test is 10.9.0.50 for 60 s
      10.9.0.50 from lyon: lyon
      10.9.0.50 from paris: lyon"
    `);
  });

  test('cold: shut down at paris, booted at lyon with its disk', async () => {
    const { world, journal } = await moved('cold');
    expect(world).toMatchInlineSnapshot(`
      "lyon: web running on lyon-1
      lyon: relocation target settled, carries local
      paris: relocation source settled, carries nothing
      web.example.test is 10.2.0.50 for 60 s
      10.1.0.50 from lyon: lyon
      10.1.0.50 from paris: no answer
      10.2.0.50 from lyon: lyon
      10.2.0.50 from paris: lyon"
    `);
    expect(journal).toMatchInlineSnapshot(`
      "web begin check world
      web end check world
      web begin lower TTL
      web end lower TTL
      web begin wait for old TTL
      web end wait for old TTL
      web begin probe new address
      web end probe new address
      web begin prepare target
      web end prepare target
      web begin prepare relocation
      web end prepare relocation
      web begin copy disks
      web end copy disks
      web begin shut down source
      web end shut down source
      web begin copy rest
      web end copy rest
      web begin follow guest
      web end follow guest
      web begin boot target
      web point-of-no-return boot target
      web end boot target
      web begin gather evidence
      web end gather evidence
      web begin switch relocation
      web end switch relocation
      web begin turn names
      web end turn names
      web begin release source
      web end release source
      web begin open drain
      web end open drain
      web begin drain
      web end drain
      web begin settle relocation
      web end settle relocation
      web begin restore TTL
      web end restore TTL
      web outcome end"
    `);
  });

  test('redirect: the clone serves alone, behind the pool and under the name', async () => {
    const { world, journal } = await moved('redirect');
    expect(world).toMatchInlineSnapshot(`
      "lyon: web@lyon-1 running on lyon-1
      lyon: pool web 10.2.0.50 serving
      paris: pool web 10.2.0.50 serving
      web.example.test is 10.2.0.50 for 60 s
      10.1.0.50 from lyon: no answer
      10.1.0.50 from paris: no answer
      10.2.0.50 from lyon: lyon
      10.2.0.50 from paris: lyon"
    `);
    expect(journal).toMatchInlineSnapshot(`
      "web begin check world
      web end check world
      web begin lower TTL
      web end lower TTL
      web begin wait for old TTL
      web end wait for old TTL
      web begin probe new address
      web end probe new address
      web begin clone at target
      web end clone at target
      web begin check clone
      web end check clone
      web begin redirect sessions
      web end redirect sessions
      web begin turn names
      web end turn names
      web begin clone serves
      web end clone serves
      web begin drain source
      web end drain source
      web begin retire source
      web point-of-no-return retire source
      web end retire source
      web begin release source
      web end release source
      web begin forget source
      web end forget source
      web begin restore TTL
      web end restore TTL
      web outcome end"
    `);
  });

  test('stretched-live inside paris: runs on the other host, and nothing else has changed', async () => {
    const { world, journal } = await moved('stretched-live inside paris');
    expect(world).toMatchInlineSnapshot(`
      "paris: web running on paris-2
      web.example.test is 10.9.0.50 for 60 s
      10.9.0.50 from lyon: paris
      10.9.0.50 from paris: paris"
    `);
    expect(journal).toMatchInlineSnapshot(`
      "web begin check world
      web end check world
      web begin prepare target
      web end prepare target
      web begin transfer
      web end transfer
      web begin resume target
      web point-of-no-return resume target
      web end resume target
      web begin pull pages
      web end pull pages
      web begin gather evidence
      web end gather evidence
      web begin release source
      web end release source
      web outcome end"
    `);
  });

  test('cold inside paris: shut down on one host, booted on the other with its disk', async () => {
    const { world } = await moved('cold inside paris');
    expect(world).toMatchInlineSnapshot(`
      "paris: web running on paris-2
      web.example.test is 10.1.0.50 for 60 s
      10.1.0.50 from lyon: paris
      10.1.0.50 from paris: paris"
    `);
  });

  test('redirect inside paris: the clone on the other host serves alone', async () => {
    const { world } = await moved('redirect inside paris');
    expect(world).toMatchInlineSnapshot(`
      "lyon: pool web 10.1.0.150 serving
      paris: web@paris-2 running on paris-2
      paris: pool web 10.1.0.150 serving
      web.example.test is 10.1.0.150 for 60 s
      10.1.0.50 from lyon: no answer
      10.1.0.50 from paris: no answer
      10.1.0.150 from lyon: paris
      10.1.0.150 from paris: paris"
    `);
  });
});

test('a cold move is measured as it is predicted: from the order to shut down until it has booted', async () => {
  const plan = planFor('cold');
  const simulation = await simulationOf(plan);
  const run = await runToEnd(simulation, plan);
  const journal = await simulation.records.journal(run.id);
  const [move] = statusOf(run, { plan, journal, latest: [] }).moves;
  const { shutdownSeconds, bootSeconds } = plan.topology.workloads[0]!;
  const gone = shutdownSeconds + bootSeconds;
  expect(move?.measured.pauseSeconds).toBeGreaterThanOrEqual(gone);
  expect(move?.measured.pauseSeconds).toBeLessThan(gone + 5); // the rest of the disk, and two looks
  expect(move?.measured.totalSeconds).toBeGreaterThan(gone + 2 ** 30 / 125e6);
  const [observation] = await simulation.records.observations();
  expect(observation?.outcome).toMatchObject({
    totalSeconds: move?.measured.totalSeconds,
    pauseSeconds: move?.measured.pauseSeconds,
  });
});
