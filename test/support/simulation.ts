import type { Plan, PlannedMove, TransferSettings } from '../../planners/plan/plan.ts';
import { planHash } from '../../planners/plan/hash.ts';
import { SimulatedSites } from '../../src/hypervisors/simulated/sites.ts';
import { wan, type MoveLimits } from '../../src/moves/limits.ts';
import { createJobHandler } from '../../src/runs/job-handler.ts';
import type { RunParts } from '../../src/runs/parts.ts';
import { isOver } from '../../src/runs/run-state.ts';
import { startRun } from '../../src/runs/start.ts';
import { createMemoryDispatch } from '../../src/runs/store/memory/dispatch.ts';
import { createMemoryRecords } from '../../src/runs/store/memory/records.ts';
import type { Records, RunRecord, StoredEntry } from '../../src/runs/store/records.ts';
import { VirtualClock } from '../../src/world/virtual.ts';
import type { Method, Topology, Workload } from '../../topology/resolve/topology.ts';
import { silentLog } from './log.ts';
import {
  addressOf,
  diskOf,
  hostOf,
  linkOf,
  networkOf,
  runbookOf,
  siteOf,
  topologyOf,
  workloadOf,
} from './topology.ts';

/**
 * Whole runs on a simulated world in virtual time: paris and lyon, 20 ms and 1 Gbit/s apart, name servers at both.
 *
 *   paris 10.1.0.0/24 ═══ wan ═══ lyon 10.2.0.0/24
 *   metro (stretched) ═══════════ metro
 */
export const epochSeconds = 1_800_000_000;
const mebibyte = 2 ** 20;

export function webServer(name: string, index: number, changes: Partial<Workload> = {}): Workload {
  return workloadOf(name, {
    memoryBytes: 2048 * mebibyte,
    residentBytes: 512 * mebibyte,
    dirty: [
      { seconds: 1, bytesPerSecond: 8 * mebibyte },
      { seconds: 10, bytesPerSecond: 2 * mebibyte },
    ],
    addresses: [
      addressOf(`10.1.0.${index}`, {
        network: 'lan',
        mac: `52:54:00:00:00:${index.toString(16).padStart(2, '0')}`,
        newAddresses: { lyon: { network: 'lan', address: `10.2.0.${index}` } },
      }),
    ],
    names: [{ name: `${name}.example.test`, ttlSeconds: 60 }],
    traffic: { openSessions: 5, sessionSeconds: 40, bytesPerSecond: 0 },
    ports: [443],
    shutdownSeconds: 10,
    bootSeconds: 20,
    ...changes,
  });
}

export function twoSites(workloads: readonly Workload[]): Topology {
  const dns = (name: string, address: string) => [
    { name, address, port: 53, zones: ['example.test', '10.in-addr.arpa'], key: null, transferLagSeconds: 2 },
  ];
  const site = (name: string, index: number) =>
    siteOf(name, {
      hosts: [hostOf(`${name}-1`), hostOf(`${name}-2`)],
      networks: [
        networkOf('lan', { subnet: `10.${index}.0.0/24`, defaultGateway: `10.${index}.0.1` }),
        networkOf('metro', { subnet: '10.9.0.0/24', defaultGateway: '10.9.0.1' }),
      ],
      dns: dns(`ns-${name}`, `10.${index}.0.53`),
      balancers: [{ name: `lb-${name}`, url: 'tcp://127.0.0.1:9999', driver: 'haproxy', pools: ['web'] }],
    });
  return topologyOf({
    sites: [site('lyon', 2), site('paris', 1)],
    links: [
      linkOf('wan', ['paris', 'lyon'], { rttSeconds: 0.02, stretched: [['paris/metro', 'lyon/metro']] }),
    ],
    workloads,
  });
}

export const preCopy: TransferSettings = {
  mode: 'pre-copy',
  maxBandwidthBytesPerSecond: null,
  downtimeLimitSeconds: 0.3,
  autoConverge: false,
  xbzrleCacheBytes: 0,
  multifdChannels: 0,
  compress: false,
  timeoutSeconds: 600,
};

export function moveOf(workload: Workload, method: Method, changes: Partial<PlannedMove> = {}): PlannedMove {
  const keepsAddress = method === 'stretched-live';
  return {
    workload: workload.name,
    source: { site: workload.site, host: workload.host },
    decision: {
      chosen: {
        method,
        target: { site: 'lyon', host: 'lyon-1' },
        path: ['wan'],
        settings: method === 'redirect' ? null : preCopy,
        estimate: null,
        effects: null,
        cost: null,
      },
      because: [],
      rejected: [],
    },
    ladder: [],
    sensitivity: [],
    wave: 1,
    startSeconds: 0,
    notBeforeSeconds: 0,
    endSeconds: { p10: 10, p50: 20, p90: 30 },
    reservations: [],
    needs: [],
    after: [],
    addresses: keepsAddress
      ? []
      : workload.addresses.flatMap(({ network, address, mac, newAddresses }) => {
          const moved = newAddresses['lyon'];
          return moved === undefined
            ? []
            : [{ network, oldAddress: address, mac, newNetwork: moved.network, newAddress: moved.address }];
        }),
    names: keepsAddress
      ? []
      : workload.names.map(({ name, ttlSeconds }) => ({ name, ttlSeconds, loweredTtlSeconds: 30 })),
    ...changes,
  };
}

export function planOf(topology: Topology, moves: readonly PlannedMove[]): Plan {
  const runbook = runbookOf({ kind: 'evacuate', from: 'paris', to: ['lyon'] });
  const plan: Omit<Plan, 'hash'> = {
    format: 'longhaul-plan/1',
    name: 'test',
    topology,
    runbook: { ...runbook, limits: { ...runbook.limits, drainSecondsMax: 300 } },
    model: { id: 'none', fittedTo: 'nothing' },
    startSeconds: null,
    verdict: 'feasible',
    hasteRatio: 1,
    moves,
    stays: [],
    placements: [],
    recurrence: null,
    outcome: [],
    changes: [],
    makespan: { scheduledSeconds: 0, p50Seconds: 0, p90Seconds: 0, lowerBoundSeconds: 0 },
    latestSafeStartSeconds: null,
    latestSafeStartBecause: null,
    links: topology.links.map(({ name, rateBitsPerSecond }) => ({
      link: name,
      use: [],
      usableBytesPerSecond: rateBitsPerSecond / 8,
      capacity: [],
    })),
    warnings: [],
  };
  return { ...plan, hash: planHash(plan) };
}

/** A method from site to site, or from host to host of one. */
export type Way = Method | `${Exclude<Method, 'routed-live'>} inside paris`;
export const waysBetween: readonly Method[] = ['routed-live', 'stretched-live', 'redirect', 'cold'];
export const waysInside: readonly Way[] = [
  'stretched-live inside paris',
  'redirect inside paris',
  'cold inside paris',
];

/** One way, one workload that suits it. */
export function planFor(way: Way): Plan {
  const workload = workloadFor(way, 'web', 50);
  return planOf(twoSites([workload]), [moveBy(way, workload)]);
}

export function moveBy(way: Way, workload: Workload, changes: Partial<PlannedMove> = {}): PlannedMove {
  const method = methodOf(way);
  const move = moveOf(workload, method, changes);
  return way === method ? move : insideParis(move);
}

const methodOf = (way: Way): Method => way.split(' ')[0] as Method;

/** The same to the other host of paris: every address stays, but a clone needs one of its own. */
function insideParis(move: PlannedMove): PlannedMove {
  const { chosen } = move.decision;
  const isClone = chosen.method === 'redirect';
  return {
    ...move,
    decision: {
      ...move.decision,
      chosen: { ...chosen, target: { site: 'paris', host: 'paris-2' }, path: [] },
    },
    reservations: [],
    addresses: isClone
      ? move.addresses.map((change) => ({
          ...change,
          newAddress: change.oldAddress.replace('.0.', '.0.1'),
        }))
      : [],
    names: isClone ? move.names : [],
  };
}

/** One that suits the way. */
export function workloadFor(way: Way, name: string, index: number): Workload {
  const changes: Readonly<Record<Method, Partial<Workload>>> = {
    'routed-live': {},
    'stretched-live': { addresses: [addressOf(`10.9.0.${index}`, { network: 'metro' })] },
    redirect: { clone: { template: name, seconds: 40, bytes: 0, pool: 'web' } },
    cold: { disks: [diskOf('root', { usedBytes: 2 ** 30, writeBytesPerSecond: mebibyte })] },
  };
  return webServer(name, index, changes[methodOf(way)]);
}

export interface Simulation {
  readonly clock: VirtualClock;
  readonly sites: SimulatedSites;
  readonly records: Records;
  readonly parts: RunParts;
}

/** As in production, but less patient: a test waits for the end of every patience. */
const impatient: MoveLimits = {
  ...wan,
  callSeconds: 10,
  patienceBeforeSeconds: 60,
  patienceAfterSeconds: 120,
  conductLookSeconds: 5,
  requestLookSeconds: 5,
};

export async function simulationOf(plan: Plan, limits: MoveLimits = impatient): Promise<Simulation> {
  const clock = new VirtualClock({ epochSeconds });
  const sites = new SimulatedSites(plan.topology, { clock, log: silentLog });
  await sites.start();
  const records = createMemoryRecords();
  const dispatch = createMemoryDispatch(clock, silentLog);
  const parts: RunParts = { records, dispatch, sitesOf: () => sites.agents, clock, log: silentLog, limits };
  return { clock, sites, records, parts };
}

/** Starts the run and waits, in its own time, until it is over. */
export async function runToEnd(
  { clock, records, parts }: Simulation,
  plan: Plan,
  run = 'run1',
): Promise<RunRecord> {
  await parts.dispatch.work(createJobHandler(parts), { concurrency: 1000 });
  return await clock.run(async () => {
    await startRun(parts, plan, run);
    return await untilOver(clock, records, run);
  });
}

export async function untilOver(clock: VirtualClock, records: Records, run: string): Promise<RunRecord> {
  for (;;) {
    const record = await records.run(run);
    if (record !== null && isOver(record.state)) return record;
    await clock.sleep(1);
  }
}

/** The journal as people read it: one line an entry, without times. */
export function journalText(entries: readonly StoredEntry[]): string {
  return entries
    .filter(({ event }) => event !== 'note')
    .map(({ workload, event, step }) => `${workload ?? '-'} ${event} ${step}`)
    .join('\n');
}

/** The whole world as text: copies, relocations, names with their time to live, pools, who answers where, violations. */
export async function worldText({ sites }: Simulation): Promise<string> {
  const { world, network } = sites;
  const lines: string[] = [];
  for (const { name } of world.topology.sites) {
    for (const copy of world.copiesAt(name))
      lines.push(`${name}: ${copy.identity} ${copy.state}${copy.isFrozen ? ' frozen' : ''} on ${copy.host}`);
    for (const status of (await sites.gateway(name)?.list()) ?? [])
      lines.push(`${name}: relocation ${status.role} ${status.desired}, carries ${status.carries}`);
    if (world.topology.workloads.some(({ clone }) => clone !== null))
      lines.push(
        ...sites
          .balancerText(name)
          .split('\n')
          .map((line) => `${name}: pool ${line}`),
      );
  }
  for (const { names, addresses } of world.topology.workloads) {
    for (const { name } of names)
      lines.push(
        `${name} is ${[...new Set(sites.lookUp(name))].join(' and ')} for ${[...new Set(sites.ttlSeconds(name))].join(' and ')} s`,
      );
    const asked = [
      ...addresses.map(({ address }) => address),
      ...new Set(names.flatMap(({ name }) => sites.lookUp(name))),
    ];
    for (const address of new Set(asked))
      for (const { name } of world.topology.sites)
        lines.push(`${address} from ${name}: ${network.reach(name, address)?.site ?? 'no answer'}`);
  }
  return [...lines, ...world.violations, ...network.violations].join('\n');
}
