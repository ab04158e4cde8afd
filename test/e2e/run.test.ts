import fs from 'node:fs/promises';
import path from 'node:path';
import { describe, expect } from 'vitest';
import type { Plan } from '../../planners/plan/plan.ts';
import type { RunStatus } from '../../src/runs/status.ts';
import type { RunRecord, StoredEntry } from '../../src/runs/store/records.ts';
import { test, type Place } from '../support/cli.ts';
import { diskOf } from '../support/topology.ts';
import { moveOf, planOf, twoSites, webServer } from '../support/simulation.ts';

/**
 * Two workloads leave paris for lyon, one live and then one cold. Each waits for an hour until nobody remembers its
 * old DNS answer: at a small `--speed` a run can be met there, however slow this machine.
 */
function twoMoves({ ttlSeconds = 3600 } = {}): Plan {
  const names = (name: string) => [{ name: `${name}.example.test`, ttlSeconds }];
  const disks = [diskOf('root', { usedBytes: 8 * 2 ** 30 })];
  const workloads = [
    webServer('db', 51, { residentBytes: 2 ** 30, names: names('db') }),
    webServer('web', 50, { disks, names: names('web') }),
  ];
  return planOf(twoSites(workloads), [
    moveOf(workloads[0]!, 'routed-live'),
    moveOf(workloads[1]!, 'cold', { after: ['db'] }),
  ]);
}

const idOf = (plan: Plan): string => `test-${plan.hash.slice(0, 6)}-1`;
const waits = /db: .* wait for old TTL/;

const statesOf = (text: string): readonly string[] => {
  const { run, moves } = JSON.parse(text) as RunStatus;
  return [run.state, ...moves.map(({ workload, state }) => `${workload} ${state}`)];
};

async function journalOf(place: Place, id: string): Promise<readonly StoredEntry[]> {
  const { stdout } = await place.longhaul('show', id, '--journal');
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as StoredEntry);
}

test('a run that is killed again and again goes on where it stood, and ends right', async ({ place }) => {
  const plan = twoMoves({ ttlSeconds: 60 });
  await place.write('plan.json', plan);
  for (const stepsFurther of [2, 6, 4, 7]) {
    const running = place.start('run', 'plan.json', '--speed', '60');
    await running.says(new RegExp(`(?:\\w+: \\d+ % .*\\n){${stepsFurther}}`));
    await running.kill();
  }
  const runs = await place.longhaul('runs', '--json');
  expect((JSON.parse(runs.stdout) as RunRecord[]).map((run) => [run.id, run.state])).toEqual([
    [idOf(plan), 'running'],
  ]);
  const last = await place.longhaul('run', idOf(plan), '--speed', '2000', '--json');
  expect(last).toMatchObject({ code: 0 });
  expect(statesOf(last.stdout)).toEqual(['done', 'db moved', 'web moved']);

  const journal = await journalOf(place, idOf(plan));
  expect(journal.map(({ sequence }) => sequence)).toEqual(journal.map((_, index) => index + 1));
  for (const workload of ['db', 'web']) {
    const own = journal.filter((entry) => entry.workload === workload);
    const epochs = own.map(({ epoch }) => epoch);
    expect(epochs).toEqual(epochs.toSorted((a, b) => a - b));
    expect(own.filter(({ event }) => event === 'outcome')).toHaveLength(1);
    expect(new Set(own.map(({ attempt }) => attempt))).toEqual(new Set([1]));
    const steps = own.filter(({ event }) => event === 'end').map(({ step }) => step);
    expect(steps).toEqual([...new Set(steps)]);
  }
});

test('another process looks on and takes the run back; the state is closed to other users', async ({
  place,
}) => {
  const plan = twoMoves();
  const id = idOf(plan);
  await place.write('plan.json', plan);
  const running = place.start('run', 'plan.json', '--speed', '20');
  await running.says(waits);
  const mode = async (name: string): Promise<string> =>
    ((await fs.stat(path.join(place.directory, name))).mode & 0o777).toString(8);
  expect([await mode('.longhaul'), await mode('.longhaul/socket')]).toEqual(['700', '600']);

  const [show, runs] = [await place.longhaul('show', id, '--json'), await place.longhaul('runs')];
  expect(show.code).toBe(0);
  expect(JSON.parse(show.stdout)).toMatchObject({
    run: { id, state: 'running', request: 'none' },
    moves: [
      { workload: 'db', state: 'moving', step: 'wait for old TTL' },
      { workload: 'web', state: 'waiting' },
    ],
  });
  expect(runs.stdout).toContain(`${id}  running`);

  const back = await place.longhaul('rollback', id, '--json');
  expect(back).toMatchObject({ code: 0 });
  const { run, moves } = JSON.parse(back.stdout) as RunStatus;
  expect(run.state).toBe('cancelled');
  expect(moves[0]).toMatchObject({ workload: 'db', state: 'cancelled', remains: [] });
  const ended = await running.ended();
  expect(ended.code).toBe(1);
  expect(ended.stdout).toContain(`${id}: cancelled`);
});

test('a second run of the same plan joins the first', async ({ place }) => {
  const plan = twoMoves({ ttlSeconds: 60 });
  await place.write('plan.json', plan);
  await place.prepareState();
  const both = [1, 2].map(() => place.start('run', 'plan.json', '--speed', '1000', '--json'));
  for (const running of both) {
    const ended = await running.ended();
    expect(ended).toMatchObject({ code: 0 });
    expect(statesOf(ended.stdout)).toEqual(['done', 'db moved', 'web moved']);
  }
  const { stdout } = await place.longhaul('runs', '--json');
  expect((JSON.parse(stdout) as RunRecord[]).map(({ id }) => id)).toEqual([idOf(plan)]);
});

test('an interrupted run is cancelled by a command that carries the cancelling out itself', async ({
  place,
}) => {
  const plan = twoMoves();
  const id = idOf(plan);
  await place.write('plan.json', plan);
  await place.prepareState();
  const running = place.start('run', 'plan.json', '--speed', '20');
  await running.says(waits);
  await running.kill();
  const cancel = await place.longhaul('cancel', id, '--speed', '2000');
  expect(cancel.stdout).toContain(`${id}: cancelled`);
  expect(cancel.code).toBe(0);
  expect(await place.longhaul('rollback', id)).toMatchObject({
    code: 2,
    stderr: expect.stringContaining(
      `Run '${id}' has ended (cancelled): nothing is left to roll back`,
    ) as string,
  });
});

test('Ctrl-C cancels; a second one leaves the run to be carried on', async ({ place }) => {
  const plan = twoMoves();
  const id = idOf(plan);
  await place.write('plan.json', plan);
  await place.prepareState();
  const running = place.start('run', 'plan.json', '--speed', '1');
  await running.says(/db: .* lower TTL/);
  running.signal('SIGINT');
  await running.says(/Cancelling/);
  running.signal('SIGINT');
  expect(await running.ended()).toMatchObject({
    code: 1,
    stderr: expect.stringContaining(`Run ${id} is left where it stands`) as string,
  });
  const again = await place.longhaul('run', 'plan.json', '--speed', '2000');
  expect(again.stdout).toContain(`${id}: cancelled`);
  expect(again.code).toBe(1);
});

test('the shipped example that empties a host is carried out, inside its site and beyond', async ({
  place,
}) => {
  const storm = path.join(import.meta.dirname, '../../examples/storm');
  const files = ['topology.yaml', 'drain-host.yaml'].map((name) => path.join(storm, name));
  expect(await place.longhaul('plan', ...files, '-o', 'plan.json')).toMatchObject({ code: 0 });
  const running = place.start('run', 'plan.json', '--speed', '200');
  await running.says(/mail-1: .* transfer/);
  await running.kill();
  const { code, stdout } = await place.longhaul('run', 'plan.json', '--speed', '2000', '--json');
  const { run, moves } = JSON.parse(stdout) as RunStatus;
  expect([code, run.state]).toEqual([0, 'done']);
  expect(moves.map(({ state, target }) => `${state} ${target?.host ?? ''}`).toSorted()).toEqual([
    'moved paris-1',
    'moved paris-1',
    'moved paris-1',
    'moved reims-1',
    'moved reims-2',
  ]);
});

test('a plan that no longer fits the world is refused with each difference', async ({ place }) => {
  await place.write('plan.json', twoMoves({ ttlSeconds: 60 }));
  await place.prepareState();
  expect(await place.longhaul('run', 'plan.json', '--speed', '2000')).toMatchObject({ code: 0 });
  const second = await place.longhaul('run', 'plan.json', '--json');
  expect(second.code).toBe(4);
  const differences = ['db', 'web'].flatMap((name) => [
    `'${name}' is not at 'paris'`,
    `'lyon' already has a copy of '${name}': it is 'running'`,
  ]);
  expect(JSON.parse(second.stderr.trim())).toEqual({
    error: {
      code: 'LH_PLAN_STALE',
      kind: 'person',
      message: expect.stringContaining(differences.join('; ')) as string,
      settle: 'probe the topology and plan again',
    },
  });
});

describe('nothing runs', () => {
  test('where real workloads would move without consent: exit 4', async ({ place }) => {
    const { hash: _, ...plan } = twoMoves();
    const sites = plan.topology.sites.map((site) => ({
      ...site,
      hosts: site.hosts.map((host) => ({ ...host, hypervisor: 'qemu' })),
    }));
    await place.write('plan.json', planOf({ ...plan.topology, sites }, plan.moves));
    await place.prepareState();
    const { code, stderr } = await place.longhaul('run', 'plan.json');
    expect(code).toBe(4);
    expect(stderr).toContain("Plan 'test' is not carried out without consent: it moves real workloads");
    expect(stderr).toContain('To settle it: longhaul run PLAN --yes');
    expect((await place.longhaul('runs', '--json')).stdout).toBe('[]\n');
  });

  test('where an agent cannot be reached: exit 1', async ({ place }) => {
    const { topology, moves } = twoMoves();
    const agent = {
      url: 'http://127.0.0.1:9',
      token: 'file:token',
      certificateAuthority: null,
      client: null,
      expiresSeconds: null,
    };
    const sites = topology.sites.map((site) => ({ ...site, agent }));
    await place.write('plan.json', planOf({ ...topology, sites }, moves));
    await place.write('token', 'a token of this test');
    await place.prepareState();
    const { code, stderr } = await place.longhaul('run', 'plan.json', '--yes');
    expect(stderr).toContain('LH_AGENT_UNREACHABLE');
    expect(stderr).toContain('127.0.0.1:9');
    expect(code).toBe(1);
  });

  test('where the plan starts new copies: exit 4, and it says which, where and from what', async ({
    place,
  }) => {
    const storm = path.join(import.meta.dirname, '../../examples/storm');
    const files = ['topology.yaml', 'place.yaml'].map((name) => path.join(storm, name));
    expect(await place.longhaul('plan', ...files, '-o', 'plan.json')).toMatchObject({ code: 0 });
    await place.prepareState();
    for (const command of ['run', 'rehearse']) {
      const { code, stderr } = await place.longhaul(command, 'plan.json');
      expect(stderr).toContain('LH_PLAN_STARTS_COPIES');
      expect(stderr).toMatch(
        /'web-1-new-1' on paris\/paris-1 from template 'web-image-\d+' with 10\.1\.0\.\d+;/,
      );
      expect(code).toBe(4);
    }
  });

  test('where nothing has to move: exit 0', async ({ place }) => {
    await place.write('plan.json', planOf(twoSites([webServer('web', 50)]), []));
    await place.prepareState();
    const { code, stdout } = await place.longhaul('run', 'plan.json');
    expect(stdout).toContain('Nothing had to move.');
    expect(code).toBe(0);
  });
});
