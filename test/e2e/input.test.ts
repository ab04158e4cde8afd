import fs from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'vitest';
import { test } from '../support/cli.ts';
import { planFor } from '../support/simulation.ts';

/** What is wrong with the input is said before anything is opened or made. */
test.for([
  [['run', 'none.json'], "Cannot read 'none.json': there is no such file"],
  [['show', 'none'], "There is no run 'none'"],
  [['runs', '--state', 'http://x'], 'Option --state: must be a directory'],
  [['serve', '--listen', '0.0.0.0:7400'], "'0.0.0.0:7400' can be reached from other machines"],
  [['run'], "missing required argument 'plan'"],
  [['runs', '--nothing'], "unknown option '--nothing'"],
] as const)('bad input exits with 2 and leaves nothing: longhaul %j', async ([args, message], { place }) => {
  const { code, stderr } = await place.longhaul(...args);
  expect(stderr).toContain(message);
  expect(code).toBe(2);
  expect(await fs.readdir(place.directory)).toEqual([]);
});

test('a run that is not known is refused with 2', async ({ place }) => {
  await place.prepareState();
  for (const command of ['run', 'cancel']) {
    const { code, stderr } = await place.longhaul(command, 'none-1');
    expect(stderr).toContain("There is no run 'none-1'");
    expect(code).toBe(2);
  }
});

test('a plan file that was edited, is another format, or no JSON is refused with 2', async ({ place }) => {
  const plan = planFor('cold');
  for (const [content, message] of [
    [{ ...plan, name: 'edited' }, 'was changed after it was made'],
    [{ ...plan, format: 'longhaul-plan/9' }, "has format 'longhaul-plan/9'; this version reads"],
    [[], 'a plan is a JSON object'],
    ['nonsense', 'no JSON'],
  ] as const) {
    await place.write('plan.json', content);
    const { code, stderr } = await place.longhaul('run', 'plan.json');
    expect(stderr).toContain(message);
    expect(code).toBe(2);
  }
});

test('a runbook that cannot be kept exits with 3; the plan says what can be done', async ({ place }) => {
  const storm = path.join(import.meta.dirname, '../../examples/storm');
  const runbook = await fs.readFile(path.join(storm, 'evacuate.yaml'), 'utf8');
  await place.write('late.yaml', runbook.replace('T18:00:00+01:00', 'T12:10:00+01:00'));
  const { code, stderr } = await place.longhaul(
    ...['plan', path.join(storm, 'topology.yaml'), 'late.yaml', '-o', 'plan.json'],
  );
  expect(stderr).toContain('LH_PLAN_INFEASIBLE');
  expect(code).toBe(3);
  expect(JSON.parse(await fs.readFile(path.join(place.directory, 'plan.json'), 'utf8'))).toMatchObject({
    verdict: expect.stringContaining('infeasible') as string,
  });
});

test('a look where nothing ever ran leaves nothing behind', async ({ place }) => {
  expect(await place.longhaul('runs')).toMatchObject({
    code: 0,
    stdout: 'No runs yet; longhaul run PLAN begins one.\n',
  });
  expect(await fs.readdir(place.directory)).toEqual([]);
});
