import fc from 'fast-check';
import { expect, test } from 'vitest';
import { shippedModel } from '../../../planners/estimate/shipped-model.ts';
import { makePlan } from '../../../planners/plan/make-plan.ts';
import type { Plan } from '../../../planners/plan/plan.ts';
import { sentenceOf } from '../../../planners/plan/reasons.ts';
import { createRandom } from '../../../src/world/random.ts';
import type { Workload } from '../../../topology/resolve/topology.ts';
import { aRunbook, aTopology, aWorkload } from '../../support/fleets.ts';
import { addressOf, hostOf, linkOf } from '../../support/topology.ts';

const seed = Number(process.env['SEED'] ?? 1);
const gibibyte = 2 ** 30;
const names = ['lyon', 'nice'] as const;
const roundTrips = { lyon: 0.02, nice: 0.03, coast: 0.01 };

/** Paris, Lyon and Nice, a link between every two; each target has one host with room for so many guests. */
function planOf(
  workloads: readonly Workload[],
  room: Readonly<Record<string, number>> = {},
  deadlineSeconds: number | null = null,
): Plan {
  const [lyon, paris] = aTopology().sites;
  const fast = { reservedRatio: 0.2, sendBufferBytes: 2 ** 24 };
  const target = (name: string) => ({
    ...lyon!,
    name,
    hosts: [hostOf('h1', { memoryBytes: (room[name] ?? 9) * 8 * gibibyte })],
  });
  return makePlan({
    topology: aTopology({
      sites: [target('lyon'), target('nice'), paris!],
      links: [
        linkOf('coast', ['lyon', 'nice'], { ...fast, rttSeconds: roundTrips.coast }),
        linkOf('south', ['paris', 'nice'], { ...fast, rttSeconds: roundTrips.nice }),
        linkOf('wan', ['paris', 'lyon'], { ...fast, rttSeconds: roundTrips.lyon }),
      ],
      workloads,
    }),
    runbook: aRunbook({
      goal: { kind: 'evacuate', from: 'paris', to: names },
      startSeconds: 0,
      deadlineSeconds,
    }),
    model: shippedModel,
    nowSeconds: 0,
    random: createRandom(1),
  });
}

/** One that has an address at these sites only, and may be only so far from its peers. */
function guest(
  name: string,
  {
    at = names,
    peers = [],
    within = 0.005,
    last = 10,
  }: {
    readonly at?: readonly string[];
    readonly peers?: readonly string[];
    readonly within?: number;
    readonly last?: number;
  },
): Workload {
  const newAddresses = Object.fromEntries(
    at.map((site) => [site, { network: 'lan', address: `10.2.0.${last}` }]),
  );
  return aWorkload({
    name,
    addresses: [addressOf(`10.1.0.${last}`, { mac: `52:54:00:00:00:${last}`, newAddresses })],
    peers: peers.map((workload) => ({ workload, bytesPerSecond: 1e6, rttMaxSeconds: within })),
  });
}

const endsOf = ({ moves }: Plan): Readonly<Record<string, string>> =>
  Object.fromEntries(moves.map(({ workload, decision }) => [workload, decision.chosen.target!.site]));
const said = ({ stays }: Plan, name: string): readonly string[] =>
  stays.find(({ workload }) => workload === name)!.because.map(sentenceOf);

test('peers that both move end at one site, whichever of them says so', () => {
  for (const talker of ['a', 'b']) {
    const plan = planOf([
      guest('a', { peers: talker === 'a' ? ['b'] : [] }),
      guest('b', { peers: talker === 'b' ? ['a'] : [], last: 11 }),
      guest('c', { at: ['nice'], last: 12 }),
    ]);
    const { a, b } = endsOf(plan);
    expect(a).toBeDefined();
    expect(a).toBe(b);
  }
});

test('the first does not go where the second cannot follow, along a chain too', () => {
  const plan = planOf([
    guest('a', { peers: ['b'] }),
    guest('b', { peers: ['c'], last: 11 }),
    guest('c', { at: ['nice'], last: 12 }),
  ]);
  expect(endsOf(plan)).toEqual({ a: 'nice', b: 'nice', c: 'nice' });
});

test('peers that can reach no site together stay, each with the round trip to where the other can end', () => {
  const plan = planOf([guest('a', { at: ['lyon'], peers: ['b'] }), guest('b', { at: ['nice'], last: 11 })]);
  expect(plan.moves).toEqual([]);
  const sentence = (site: string, peer: string, rtt: string) =>
    `round trip ${rtt} to ${site}, the nearest place at which its peer ${peer} can end, exceeds 5 ms`;
  expect(said(plan, 'a')).toContain(sentence('paris', 'b', '20 ms'));
  expect(said(plan, 'b')).toContain(sentence('paris', 'a', '30 ms'));
  expect(plan.verdict).toBe('none-found');
});

test('sites that are near enough to each other may be shared out', () => {
  const plan = planOf([
    guest('a', { at: ['lyon'], peers: ['b'], within: 0.01 }),
    guest('b', { at: ['nice'], last: 11 }),
  ]);
  expect(endsOf(plan)).toEqual({ a: 'lyon', b: 'nice' });
});

test('one for whose peer there is no room in the end stays with it', () => {
  const plan = planOf([guest('a', { peers: ['b'] }), guest('b', { last: 11 })], { lyon: 1, nice: 1 });
  expect(plan.moves).toEqual([]);
  expect(said(plan, 'a').join('; ')).toContain('to paris, the nearest place at which its peer b can end');
});

test('a plan warns of the time between two moves in which peers are further apart than they may be', () => {
  const pair = (within: number) => [
    guest('a', { at: ['lyon'], peers: ['b'], within }),
    guest('b', { at: ['lyon'], last: 11 }),
  ];
  const said = planOf(pair(0.005))
    .warnings.map(sentenceOf)
    .filter((sentence) => sentence.includes('peer'));
  expect(said).toEqual([
    expect.stringMatching(
      /^[ab] moves before its peer [ab]: for .+ \(P50\) their round trip of 20 ms exceeds 5 ms$/,
    ),
  ]);
  expect(planOf(pair(0.02)).warnings.map(({ code }) => code)).not.toContain('peers-apart-meanwhile');
});

test('a plan warns of a peer that it has no time for', () => {
  const workloads = [guest('a', { at: ['lyon'], peers: ['b'] }), guest('b', { at: ['lyon'], last: 11 })];
  const { moves, warnings } = planOf(workloads, {}, 100);
  expect(moves.length).toBe(1);
  expect(warnings.map(sentenceOf)).toContainEqual(
    expect.stringMatching(
      /^[ab] moves to lyon and its peer [ab] stays at paris: their round trip of 20 ms then exceeds 5 ms; give the plan more time, or let both stay$/,
    ),
  );
});

test('whoever moves and whoever stays, no two that may not be far apart end so', () => {
  const possible = fc.constantFrom<readonly string[]>(['lyon'], ['nice'], names, []);
  const talk = fc.record({ from: fc.nat(3), to: fc.nat(3), within: fc.constantFrom(0.005, 0.01, 0.025) });
  const rooms = fc.record({ lyon: fc.nat(4), nice: fc.nat(4) });
  const guests = fc.array(possible, { minLength: 4, maxLength: 4 });
  const property = fc.property(guests, fc.array(talk, { maxLength: 4 }), rooms, (sites, talks, room) => {
    const pairs = talks.filter(({ from, to }) => from !== to);
    const workloads = sites.map((at, index) => ({
      ...guest(`g${index}`, { at, last: 10 + index }),
      peers: pairs
        .filter(({ from }) => from === index)
        .map(({ to, within }) => ({ workload: `g${to}`, bytesPerSecond: 1, rttMaxSeconds: within })),
    }));
    const ends = endsOf(planOf(workloads, { lyon: room.lyon + 1, nice: room.nice + 1 }));
    for (const { from, to, within } of pairs) {
      const [one, other] = [ends[`g${from}`] ?? 'paris', ends[`g${to}`] ?? 'paris'].sort();
      if (one === other) continue;
      const between = other === 'paris' ? roundTrips[one as 'lyon' | 'nice'] : roundTrips.coast;
      expect(between).toBeLessThanOrEqual(within);
    }
  });
  fc.assert(property, { seed, numRuns: 25 });
});
