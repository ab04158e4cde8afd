import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { readFiles, topologyAndRunbookFrom, topologyFrom } from '../../../topology/resolve/read.ts';
import { runbookOf, topologyOf } from '../../support/topology.ts';

const seed = Number(process.env['SEED'] ?? 20261124);
const sourceOf = (file: string) => ({ file, text: readFileSync(file, 'utf8') });
const good = {
  topology: sourceOf('test/fixtures/good/topology.yaml'),
  runbook: sourceOf('test/fixtures/good/runbook.yaml'),
};
const gibibyte = 2 ** 30;

test('a topology is resolved into SI base units, defaults filled in', () => {
  const { sites, links, workloads, policies } = topologyFrom(good.topology);
  expect(sites.map(({ name }) => name)).toEqual(['lyon', 'paris']);
  expect(sites[1]).toEqual({
    name: 'paris',
    location: { latitudeDegrees: 48.8566, longitudeDegrees: 2.3522 },
    residency: null,
    zones: ['pci'],
    networks: [
      {
        name: 'lan',
        subnet: '10.1.0.0/24',
        defaultGateway: '10.1.0.1',
        vlan: null,
        mtuBytes: 1500,
        dhcpPools: [{ first: '10.1.0.100', last: '10.1.0.199' }],
        portSecurity: false,
        gatewayInline: true,
      },
    ],
    hosts: [
      {
        name: 'paris-1',
        hypervisor: 'qemu',
        cpuArchitecture: 'x86_64',
        cpuModel: 'Cascadelake-Server',
        cpuModels: ['Cascadelake-Server'],
        cores: 32,
        memoryBytes: 64 * gibibyte,
        storageBytes: 1024 * gibibyte,
        storages: ['san-1'],
        machineTypes: [],
        movesMax: 2,
        devices: [],
        power: null,
      },
    ],
    agent: {
      url: 'https://agent.paris.example:7443',
      token: 'env:PARIS_TOKEN',
      certificateAuthority: null,
      client: null,
      expiresSeconds: null,
    },
    dns: [
      {
        name: 'ns1',
        address: '10.1.0.53',
        port: 53,
        zones: ['example.test'],
        key: { name: 'lh-key', secret: 'file:keys/paris.tsig', expiresSeconds: null },
        transferLagSeconds: 0,
      },
    ],
    dhcp: [],
    balancers: [{ name: 'edge', driver: 'haproxy', url: 'unix:/run/haproxy/admin.sock', pools: ['web'] }],
    costPerHostHour: 1.1,
    powerWattsMax: null,
    movesMax: null,
  });
  expect(links).toEqual([
    {
      name: 'paris-lyon',
      between: ['lyon', 'paris'],
      rateBitsPerSecond: 6e8,
      reservedRatio: 0,
      rttSeconds: 0.008,
      jitterSeconds: 0,
      loss: 0,
      bufferSeconds: 0.05,
      mtuBytes: 1500,
      congestionControl: 'cubic',
      sendBufferBytes: 4 * 2 ** 20,
      pricePerByte: 0.01 / 1e9,
      caps: [],
      stretched: [],
      stretchable: false,
      encrypted: false,
      outagesPerHour: 0,
      outageSeconds: 0,
      movesMax: null,
    },
  ]);
  expect(workloads[0]).toEqual({
    name: 'db-1',
    site: 'paris',
    host: 'paris-1',
    vcpus: 4,
    memoryBytes: 16 * gibibyte,
    residentBytes: null,
    disks: [
      {
        name: 'root',
        sizeBytes: 40 * gibibyte,
        usedBytes: 12 * gibibyte,
        storage: null,
        writeBytesPerSecond: 2 * 2 ** 20,
        readBytesPerSecond: 0,
        seeded: {},
      },
    ],
    dirty: [{ seconds: 1, bytesPerSecond: 40 * 2 ** 20 }],
    addresses: [
      {
        network: 'lan',
        address: '10.1.0.31',
        mac: '52:54:00:10:00:31',
        origin: 'static',
        newAddresses: { lyon: { network: 'lan', address: '10.2.0.31' } },
      },
    ],
    names: [{ name: 'db.example.test', ttlSeconds: 300 }],
    sessions: 'keep',
    downtimeBudgetSeconds: 0.5,
    dependsOn: [],
    peers: [],
    egressIdentity: 'new',
    egressPrefixes: [],
    addressTies: { vrrp: false, multicast: false, inPayload: false, allowLists: [] },
    traffic: { openSessions: 0, sessionSeconds: null, bytesPerSecond: 0 },
    cpuRatio: 0.5,
    ports: [],
    cpuModel: 'Cascadelake-Server',
    machineType: null,
    devices: [],
    vtpm: false,
    snapshots: 0,
    localMedia: [],
    labels: { app: 'shop' },
    methods: ['stretched-live', 'routed-live', 'redirect', 'cold'],
    clone: null,
    shutdownSeconds: 30,
    bootSeconds: 60,
    priority: 0,
    windows: [],
    changeControlled: false,
  });
  expect(policies).toEqual({
    antiAffinity: [{ name: 'apart', workloads: ['db-1', 'web-1'], scope: 'host' }],
    quorums: [],
    residency: [],
    zones: [],
    licences: [],
    hypervisors: [],
  });
});

test('every key has its place in the resolved form', () => {
  const expected: unknown = JSON.parse(readFileSync('test/fixtures/good/everything.json', 'utf8'));
  expect(topologyFrom(sourceOf('test/fixtures/good/everything.yaml'))).toEqual(expected);
});

test('the smallest topology is one site without anything', () => {
  const text = 'format: longhaul-topology/1\nname: test\nsites: [{ name: paris }]\n';
  expect(topologyFrom({ file: 'small.yaml', text })).toEqual(
    topologyOf({
      sites: [
        {
          name: 'paris',
          location: null,
          residency: null,
          zones: [],
          networks: [],
          hosts: [],
          agent: null,
          dns: [],
          dhcp: [],
          balancers: [],
          costPerHostHour: 0,
          powerWattsMax: null,
          movesMax: null,
        },
      ],
    }),
  );
});

test('a runbook is resolved with its instants in Unix seconds', () => {
  const { runbook } = topologyAndRunbookFrom(good.topology, good.runbook);
  expect(runbook).toEqual(
    runbookOf(
      { kind: 'evacuate', from: 'paris', to: ['lyon'] },
      {
        name: 'storm',
        startSeconds: Date.parse('2026-11-24T11:00:00Z') / 1000,
        deadlineSeconds: Date.parse('2026-11-24T17:00:00Z') / 1000,
        limits: {
          downtimeSecondsMax: null,
          movesMax: 4,
          linkShareMax: 1,
          costMax: 200,
          postCopyRiskMax: 0.001,
          drainSecondsMax: 3600,
        },
        freezes: [
          {
            name: 'closing',
            fromSeconds: Date.parse('2026-11-30T17:00:00Z') / 1000,
            toSeconds: Date.parse('2026-12-01T05:00:00Z') / 1000,
            workloads: [],
          },
        ],
      },
    ),
  );
});

const goals: readonly (readonly [string, object])[] = [
  ['goal: evacuate\nfrom: paris', { kind: 'evacuate', from: 'paris', to: ['lyon'] }],
  [
    'goal: drain-host\nsite: paris\nhost: paris-1',
    { kind: 'drain-host', site: 'paris', host: 'paris-1', to: ['lyon', 'paris'] },
  ],
  ['goal: move\nworkloads: [web-1]\nto: lyon', { kind: 'move', workloads: ['web-1'], to: 'lyon' }],
  [
    'goal: follow-the-sun\nworkloads: { labels: { app: shop } }\nschedule: [{ site: lyon, from: "20:00+02:00" }, { site: paris, from: "01:00+02:00" }]\nbenefitPerHour: 3 EUR/h',
    {
      kind: 'follow-the-sun',
      workloads: ['db-1', 'web-1'],
      schedule: [
        { site: 'lyon', fromSecondOfDay: 18 * 3600 },
        { site: 'paris', fromSecondOfDay: 23 * 3600 },
      ],
      benefitPerHour: 3,
      cooldownSeconds: 3600,
    },
  ],
  [
    'goal: burst\nworkloads: [web-1]\nto: lyon\nload: 85 %',
    { kind: 'burst', workloads: ['web-1'], to: 'lyon', load: 0.85, loadMax: 0.8, loadMin: 0.5, clonesMax: 4 },
  ],
  ['goal: rebalance\naim: power-off', { kind: 'rebalance', sites: ['lyon', 'paris'], aim: 'power-off' }],
  [
    'goal: place\nworkloads: [web-1]\ncount: 3\nsites: [paris]',
    { kind: 'place', workloads: ['web-1'], count: 3, sites: ['paris'] },
  ],
];

test.each(goals)('a runbook with %s', (keys, goal) => {
  const text = `format: longhaul-runbook/1\nname: test\n${keys}\n`;
  const { problems, runbook } = readFiles(good.topology, { file: 'runbook.yaml', text });
  expect(problems).toEqual([]);
  expect(runbook?.goal).toEqual(goal);
});

test('weights are a preset and what differs from it', () => {
  const text =
    'format: longhaul-runbook/1\nname: x\ngoal: evacuate\nfrom: paris\nweights: { preset: safest, risk: 9, gibibyte: 0 }\n';
  const { runbook } = readFiles(good.topology, { file: 'runbook.yaml', text });
  expect(runbook?.weights).toEqual({ preset: 'safest', changed: { gibibyte: 0, risk: 9 } });
});

/** Every list in the file in another order, mappings too; words in fixed order (a link's two ends) stay. */
function shuffled(value: unknown, order: () => number): unknown {
  if (Array.isArray(value)) {
    const items: unknown[] = value.map((item) => shuffled(item, order));
    return items
      .map((item) => ({ item, at: order() }))
      .sort((a, b) => a.at - b.at)
      .map(({ item }) => item);
  }
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value).map(([key, inner]) => ({
    key,
    inner: shuffled(inner, order),
    at: order(),
  }));
  return Object.fromEntries(entries.sort((a, b) => a.at - b.at).map(({ key, inner }) => [key, inner]));
}

test('the order of entries in the files does not change one byte of the resolved form', () => {
  const topology = readFileSync('examples/storm/topology.yaml', 'utf8');
  const runbook = readFileSync('examples/storm/evacuate.yaml', 'utf8');
  const bytesOf = (one: unknown, other: unknown): string =>
    JSON.stringify(
      topologyAndRunbookFrom(
        { file: 'topology.json', text: JSON.stringify(one) },
        { file: 'runbook.json', text: JSON.stringify(other) },
      ),
    );
  const straight = bytesOf(parse(topology), parse(runbook));
  fc.assert(
    fc.property(fc.infiniteStream(fc.nat()), (stream) => {
      const order = (): number => Number(stream.next().value);
      expect(bytesOf(shuffled(parse(topology), order), shuffled(parse(runbook), order))).toBe(straight);
    }),
    { seed, numRuns: 20 },
  );
});

test('files with problems are refused as LH_INPUT_INVALID, one line each', () => {
  const text =
    'format: longhaul-topology/1\nname: test\nsites: [{ name: paris }, { name: paris }]\nlinks: [{}]\n';
  expect(() => topologyFrom({ file: 'bad.yaml', text })).toThrow(
    expect.objectContaining({
      code: 'LH_INPUT_INVALID',
      kind: 'input',
      message: [
        "bad.yaml:3:34: sites[1].name: 'paris' is already the name of sites[0]; give each its own",
        "bad.yaml:4:9: links[0].between: is missing; add for example 'between: [paris, lyon]'",
        "bad.yaml:4:9: links[0].name: is missing; add for example 'name: paris-lyon'",
        "bad.yaml:4:9: links[0].rate: is missing; add for example 'rate: 600 Mbit/s'",
        "bad.yaml:4:9: links[0].rtt: is missing; add for example 'rtt: 38 ms'",
      ].join('\n'),
    }),
  );
});

test('a runbook is read also where nothing is known of the topology, and only its own faults are told', () => {
  const { problems } = readFiles(
    { file: 'topology.yaml', text: 'format: longhaul-topology/1\nname: [x\n' },
    {
      file: 'runbook.yaml',
      text: 'format: longhaul-runbook/1\nname: x\ngoal: evacuate\nfrom: nowhere\ndeadline: soon\n',
    },
  );
  expect(problems.map(({ file, line, path }) => `${file}:${line} ${path}`)).toEqual([
    'topology.yaml:3 ',
    'runbook.yaml:5 deadline',
  ]);
});
