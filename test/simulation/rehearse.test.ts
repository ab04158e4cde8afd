import { expect, test } from 'vitest';
import { wan } from '../../src/moves/limits.ts';
import { type Faults, readFaults } from '../../src/rehearsal/faults.ts';
import { rehearse, type Rehearsal } from '../../src/rehearsal/rehearse.ts';
import { silentLog } from '../support/log.ts';
import { moveOf, planOf, twoSites, webServer } from '../support/simulation.ts';

/** Rehearsals of two moves with faults: what production would do, in a second. */
const workloads = [webServer('db', 51), webServer('web', 50)];
const plan = planOf(twoSites(workloads), [
  moveOf(workloads[0]!, 'routed-live'),
  moveOf(workloads[1]!, 'routed-live', { after: ['db'] }),
]);
const faultsOf = (text: string): Faults =>
  readFaults({ file: 'faults.yaml', text: `format: longhaul-faults/1\n${text}` }, plan);
const rehearsed = async (text: string): Promise<Rehearsal> =>
  await rehearse({
    ...{ plan, faults: faultsOf(text), startSeconds: 1_800_000_000 },
    ...{ limits: wan, concurrency: 16, log: silentLog },
  });
const atLyon = ['db', 'web'].map((workload) => ({ workload, site: 'lyon', host: 'lyon-1' }));

test('without faults everything arrives, and the same again is the same', async () => {
  const [one, other] = [await rehearsed(''), await rehearsed('')];
  expect(one.status.run.state).toBe('done');
  expect(one).toMatchObject({ struck: [], places: atLyon, violations: [] });
  expect(other).toEqual(one);
});

test('an agent, the worker and the link break on the way: it arrives all the same', async () => {
  const { status, struck, places, violations } = await rehearsed(`
workerSite: paris
faults:
  - { kind: agent-killed, site: lyon, workload: db, step: transfer, after: 1 s, for: 5 s }
  - { kind: worker-killed, workload: web, step: prepare target, for: 30 s }
  - { kind: link-cut, link: wan, workload: web, step: drain, for: 20 s }`);
  expect(struck.map(({ what }) => what)).toEqual([
    "agent of 'lyon' killed for 5 s",
    'worker killed for 30 s',
    "link 'wan' cut for 20 s",
  ]);
  expect(status.run.state).toBe('done');
  expect(places).toEqual(atLyon);
  expect(violations).toEqual([]);
});

test('a link that goes for good in the middle of a transfer leaves the workload where it was', async () => {
  const { status, places, violations } = await rehearsed(
    'faults: [{ kind: link-cut, link: wan, workload: db, step: transfer, after: 1 s }]\nworkerSite: paris',
  );
  expect(status.run.state).not.toBe('done');
  expect(places.map(({ workload, site }) => `${workload} ${site}`)).toEqual(['db paris', 'web paris']);
  expect(violations).toEqual([]);
});

test('what is wrong in a faults file is told with its place', () => {
  const text = `faults:
  - { kind: link-cut, at: 5 min }
  - { kind: agent-killed, site: oslo, at: 5 min }
  - { kind: worker-killed, at: 5 min }
  - { kind: link-cut, link: wan }
  - { kind: link-cut, link: wan, workload: db, step: fly }`;
  expect(() => faultsOf(text)).toThrow(
    [
      'faults.yaml:3:5: faults[0]: link is missing; write one of wan',
      "faults.yaml:4:33: faults[1].site: 'oslo' is not in the plan; write one of lyon, paris",
      'faults.yaml:5:13: faults[2].kind: nobody would carry the run on; write when another worker is there: "for: 30 s"',
      'faults.yaml:6:5: faults[3]: must say when it happens; write `at`, or `workload` and `step`',
      "faults.yaml:7:54: faults[4].step: 'fly' is not in the plan; write one of check world, lower TTL,",
    ].join('\n'),
  );
});
