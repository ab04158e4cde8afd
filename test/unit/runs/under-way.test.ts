import { describe, expect, test } from 'vitest';
import type { MoveUnderWay } from '../../../planners/choose/under-way.ts';
import type { Plan } from '../../../planners/plan/plan.ts';
import { movesOf, movesUnderWay } from '../../../src/runs/under-way.ts';
import type { JournalEntry, RunRecord, StoredEntry } from '../../../src/runs/store/records.ts';
import type { Host, Topology } from '../../../topology/resolve/topology.ts';
import { moveOf, planOf, twoSites, webServer } from '../../support/simulation.ts';

const began = 1_764_000_000;
const workloads = ['a', 'b', 'c'].map((name, index) => webServer(name, 50 + index));

/** The same world with hosts that are not simulated. */
const real = (topology: Topology): Topology => ({
  ...topology,
  sites: topology.sites.map((site) => ({
    ...site,
    hosts: site.hosts.map((host): Host => ({ ...host, hypervisor: 'qemu' })),
  })),
});
const topology = real(twoSites(workloads));
const reservations = [{ link: 'wan', bytesPerSecond: 10_000_000 }];
/** a and b one after the other, ten minutes each, c an hour later; each ends two minutes later at P90. */
const planned = workloads.map((workload, index) => {
  const startSeconds = [0, 600, 3600][index]!;
  const endSeconds = { p10: startSeconds + 500, p50: startSeconds + 600, p90: startSeconds + 720 };
  return moveOf(workload, 'routed-live', { startSeconds, endSeconds, reservations });
});
const plan = planOf(topology, planned);
const run: RunRecord = {
  id: 'test-1',
  plan: plan.hash,
  state: 'running',
  request: 'none',
  createdAtSeconds: began - 5,
  startedAtSeconds: began,
  endedAtSeconds: null,
  settle: null,
  version: 2,
};

const journalOf = (...entries: readonly Partial<JournalEntry>[]): readonly StoredEntry[] =>
  entries.map((entry, index) => ({
    atSeconds: began,
    workload: 'a',
    attempt: 1,
    epoch: 1,
    step: 'check world',
    event: 'begin',
    detail: {},
    ...entry,
    sequence: index + 1,
  }));
const ended = (result: string, atSeconds: number, more: object = {}): Partial<JournalEntry> => ({
  atSeconds,
  step: 'end',
  event: 'outcome',
  detail: { result, reason: '', code: null, remains: [], settle: null, again: null, ...more },
});

const spansOf = (
  nowSeconds: number,
  journal: readonly StoredEntry[],
  changes: Partial<RunRecord> = {},
): readonly (readonly (string | number | null)[])[] =>
  movesOf({ run: { ...run, ...changes }, plan, journal }, { topology, nowSeconds: began + nowSeconds }).map(
    ({ workload, fromUnixSeconds, toUnixSeconds }: MoveUnderWay) => [
      workload,
      fromUnixSeconds - began,
      toUnixSeconds === null ? null : toUnixSeconds - began,
    ],
  );

describe('the moves of an open run', () => {
  test('are as planned while it is on time', () => {
    expect(spansOf(10, journalOf({}))).toEqual([
      ['a', 0, 720],
      ['b', 600, 1320],
      ['c', 3600, 4320],
    ]);
  });

  test('come later by as much as it began one later than planned', () => {
    expect(spansOf(250, journalOf({ atSeconds: began + 200 }))).toEqual([
      ['a', 200, 920],
      ['b', 800, 1520],
      ['c', 3800, 4520],
    ]);
  });

  test('come later by as much as one that should have begun still waits', () => {
    expect(spansOf(900, journalOf({}, ended('moved', began + 880)))).toEqual([
      ['a', 0, 880],
      ['b', 900, 1620],
      ['c', 3900, 4620],
    ]);
  });

  test('are not over while one is overdue: it is late by as much again, and by a tenth of its time at the least', () => {
    expect(spansOf(1000, journalOf({}))[0]).toEqual(['a', 0, 1280]);
    expect(spansOf(721, journalOf({}))[0]).toEqual(['a', 0, 793]);
    expect(spansOf(1000, journalOf({}))[1]).toEqual(['b', 1160, 1880]);
  });

  test('of a run that has not begun begin now', () => {
    expect(spansOf(40, [], { state: 'pending', startedAtSeconds: null })[0]).toEqual(['a', 40, 760]);
  });

  test('hold only their place when they serve at their target, and nothing once the topology says so', () => {
    const journal = journalOf({}, ended('moved', began + 500));
    expect(spansOf(550, journal)[0]).toEqual(['a', 0, 500]);
    const moved = {
      ...topology,
      workloads: topology.workloads.map((each) =>
        each.name === 'a' ? { ...each, site: 'lyon', host: 'lyon-1' } : each,
      ),
    };
    const left = movesOf({ run, plan, journal }, { topology: moved, nowSeconds: began + 550 });
    expect(left.map(({ workload }) => workload)).toEqual(['b', 'c']);
  });

  test('that went back to their source are gone, or begin once more', () => {
    const back = journalOf({}, ended('failed', began + 300));
    expect(spansOf(310, back).map(([workload]) => workload)).toEqual(['b', 'c']);
    const again = journalOf({}, ended('failed', began + 300, { again: { method: 'cold' } }));
    expect(spansOf(310, again)[0]).toEqual(['a', 310, 1030]);
  });

  test('of a cancelled run are those that it takes back, of one that waits for a person those that stopped', () => {
    expect(spansOf(10, journalOf({}), { request: 'cancel' })).toEqual([['a', 0, 720]]);
    const stopped = journalOf({}, ended('needs-person', began + 300));
    expect(spansOf(5000, stopped, { state: 'needs-person' })).toEqual([['a', 0, null]]);
  });

  test('name what they take: run, ends, rate and the addresses at the target', () => {
    const [first] = movesOf({ run, plan, journal: [] }, { topology, nowSeconds: began });
    expect(first).toMatchObject({
      run: 'test-1',
      source: { site: 'paris', host: 'paris-1' },
      target: { site: 'lyon', host: 'lyon-1' },
      reservations,
      addresses: [{ network: 'lan', address: '10.2.0.50' }],
    });
  });

  test('are left out where the topology has no such workload or host', () => {
    const other = { ...topology, workloads: topology.workloads.slice(1) };
    const found = movesOf({ run, plan, journal: [] }, { topology: other, nowSeconds: began });
    expect(found.map(({ workload }) => workload)).toEqual(['b', 'c']);
    const empty = { ...topology, sites: topology.sites.map((site) => ({ ...site, hosts: [] })) };
    expect(movesOf({ run, plan, journal: [] }, { topology: empty, nowSeconds: began })).toEqual([]);
  });
});

describe('of all runs', () => {
  const simulated = planOf(twoSites(workloads), planned);
  const service = (of: Plan, records: readonly RunRecord[], journal: readonly StoredEntry[] = []) => ({
    runs: async () => records,
    plan: async () => of,
    journal: async () => journal,
  });
  const namesOf = async (of: Plan, on: Topology, records: readonly RunRecord[] = [run]) =>
    (await movesUnderWay(service(of, records), { topology: on, nowSeconds: began })).map(
      ({ workload }) => workload,
    );

  test('those that have ended are left out', async () => {
    const records = (['done', 'failed', 'cancelled'] as const).map((state) => ({ ...run, state }));
    expect(await namesOf(plan, topology, records)).toEqual([]);
    expect(await namesOf(plan, topology, [run])).toEqual(['a', 'b', 'c']);
  });

  test('simulated ones count only for a plan that is simulated too, and real ones only for a real plan', async () => {
    expect(await namesOf(simulated, topology)).toEqual([]);
    expect(await namesOf(plan, twoSites(workloads))).toEqual([]);
    expect(await namesOf(simulated, twoSites(workloads))).toEqual(['a', 'b', 'c']);
  });

  test('a simulated one goes by its own clock: what is left of it counts from now', async () => {
    const hoursAhead = began + 7200;
    const journal = journalOf({ atSeconds: hoursAhead }, { atSeconds: hoursAhead + 60, event: 'end' });
    const started = { ...run, startedAtSeconds: hoursAhead };
    const [first] = await movesUnderWay(service(simulated, [started], journal), {
      topology: twoSites(workloads),
      nowSeconds: began,
    });
    expect([first!.fromUnixSeconds - began, first!.toUnixSeconds! - began]).toEqual([-60, 660]);
  });
});
