import fs from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'vitest';
import type { Place, Running } from '../support/cli.ts';
import { test } from '../support/cli.ts';
import { planFor } from '../support/simulation.ts';

/** Processes that stay until they are told to end: they start, answer, and leave nothing open. */
async function endsWell(running: Running, signal: NodeJS.Signals): Promise<void> {
  running.signal(signal);
  const { code, stdout } = await running.ended();
  expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
  const lines = running.said().trim().split('\n');
  expect(lines.map((line) => (JSON.parse(line) as { level: number }).level)).not.toContain(50);
}

async function urlOf(running: Running): Promise<string> {
  await running.says(/"url":"/);
  return /"url":"([^"]+)"/.exec(running.said())?.[1] ?? '';
}

const leftOpen = async (place: Place): Promise<readonly string[]> =>
  (await fs.readdir(path.join(place.directory, '.longhaul'))).filter((name) => /^(lock|socket)/.test(name));

test('demo plans the example, carries it out and says where everything runs now', async ({ place }) => {
  await fs.mkdir(path.join(place.directory, '.longhaul'));
  const { code, stdout } = await place.longhaul('demo', '--json');
  expect(code).toBe(0);
  const told = JSON.parse(stdout) as {
    readonly run: { readonly id: string };
    readonly places: readonly { readonly site: string }[];
  };
  expect(told).toMatchObject({ run: { state: 'done' }, violations: [] });
  expect(told.places).toHaveLength(12);
  expect(told.places.filter(({ site }) => site === 'paris')).toEqual([]);
  const state = path.join(place.directory, '.longhaul/demo');
  expect(await place.longhaul('show', told.run.id, '--state', state)).toMatchObject({ code: 0 });
});

test('serve carries on what was interrupted, shows it, and ends on SIGTERM', async ({ place }) => {
  const plan = planFor('routed-live');
  const id = `test-${plan.hash.slice(0, 6)}-1`;
  await place.write('plan.json', plan);
  await place.prepareState();
  const interrupted = place.start('run', 'plan.json', '--speed', '1');
  await interrupted.says(/web: .* wait for old TTL/);
  await interrupted.kill();

  const serve = place.start('serve', '--listen', '127.0.0.1:0', '--speed', '2000');
  const url = await urlOf(serve);
  expect(await (await fetch(url)).text()).toContain(id);
  const run = await place.longhaul('run', id, '--json');
  expect(run).toMatchObject({ code: 0 });
  expect(JSON.parse(run.stdout)).toMatchObject({ run: { state: 'done' } });
  await endsWell(serve, 'SIGTERM');
  expect(await leftOpen(place)).toEqual([]);
});

test('worker ends on SIGINT; a second one on its state is refused', async ({ place }) => {
  await place.prepareState();
  const worker = place.start('worker');
  await worker.says(/"working"/);
  expect(await place.longhaul('worker')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('LH_STATE_LOCKED') as string,
  });
  await endsWell(worker, 'SIGINT');
  expect(await leftOpen(place)).toEqual([]);
});

test('agent answers callers with its token and ends on SIGTERM', async ({ place }) => {
  await place.write('token', 'a token of this test');
  await place.write('agent.yaml', {
    format: 'longhaul-agent/1',
    site: 'paris',
    state: 'agent',
    listen: '127.0.0.1:0',
    token: `file:${path.join(place.directory, 'token')}`,
  });
  const agent = place.start('agent', '--config', 'agent.yaml');
  const url = await urlOf(agent);
  expect((await fetch(`${url}/description`)).status).toBe(401);
  await endsWell(agent, 'SIGTERM');
});
