import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Plan } from '../../planners/plan/plan.ts';
import type { RunStatus } from '../../src/runs/status.ts';
import type { RunRecord, StoredEntry } from '../../src/runs/store/records.ts';
import { longhaul, startLonghaul, type Running } from '../support/cli.ts';
import { diskOf } from '../support/topology.ts';
import { moveOf, planOf, twoSites, webServer } from '../support/simulation.ts';

/**
 * Two workloads leave paris for lyon, one live and then one cold, some five simulated minutes of copying each: long
 * enough to be met in it, however slow this machine.
 */
let directory: string;
const children: Running[] = [];
beforeEach(async () => {
  directory = await fs.mkdtemp(path.join(os.tmpdir(), 'longhaul-e2e-'));
});
afterEach(async () => {
  for (const running of children.splice(0)) {
    running.child.kill('SIGKILL');
    await running.ended;
  }
  await fs.rm(directory, { recursive: true });
});

function twoMoves(hypervisor = 'simulated'): Plan {
  const large = { memoryBytes: 40 * 2 ** 30, residentBytes: 32 * 2 ** 30 };
  const disks = [diskOf('root', { usedBytes: 32 * 2 ** 30 })];
  const workloads = [webServer('db', 51, large), webServer('web', 50, { disks })];
  const topology = twoSites(workloads);
  const sites = topology.sites.map((site) => ({
    ...site,
    hosts: site.hosts.map((host) => ({ ...host, hypervisor })),
  }));
  return planOf({ ...topology, sites }, [
    moveOf(workloads[0]!, 'routed-live'),
    moveOf(workloads[1]!, 'cold', { after: ['db'] }),
  ]);
}

async function writePlan(plan: Plan): Promise<string> {
  await fs.writeFile(path.join(directory, 'plan.json'), JSON.stringify(plan));
  return `test-${plan.hash.slice(0, 6)}-1`;
}

function start(...args: readonly string[]): Running {
  const running = startLonghaul(args, directory);
  children.push(running);
  return running;
}

const statesOf = ({ run, moves }: RunStatus): readonly string[] => [
  run.state,
  ...moves.map(({ workload, state }) => `${workload} ${state}`),
];

async function journalOf(id: string): Promise<readonly StoredEntry[]> {
  const { stdout } = await longhaul(['show', id, '--journal'], directory);
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as StoredEntry);
}

test('a run that is killed again and again goes on where it stood, and ends right', async () => {
  const id = await writePlan(twoMoves());
  for (const step of ['db: .* transfer', 'db: .* drain', 'web: .* wait for old TTL', 'web: .* copy disks']) {
    const running = start('run', 'plan.json', '--speed', '200');
    await running.says(new RegExp(step));
    running.child.kill('SIGKILL');
    await running.ended;
    const { stdout } = await longhaul(['runs', '--json'], directory);
    expect((JSON.parse(stdout) as RunRecord[]).map((run) => [run.id, run.state])).toEqual([[id, 'running']]);
  }
  const last = await longhaul(['run', id, '--speed', '500', '--json'], directory);
  expect(last).toMatchObject({ code: 0 });
  expect(statesOf(JSON.parse(last.stdout) as RunStatus)).toEqual(['done', 'db moved', 'web moved']);

  const journal = await journalOf(id);
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

test('show, runs and cancel work from another process while the run is carried out', async () => {
  const id = await writePlan(twoMoves());
  const running = start('run', 'plan.json', '--speed', '20');
  await running.says(/db: .* transfer/);
  const [show, runs] = await Promise.all([
    longhaul(['show', id, '--json'], directory),
    longhaul(['runs'], directory),
  ]);
  expect(show.code).toBe(0);
  expect(JSON.parse(show.stdout)).toMatchObject({
    run: { id, state: 'running', request: 'none' },
    moves: [
      { workload: 'db', state: 'moving', step: 'transfer' },
      { workload: 'web', state: 'waiting' },
    ],
  });
  expect(runs.stdout).toContain(`${id}  running`);

  const cancel = await longhaul(['cancel', id, '--json'], directory);
  expect(cancel).toMatchObject({ code: 0 });
  const ended = await running.ended;
  expect(ended.code).toBe(1);
  expect(ended.stdout).toContain(`${id}: cancelled`);
  expect((JSON.parse(cancel.stdout) as RunStatus).run.state).toBe('cancelled');
  expect((JSON.parse(cancel.stdout) as RunStatus).moves[0]).toMatchObject({
    state: 'cancelled',
    remains: [],
  });
});

test('an interrupted run is cancelled by a command that carries the cancelling out itself', async () => {
  const id = await writePlan(twoMoves());
  const running = start('run', 'plan.json', '--speed', '20');
  await running.says(/db: .* transfer/);
  running.child.kill('SIGKILL');
  await running.ended;
  const cancel = await longhaul(['cancel', id, '--speed', '500'], directory);
  expect(cancel.stdout).toContain(`${id}: cancelled`);
  expect(cancel.code).toBe(0);
  expect(await longhaul(['rollback', id], directory)).toMatchObject({
    code: 2,
    stderr: expect.stringContaining(
      `Run '${id}' has ended (cancelled): nothing is left to roll back`,
    ) as string,
  });
});

test('Ctrl-C cancels; a second one leaves the run to be carried on', async () => {
  const id = await writePlan(twoMoves());
  const running = start('run', 'plan.json', '--speed', '20');
  await running.says(/db: .* transfer/);
  running.child.kill('SIGINT');
  await running.says(/Cancelling/);
  running.child.kill('SIGINT');
  expect(await running.ended).toMatchObject({
    code: 1,
    stderr: expect.stringContaining(`Run ${id} is left where it stands`) as string,
  });
  const again = await longhaul(['run', 'plan.json', '--speed', '500'], directory);
  expect(again.stdout).toContain(`${id}: cancelled`);
  expect(again.code).toBe(1);
});

test('a plan that no longer fits the world is refused before anything is touched', async () => {
  const plan = twoMoves();
  await writePlan(plan);
  const first = await longhaul(['run', 'plan.json', '--speed', '1000'], directory);
  expect(first).toMatchObject({ code: 0 });
  const second = await longhaul(['run', 'plan.json', '--json'], directory);
  expect(second.code).toBe(4);
  expect(JSON.parse(second.stderr.trim())).toEqual({
    error: {
      code: 'LH_PLAN_STALE',
      kind: 'person',
      message: expect.stringContaining("'db' is not at 'paris'") as string,
      settle: 'probe the topology and plan again',
    },
  });
});

test('real workloads are not touched without consent', async () => {
  await writePlan(twoMoves('qemu'));
  const { code, stderr } = await longhaul(['run', 'plan.json'], directory);
  expect(code).toBe(4);
  expect(stderr).toContain("Plan 'test' is not carried out without consent: it moves real workloads");
  expect(stderr).toContain('To settle it: longhaul run PLAN --yes');
  expect((await longhaul(['runs', '--json'], directory)).stdout).toBe('[]\n');
});

test.each([
  [['run', 'none.json'], "Cannot read 'none.json': there is no such file"],
  [['run', 'none-1'], "There is no run 'none-1'"],
  [['show', 'none'], "There is no run 'none'"],
  [['cancel', 'none'], "There is no run 'none'"],
  [['runs', '--state', 'http://x'], 'Option --state: must be a directory'],
  [['serve', '--listen', '0.0.0.0:7400'], "'0.0.0.0:7400' can be reached from other machines"],
  [['run'], "missing required argument 'plan'"],
  [['runs', '--nothing'], "unknown option '--nothing'"],
])('bad input exits with 2: longhaul %j', async (args, message) => {
  const { code, stderr } = await longhaul(args, directory);
  expect(stderr).toContain(message);
  expect(code).toBe(2);
});

test('a plan file that was edited, is another format, or no JSON is refused with 2', async () => {
  const plan = twoMoves();
  for (const [text, message] of [
    [JSON.stringify({ ...plan, name: 'edited' }), 'was changed after it was made'],
    [
      JSON.stringify({ ...plan, format: 'longhaul-plan/9' }),
      "has format 'longhaul-plan/9'; this version reads",
    ],
    ['[]', 'a plan is a JSON object'],
    ['nonsense', 'no JSON'],
  ] as const) {
    await fs.writeFile(path.join(directory, 'plan.json'), text);
    const { code, stderr } = await longhaul(['run', 'plan.json'], directory);
    expect(stderr).toContain(message);
    expect(code).toBe(2);
  }
});

test('a look where nothing ever ran leaves nothing behind', async () => {
  expect(await longhaul(['runs'], directory)).toMatchObject({
    code: 0,
    stdout: 'No runs yet; longhaul run PLAN begins one.\n',
  });
  expect(await fs.readdir(directory)).toEqual([]);
});

test('a state directory is closed to others, and its socket too', async () => {
  const id = await writePlan(twoMoves());
  const running = start('run', 'plan.json', '--speed', '20');
  await running.says(/db: .* transfer/);
  const mode = async (name: string): Promise<string> =>
    ((await fs.stat(path.join(directory, name))).mode & 0o777).toString(8);
  expect([await mode('.longhaul'), await mode('.longhaul/socket')]).toEqual(['700', '600']);
  expect(running.stderr()).toContain(id);
});
