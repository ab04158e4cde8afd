import { expect, test } from 'vitest';
import type { MoveUnderWay } from '../../../planners/choose/under-way.ts';
import { shippedModel } from '../../../planners/estimate/shipped-model.ts';
import { makePlan } from '../../../planners/plan/make-plan.ts';
import { sentenceOf } from '../../../planners/plan/reasons.ts';
import { createRandom } from '../../../src/world/random.ts';
import type { Policies } from '../../../topology/resolve/topology.ts';
import { aRunbook, aTopology, aWorkload } from '../../support/fleets.ts';
import { aMoveUnderWay } from '../../support/under-way.ts';

const at = (name: string, site: string, host: string) => ({ name, site, host });
/** Paris has two hosts, Lyon two; nobody may hold cards. */
const guests = [
  at('a', 'paris', 'h1'),
  at('b', 'paris', 'h1'),
  at('c', 'paris', 'h2'),
  at('d', 'lyon', 'h1'),
  at('e', 'lyon', 'h2'),
].map((changes, index) => aWorkload({ ...changes, last: 10 + index, addresses: [] }));

function warned(changes: Partial<Policies>, underWay: readonly MoveUnderWay[] = []): readonly string[] {
  const { policies } = aTopology();
  return makePlan({
    topology: aTopology({ workloads: guests, policies: { ...policies, ...changes } }),
    runbook: aRunbook({ goal: { kind: 'move', workloads: ['d'], to: 'paris' } }),
    model: shippedModel,
    nowSeconds: 0,
    random: createRandom(1),
    underWay,
  })
    .warnings.map(sentenceOf)
    .filter((sentence) => sentence.startsWith('policy'));
}

const broken = 'policy p is already broken at the start:';

test.each([
  ['host', ['a', 'b', 'c'], [`${broken} a, b run together on paris/h1`]],
  ['host', ['a', 'c', 'd', 'e'], []],
  [
    'site',
    ['a', 'c', 'd', 'e'],
    [`${broken} a, c run together on paris`, `${broken} d, e run together on lyon`],
  ],
] as const)('anti-affinity by %s of %j that share one is named with it', (scope, workloads, said) => {
  expect(warned({ antiAffinity: [{ name: 'p', scope, workloads }] })).toEqual(said);
});

test.each([
  ['host', ['b', 'e'], [`${broken} a beside b on paris/h1`]],
  ['host', ['c'], []],
  ['site', ['c', 'e'], [`${broken} a beside c on paris`]],
] as const)('a zone by %s beside %j is named with both and the place', (scope, neverBeside, said) => {
  const zone = { name: 'p', zone: 'pci', workloads: ['a'], neverBeside, scope };
  expect(warned({ zones: [zone] })).toEqual([`${broken} a at paris, which may not hold zone pci`, ...said]);
});

test('a quorum that one host would take along is at risk, one that no host does is not', () => {
  const quorum = (workloads: readonly string[]) => warned({ quorums: [{ name: 'p', workloads }] });
  expect(quorum(['a', 'b', 'd'])).toEqual([
    'policy p is already at risk at the start: a, b run on paris/h1; of 3 members 1 may fail at once',
  ]);
  expect(quorum(['a', 'b', 'c', 'd', 'e'])).toEqual([]);
  expect(quorum(['a', 'c', 'd'])).toEqual([]);
});

test('a quorum of which other runs move more members than it can miss is broken', () => {
  const quorums = [{ name: 'p', workloads: ['a', 'c', 'e'] }];
  const moved = ['a', 'c'].map((workload) => aMoveUnderWay({ workload }));
  expect(warned({ quorums }, moved)).toEqual([
    `${broken} other runs move a, c; of 3 members 1 may be moved at once, so no other moves before those runs end`,
  ]);
  expect(warned({ quorums }, moved.slice(1))).toEqual([]);
});
