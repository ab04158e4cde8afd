import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { longhaul } from '../support/cli.ts';

/** `longhaul explain` as its user sees it: the plan of the storm, whole and for one workload. */
const root = path.join(import.meta.dirname, '../..');
const explain = async (...args: readonly string[]) => await longhaul(['explain', ...args], root);
let folder = '';
let storm = '';
beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'longhaul-explain-'));
  storm = path.join(folder, 'storm.json');
  const files = ['topology', 'evacuate'].map((name) => `examples/storm/${name}.yaml`);
  await longhaul(['plan', ...files, '-o', storm], root);
});
afterAll(() => rmSync(folder, { recursive: true }));

test('the plan as a whole, and one workload of it, on standard output', async () => {
  const whole = await explain(storm);
  expect({ code: whole.code, stderr: whole.stderr }).toEqual({ code: 0, stderr: '' });
  expect(whole.stdout).toMatch(/^evacuate-paris: feasible, 12 moves, plan [0-9a-f]{12}\n/);
  const one = await explain(storm, 'batch-1');
  expect({ code: one.code, stderr: one.stderr }).toEqual({ code: 0, stderr: '' });
  expect(one.stdout).toMatch(/^batch-1 of plan evacuate-paris \(feasible, [0-9a-f]{12}\)\nmoves cold from /);
});

test('--json: the same for programs', async () => {
  const { code, stdout } = await explain('--json', storm, 'batch-1');
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    plan: { name: 'evacuate-paris', verdict: 'feasible' },
    name: 'batch-1',
    outcome: 'moves',
    candidates: expect.arrayContaining([
      expect.objectContaining({ verdict: 'chosen', way: 'cold' }),
    ]) as unknown,
    ladder: [{ action: 'leave', when: { code: 'nothing-left' } }],
  });
});

test('an unknown workload, and a plan that was changed, are refused with what to do: exit 2', async () => {
  expect(await explain(storm, 'bacth-1')).toEqual({
    code: 2,
    stdout: '',
    stderr:
      "error LH_WORKLOAD_UNKNOWN: Plan 'evacuate-paris' has no workload 'bacth-1': did you mean batch-1?\n",
  });
  const changed = path.join(folder, 'changed.json');
  writeFileSync(changed, readFileSync(storm, 'utf8').replace('"feasible"', '"none-found"'));
  const { code, stdout, stderr } = await explain(changed);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toContain('error LH_PLAN_CHANGED');
  expect(stderr).toContain('Plan again');
});
