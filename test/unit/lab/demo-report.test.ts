import { expect, test } from 'vitest';
import { reportDemo, reportGuest, reportRun, type Sighting } from '../../../src/lab/demo/report.ts';
import { profiles } from '../../../src/lab/profiles.ts';
import { sessionRoles, type SessionReport } from '../../../src/lab/sessions.ts';

const shape = profiles['national']!;
const empty = {
  tunnels: [],
  guestDevices: [],
  policyRules: [],
  policyRoutes: [],
  hostRoutes: [],
  quarantined: [],
  proxies: [],
};

const session = (role: SessionReport['role'], changes: Partial<SessionReport> = {}): SessionReport => ({
  role,
  connected: true,
  connectSeconds: 0.02,
  startedAtSeconds: 90,
  endedAtSeconds: 120,
  sentBytes: 6400,
  arrivedBytes: 6400,
  lostBytes: 0,
  damaged: false,
  reset: false,
  error: null,
  longestGap: { atSeconds: 50, seconds: 9 },
  gaps: [
    { atSeconds: 50, seconds: 9 },
    { atSeconds: 99.99, seconds: 0.32 },
  ],
  gapsLeftOut: 0,
  ...(role === 'idle' ? { idleAnswerSeconds: 0.02 } : {}),
  ...changes,
});
const arrival = (atSeconds: number, address: string, ttl: number) => ({
  atSeconds,
  server: '10.1.1.2',
  address,
  lookupSeconds: 0.01,
  connectSeconds: 0.01,
  ttl,
  error: null,
});
const entry = (atSeconds: number, step: string, event: string, facts: object = {}) => ({
  atSeconds,
  workload: 'guest-1',
  step,
  event,
  detail: { facts },
});
const sighting: Sighting = {
  guest: {
    name: 'guest-1',
    address: '10.1.0.50',
    newAddress: '10.2.0.50',
    mac: '52:54:0a:01:00:32',
    memoryBytes: 1,
    options: {},
  },
  move: {
    workload: 'guest-1',
    method: 'routed-live',
    state: 'moved',
    text: 'it serves at its target',
    predicted: { totalSeconds: null, pauseSeconds: null, transferredBytes: null },
    measured: { totalSeconds: 3, pauseSeconds: 0.25, transferredBytes: 100 },
  },
  journal: [
    entry(97, 'transfer', 'begin'),
    entry(100.1, 'transfer', 'end', { stoppedAtSeconds: 100 }),
    entry(100.2, 'resume target', 'end', { resumedAtSeconds: 100.25 }),
    entry(110, 'settle relocation', 'end'),
  ],
  startedAtSeconds: 90,
  sessions: sessionRoles.map((role) => session(role)),
  arrivals: [
    arrival(99, '10.1.0.50', 62),
    arrival(101, '10.1.0.50', 61),
    arrival(101.25, '10.2.0.50', 62),
    arrival(102, '10.2.0.50', 62),
  ],
  wire: [
    { atSeconds: 96.9, bytes: 1000 },
    { atSeconds: 99, bytes: 80_000 },
    { atSeconds: 100.2, bytes: 121_000 },
  ],
  tunnel: [
    { atSeconds: 101, stands: true },
    { atSeconds: 109, stands: true },
    { atSeconds: 109.5, stands: false },
  ],
  names: [{ server: 'ns-a', address: '10.2.0.50', newReverse: 'guest-1.lab.test.', oldReverse: '' }],
};

test('the stall is the longest gap around the pause, newcomers are direct once the last one went over the old site', () => {
  expect(reportGuest(shape, sighting)).toMatchObject({
    runsAfterSeconds: 10.25,
    pauseSeconds: 0.25,
    sessionsKept: 4,
    bytesLost: 0,
    resets: 0,
    idleAnswerSeconds: 0.02,
    newcomersDirectAfterSeconds: 1,
    tunnelGoneAfterSeconds: 9.25,
    names: [{ isNew: true }],
    measured: { wireBytes: 120_000, pauseSeconds: 0.25 },
    sessions: [
      { role: 'outside', kept: true, longestGapSeconds: 0.32, limitSeconds: 0.35 },
      { role: 'neighbour', kept: true, longestGapSeconds: 0.32 },
      { role: 'new-site', kept: true, longestGapSeconds: 0.32 },
      { role: 'guest-opened', kept: true, longestGapSeconds: 0.32 },
      { role: 'idle', kept: true, longestGapSeconds: null, limitSeconds: null },
    ],
  });
});

test('what is not as it should be is said: a broken session, names that stayed, gateways that hold on', () => {
  const guest = reportGuest(shape, {
    ...sighting,
    sessions: [session('outside', { reset: true, lostBytes: 64, error: 'Connection reset by peer' })],
    arrivals: [arrival(101, '10.1.0.50', 61)],
    names: [{ server: 'ns-b', address: '10.1.0.50', newReverse: '', oldReverse: 'guest-1.lab.test.' }],
    tunnel: [],
  });
  const run = reportRun([guest], { a: { ...empty, tunnels: ['lht7'] }, b: empty }, 30);
  expect(reportDemo('national', shape, [run]).faults).toEqual([
    "run 1: guest-1: session 'outside' was not kept: Connection reset by peer",
    'run 1: guest-1: newcomers still go over the old site',
    'run 1: guest-1: its tunnel still stands',
    'run 1: guest-1: ns-b still says 10.1.0.50',
    `run 1: the gateways still hold ${JSON.stringify({ a: { ...empty, tunnels: ['lht7'] }, b: empty })}`,
  ]);
});

test('stalls are judged by the median of all runs', () => {
  const runOf = (seconds: number) =>
    reportRun(
      [
        reportGuest(shape, {
          ...sighting,
          sessions: [session('outside', { gaps: [{ atSeconds: 100, seconds }] })],
        }),
      ],
      { a: empty, b: empty },
      30,
    );
  const report = reportDemo('national', shape, [0.3, 0.9, 0.31, 0.33, 2].map(runOf));
  expect(report.medians).toEqual([
    { guest: 'guest-1', role: 'outside', excessSeconds: expect.closeTo(0.08) as number, within: true },
  ]);
  expect(report.faults).toEqual([]);
});
