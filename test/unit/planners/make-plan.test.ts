import { expect, test } from 'vitest';
import { draft } from '../../../planners/plan/draft.ts';
import { planHash } from '../../../planners/plan/hash.ts';
import { makePlan } from '../../../planners/plan/make-plan.ts';
import { reason, sentenceOf } from '../../../planners/plan/reasons.ts';
import type { Runbook } from '../../../topology/resolve/runbook.ts';
import type { Topology } from '../../../topology/resolve/topology.ts';
import { shippedModel } from '../../../planners/estimate/shipped-model.ts';
import { createRandom } from '../../../src/world/random.ts';
import { aRunbook, aTopology, aWorkload } from '../../support/fleets.ts';
import { diskOf } from '../../support/topology.ts';

const plan = (topology: Topology, runbook: Runbook) =>
  makePlan({
    topology,
    runbook,
    model: shippedModel,
    nowSeconds: 0,
    random: createRandom(1),
  });

test('a guest whose sessions must be kept moves routed-live, with addresses and names for the gateway', () => {
  const { moves, stays, verdict } = plan(aTopology(), aRunbook());
  expect(verdict).toBe('feasible');
  expect(stays).toEqual([]);
  expect(moves.map(({ workload, decision }) => [workload, decision.chosen.method])).toEqual([
    ['app', 'routed-live'],
  ]);
  expect(moves[0]).toMatchObject({
    source: { site: 'paris', host: 'h1' },
    addresses: [
      {
        network: 'lan',
        oldAddress: '10.1.0.10',
        mac: '52:54:00:00:00:10',
        newNetwork: 'lan',
        newAddress: '10.2.0.10',
      },
    ],
    names: [{ name: 'app.example.org', ttlSeconds: 300, loweredTtlSeconds: 30 }],
    reservations: [{ link: 'wan', bytesPerSecond: 1e8 }],
  });
});

test('every method that was not chosen is kept with all its reasons', () => {
  const [move] = plan(aTopology(), aRunbook()).moves;
  const rejected = move!.decision.rejected.map(
    ({ option, because }) => `${option.method}: ${because.map(({ code }) => code).join(', ')}`,
  );
  expect(rejected).toContain('redirect: sessions-would-break, no-clone');
  expect(rejected).toContain('cold: sessions-would-break');
  expect(rejected).toContain('stretched-live: segment-not-stretched, stretch-round-trip');
  for (const { because } of move!.decision.rejected)
    for (const entry of because) expect(sentenceOf(entry)).not.toMatch(/[{}]|undefined/);
});

test('a guest whose address came by DHCP is refused routed-live and stays when nothing else will do', () => {
  const workload = aWorkload();
  const topology = aTopology({
    workloads: [{ ...workload, addresses: workload.addresses.map((each) => ({ ...each, origin: 'dhcp' })) }],
  });
  const { moves, stays } = plan(topology, aRunbook());
  expect(moves).toEqual([]);
  expect(stays[0]?.because.map(({ code }) => code)).toContain('address-by-dhcp');
});

test('moves that need the whole link go one after the other, the database before what depends on it', () => {
  const topology = aTopology({
    workloads: [aWorkload({ name: 'app', dependsOn: ['db'] }), aWorkload({ name: 'db', last: 11 })],
  });
  const { moves, links } = plan(topology, aRunbook());
  expect(moves.map(({ workload, wave, after }) => ({ workload, wave, after }))).toEqual([
    { workload: 'db', wave: 1, after: [] },
    { workload: 'app', wave: 2, after: ['db'] },
  ]);
  expect(Math.max(...links[0]!.use.map(({ bytesPerSecond }) => bytesPerSecond))).toBe(1e8);
});

test('the same input gives the same bytes, and the hash is that of the plan', () => {
  const first = plan(aTopology(), aRunbook());
  expect(JSON.stringify(first)).toBe(JSON.stringify(plan(aTopology(), aRunbook())));
  expect(planHash(first)).toBe(first.hash);
});

test('a move says what stays behind: whom it depends on, and a gateway that its sessions still leave by', () => {
  const stuck = aWorkload({ name: 'db', last: 11, devices: ['gpu'] });
  const moved = aWorkload({ dependsOn: ['db'], egressIdentity: 'old' });
  const { moves, stays } = plan(aTopology({ workloads: [moved, stuck] }), aRunbook());
  expect(stays.map(({ workload }) => workload)).toEqual(['db']);
  expect(moves[0]!.decision.because.map(sentenceOf)).toEqual(
    expect.arrayContaining([
      'db stays, which it depends on',
      expect.stringMatching(
        /^app leaves with its old address: .* a day go through paris until that changes$/,
      ),
    ]),
  );
});

test('a policy that is broken before anything moves is told as a warning', () => {
  const [workload, other] = [aWorkload(), aWorkload({ name: 'other', last: 11 })];
  const { policies } = aTopology();
  const antiAffinity = [{ name: 'apart', workloads: ['app', 'other'], scope: 'host' as const }];
  const { warnings } = plan(
    aTopology({ workloads: [workload, other], policies: { ...policies, antiAffinity } }),
    aRunbook(),
  );
  expect(warnings.map(sentenceOf)).toContain(
    'policy apart is already broken at the start: app, other run together on paris/h1',
  );
});

test('two that must not be at one site do not move to one either', () => {
  const { sites, links, policies } = aTopology();
  const [lyon] = sites;
  const world = aTopology({
    sites: [...sites, { ...lyon!, name: 'nice' }],
    links: [...links, { ...links[0]!, name: 'coast', between: ['nice', 'lyon'] }],
    workloads: [aWorkload(), aWorkload({ name: 'other', last: 11, site: 'nice' })],
  });
  const goal = { kind: 'move' as const, workloads: ['app', 'other'], to: 'lyon' };
  const apart = { name: 'apart', workloads: ['app', 'other'], scope: 'site' as const };
  const cards = {
    name: 'cards',
    zone: 'pci',
    workloads: ['app'],
    neverBeside: ['other'],
    scope: 'site' as const,
  };
  const planned = (changes: Partial<Topology>) => {
    const { moves, stays } = plan({ ...world, ...changes }, aRunbook({ goal }));
    return { moves: moves.length, stays: stays.flatMap(({ because }) => because.map(sentenceOf)) };
  };
  expect(planned({})).toEqual({ moves: 2, stays: [] });
  const kept = planned({ policies: { ...policies, antiAffinity: [apart] } });
  expect(kept.moves).toBe(1);
  expect(kept.stays).toContain('no host of lyon fits: 2 anti-affinity at the site');
  const clean = planned({
    sites: world.sites.map((site) => ({ ...site, zones: ['pci'] })),
    policies: { ...policies, zones: [cards] },
  });
  expect(clean.moves).toBe(1);
  expect(clean.stays.join('; ')).toContain('no host of lyon fits: 2 compliance neighbour at the site');
});

test('a cold move whose seed holds all that it would send keeps nothing of the link, and others do not wait for it', () => {
  const gibibyte = 2 ** 30;
  const cold = (seededBytes: number) =>
    aWorkload({
      name: 'seeded',
      names: [],
      last: 11,
      sessions: 'may-break',
      methods: ['cold'],
      downtimeBudgetSeconds: 3600,
      disks: [diskOf('root', { usedBytes: 8 * gibibyte, seeded: { lyon: seededBytes } })],
    });
  const reserved = (seededBytes: number) => {
    const { moves, links } = plan(aTopology({ workloads: [aWorkload(), cold(seededBytes)] }), aRunbook());
    const of = (name: string) => moves.find(({ workload }) => workload === name)!;
    return {
      app: of('app').reservations.map(({ bytesPerSecond }) => bytesPerSecond),
      seeded: of('seeded').reservations.map(({ bytesPerSecond }) => bytesPerSecond),
      starts: moves.map(({ startSeconds }) => startSeconds),
      use: links[0]!.use.map(({ bytesPerSecond }) => bytesPerSecond),
    };
  };
  const whole = { app: [100_000_000], seeded: [], starts: [0, 0], use: [100_000_000, 0] };
  expect(reserved(8 * gibibyte)).toEqual(whole);
  expect(reserved(7 * gibibyte).seeded).toEqual([expect.any(Number)]);
});

test.each([
  ['within the site', { kind: 'drain-host' as const, site: 'paris', host: 'h1', to: ['paris'] }],
  ['from site to site', { kind: 'move' as const, workloads: ['app'], to: 'lyon' }],
])('a disk on storage that both hosts mount is not copied %s and needs no room', (_, goal) => {
  const gibibyte = 2 ** 30;
  const planned = (storage: string | null) => {
    const { sites } = aTopology();
    const hosts = { storageBytes: 100 * gibibyte, storages: ['san'] };
    return plan(
      aTopology({
        sites: sites.map((site) => ({ ...site, hosts: site.hosts.map((host) => ({ ...host, ...hosts })) })),
        workloads: [aWorkload({ disks: [diskOf('root', { sizeBytes: 500 * gibibyte, storage })] })],
      }),
      aRunbook({ goal }),
    );
  };
  const [move] = planned('san').moves;
  expect(move!.decision.chosen.estimate!.transferredBytes.p50).toBeLessThan(8 * gibibyte);
  expect(planned(null).stays[0]!.because.map(sentenceOf).join('; ')).toMatch(
    /no host of \w+ fits: .*storage/,
  );
});

test('one of a thing is not spoken of as many', () => {
  const values = { site: 'lyon', members: 3, loadRatio: 0.9, afterRatio: 0.7, limitRatio: 0.8 };
  expect(sentenceOf(reason('burst-clones', { ...values, clones: 1 }))).toMatch(/^1 clone at lyon/);
  expect(sentenceOf(reason('burst-clones', { ...values, clones: 2 }))).toMatch(/^2 clones at lyon/);
});

test('moves that share a link each have at least the rate that their hypervisor needs', () => {
  const { policies } = aTopology();
  const limits = { hypervisor: 'simulated', rttSecondsMax: null, jitterSecondsMax: null, lossMax: null };
  const needing = (rateBitsPerSecondMin: number): Topology =>
    aTopology({ policies: { ...policies, hypervisors: [{ ...limits, rateBitsPerSecondMin }] } });
  const least = (rateBitsPerSecondMin: number): number => {
    const input = { topology: needing(rateBitsPerSecondMin), runbook: aRunbook(), model: shippedModel };
    const { menu } = draft(
      { ...input, calendar: { startSeconds: null }, random: createRandom(1) },
      { haste: 1 },
    );
    const uses = menu.problem.jobs.flatMap(({ options }) => options.flatMap((option) => option.uses));
    return Math.min(
      ...uses.filter(({ resource }) => resource === 'link wan').map(({ amount }) => amount * 8),
    );
  };
  expect(least(10e6)).toBe(100e6);
  expect(least(250e6)).toBeCloseTo(800e6 / 3);
  const floor = plan(needing(250e6), aRunbook()).moves[0]?.sensitivity.find(
    ({ code }) => code === 'rate-floor',
  );
  expect(floor?.values['rateBitsPerSecond']).toBeGreaterThanOrEqual(250e6);
});

test('where one stream cannot fill the link, moves may take what is left beside as many of them as fit', () => {
  const [wan] = aTopology().links;
  const links = [{ ...wan!, rateBitsPerSecond: 5e9, reservedRatio: 0.2, rttSeconds: 0.04 }];
  const topology = aTopology({ links });
  const { problem } = draft(
    {
      topology,
      runbook: aRunbook(),
      model: shippedModel,
      calendar: { startSeconds: null },
      random: createRandom(1),
    },
    { haste: 1 },
  ).menu;
  const { steps } = problem.resources.find(({ name }) => name === 'link wan')!;
  const usable = steps[0]!.amount;
  const rates = new Set(
    problem.jobs.flatMap(({ options }) =>
      options.flatMap(({ uses }) =>
        uses.filter(({ resource }) => resource === 'link wan').map(({ amount }) => amount),
      ),
    ),
  );
  const isBeside = (rate: number, others: number): boolean =>
    usable / others > 2 && rate < others - 1 && Math.abs((usable % others) - rate) < 1;
  expect([...rates].some((rate) => [...rates].some((others) => isBeside(rate, others)))).toBe(true);
});
