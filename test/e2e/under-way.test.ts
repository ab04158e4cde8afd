import path from 'node:path';
import { expect } from 'vitest';
import type { Plan } from '../../planners/plan/plan.ts';
import { test } from '../support/cli.ts';

const storm = (name: string): string => path.join(import.meta.dirname, '../../examples/storm', name);
const topology = storm('topology.yaml');
const namesOf = (moves: readonly { readonly workload: string }[] = []): readonly string[] =>
  moves.map(({ workload }) => workload).toSorted();

test('a plan made in another process while a run goes on leaves it room, and its workloads alone', async ({
  place,
}) => {
  await place.prepareState();
  const first = await place.longhaul(
    'plan',
    topology,
    storm('drain-host.yaml'),
    '--json',
    '-o',
    'first.json',
  );
  const going = namesOf((JSON.parse(first.stdout) as Plan).moves);
  expect(going).toHaveLength(5);
  const running = place.start('run', 'first.json', '--speed', '1');
  await running.says(/: \d+ % /);

  for (const state of [[], ['--state', '.longhaul']]) {
    const { stdout } = await place.longhaul('plan', topology, storm('evacuate.yaml'), '--json', ...state);
    const plan = JSON.parse(stdout) as Plan;
    expect(namesOf(plan.underWay)).toEqual(going);
    expect(namesOf(plan.stays)).toEqual(going);
    expect(namesOf(plan.moves)).toHaveLength(7);
    const because = plan.stays.find(({ workload }) => workload === 'mail-1')?.because;
    expect(because?.[0]).toMatchObject({ code: 'under-way', values: { target: 'paris/paris-1' } });
  }
  const text = await place.longhaul('plan', topology, storm('evacuate.yaml'), '-o', 'beside.json');
  expect(text.stdout).toMatch(/Already under way, .*\n- run drain-paris-2-[0-9a-f]{6}-1: 5 moves until /);
  const explained = await place.longhaul('explain', 'beside.json', 'mail-1');
  expect(explained.stdout).toContain('moves it to paris/paris-1 already');

  const unaware = await place.longhaul(
    ...['plan', topology, storm('evacuate.yaml'), '--state', 'nowhere', '-o', 'unaware.json'],
  );
  expect(unaware.stderr).toContain('no move of a run is under way in ');
  const refused = await place.longhaul('run', 'unaware.json');
  expect(refused).toMatchObject({
    code: 4,
    stderr: expect.stringMatching(/LH_CLAIM_HELD: '[\w-]+' belongs to run 'drain-paris-2-/) as string,
  });
  await running.kill();
});
