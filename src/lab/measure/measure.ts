import { cpus, loadavg } from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import type { Observation } from '../../../planners/estimate/observation.ts';
import { LonghaulError } from '../../../topology/errors.ts';
import { residentBytes } from '../../hypervisors/qemu/process.ts';
import { endProcesses } from '../../world/processes.ts';
import { compiled } from '../compile.ts';
import { buildGuestImage, type GuestImage } from '../guest/image.ts';
import { echoPort } from '../guests.ts';
import { inNamespace, runLines } from '../kernel.ts';
import { guestAddress, type Layout, macOf } from '../layout.ts';
import {
  environmentMark,
  guestBootSecondsMax,
  oddMemoryBytes,
  sessionEndSeconds,
  settleSeconds,
} from '../limits.ts';
import { connectRelay } from '../relay.ts';
import { readSessionReport, type SessionReport } from '../sessions.ts';
import type { LabState } from '../state.ts';
import type { LabWorld } from '../world.ts';
import { BareGuest, type BareGuestSpec } from './bare-guest.ts';
import { type BareOutcome, moveBare } from './bare-move.ts';
import type { DirtyLoad, Scenario } from './scenario.ts';

/**
 * One scenario: a guest at site a, its dirty curve, one move to site b, a client's session all along. There is no
 * gateway of ours: the client's route to the guest is changed the moment the target runs.
 */
export async function measureScenario(
  world: LabWorld,
  lab: { readonly layout: Layout; readonly state: LabState },
  scenario: Scenario,
): Promise<Observation> {
  const { layout, state } = lab;
  const image = await buildGuestImage(world);
  await routeToSite(world, layout, 'a');
  await adoptGateway(world, layout);
  const spec = (site: 'a' | 'b'): BareGuestSpec => guestSpec(world, lab, { site, scenario, image });
  const reroute = ({ name }: { readonly name: string }): void => {
    if (name === 'RESUME') void routeToSite(world, layout, 'b');
  };
  const guests: BareGuest[] = [];
  try {
    const target = await BareGuest.start(world, spec('b'), reroute);
    guests.push(target);
    const source = await BareGuest.start(world, spec('a'));
    guests.push(source);
    await source.awaitLine(/^DIRTY ready/m, guestBootSecondsMax);
    await source.awaitLine(/^TICK 5$/m, guestBootSecondsMax);
    return await observe(world, { layout, state, scenario, source, target });
  } finally {
    for (const guest of guests) await guest.end();
  }
}

interface Measurement {
  readonly layout: Layout;
  readonly state: LabState;
  readonly scenario: Scenario;
  readonly source: BareGuest;
  readonly target: BareGuest;
}

async function observe(world: LabWorld, measurement: Measurement): Promise<Observation> {
  const { layout, state, scenario, source, target } = measurement;
  const { runtime } = world.directories;
  const relay = connectRelay(runtime);
  const guest = {
    memoryBytes: memoryBytesOf(scenario),
    residentBytes: await residentBytes(source.files, memoryBytesOf(scenario)),
    vcpus: 1,
    accelerator: 'tcg',
    qemu: await qemuVersion(source),
  };
  const dirty = await dirtyCurve(world, source);
  const session = await startSession(world, layout, state.id);
  const host = { cores: cpus().length, load1: Number((loadavg()[0] ?? 0).toFixed(2)) };
  const before = (await relay.stats()).circuits['wan'];
  const ticksBefore = await source.ticks();
  const { stoppedAtSeconds, resumedAtSeconds, ...outcome } = await moveBare(world, {
    source,
    target,
    targetAddress: layout.sites.b.hypervisorAddress,
    settings: scenario.settings,
  });
  await world.clock.sleep(settleSeconds, world.signal);
  if (outcome.status === 'completed') await requireAlive(target, ticksBefore);
  const after = (await relay.stats()).circuits['wan'];
  const report = await endSession(world, session);
  return {
    id: scenario.id,
    guest,
    dirty: [...dirty],
    link: linkOf(scenario),
    settings: scenario.settings,
    host,
    outcome: {
      ...outcome,
      sessionStallSeconds: stallOf(report, { stoppedAtSeconds, resumedAtSeconds }),
      wireBytes:
        after === undefined || before === undefined
          ? null
          : after.forward.wireBytes - before.forward.wireBytes,
    },
  };
}

const memoryBytesOf = ({ memoryMebibytes }: Scenario): number => memoryMebibytes * 2 ** 20 + oddMemoryBytes;

function linkOf({ link, congestionControl, sendBufferBytes }: Scenario): Observation['link'] {
  return {
    bitsPerSecond: link.rateBitsPerSecond,
    rttSeconds: link.rttSeconds,
    jitterSeconds: link.jitterSeconds,
    loss: link.loss,
    bufferSeconds: link.bufferSeconds,
    mtuBytes: 1500,
    congestionControl,
    sendBufferBytes,
  };
}

function guestSpec(
  world: LabWorld,
  { layout, state }: { readonly layout: Layout; readonly state: LabState },
  {
    site,
    scenario,
    image,
  }: { readonly site: 'a' | 'b'; readonly scenario: Scenario; readonly image: GuestImage },
): BareGuestSpec {
  const address = guestAddress('a', 0);
  const options = [
    `lh.name=bare lh.address=${address}/24 lh.gateway=${layout.sites.a.defaultGateway} lh.tick=100`,
    `lh.dirty=${dirtyArguments(scenario.load)}`,
  ];
  return {
    layout,
    site,
    labId: state.id,
    folder: world.directories.runtime,
    image,
    memoryBytes: memoryBytesOf(scenario),
    kernelLine: `console=ttyS0 quiet panic=-1 ${options.join(' ')}`,
    mac: macOf(address),
    awaitsStream: site === 'b',
  };
}

function dirtyArguments({
  usedMebibytes,
  pagesPerSecond,
  setMebibytes,
  pattern,
  content,
  burst,
}: DirtyLoad): string {
  const steady = [usedMebibytes, pagesPerSecond, setMebibytes, pattern, content];
  const bursts = burst === null ? [] : [burst.periodSeconds * 1000, burst.duty * 100];
  return [...steady, ...bursts].join(',');
}

const versionSchema = z.object({ qemu: z.object({ major: z.int(), minor: z.int(), micro: z.int() }) });

async function qemuVersion(guest: BareGuest): Promise<string> {
  const { qemu } = await guest.ask('query-version', {}, versionSchema);
  return `${qemu.major}.${qemu.minor}.${qemu.micro}`;
}

/** As the shared measurements have them: short ones repeated, since bursts show in one and not in the next. */
const intervalsSeconds = [1, 1, 1, 3, 10] as const;
const dirtySchema = z.object({ status: z.string(), 'dirty-rate': z.int().optional() });

async function dirtyCurve(world: LabWorld, guest: BareGuest): Promise<Observation['dirty'] & object> {
  const samples = [];
  for (const interval of intervalsSeconds) {
    await guest.tell('calc-dirty-rate', {
      'calc-time': interval,
      'sample-pages': 4096,
      mode: 'page-sampling',
    });
    await world.clock.sleep(interval, world.signal);
    let answer = await guest.ask('query-dirty-rate', {}, dirtySchema);
    for (; answer.status !== 'measured'; answer = await guest.ask('query-dirty-rate', {}, dirtySchema))
      await world.clock.sleep(settleSeconds / 10, world.signal);
    samples.push({ seconds: interval, mebibytesPerSecond: answer['dirty-rate'] ?? 0 });
  }
  return samples;
}

/**
 * Site b's gateway stands in for the guest's old default gateway: its address and its MAC, on another segment than the
 * first, and the way to the guest.
 */
async function adoptGateway({ run }: LabWorld, layout: Layout): Promise<void> {
  const { a, b } = layout.sites;
  const address = guestAddress('a', 0);
  const virtualMac = '00:00:5e:00:01:01';
  for (const namespace of [a.gateway, b.gateway])
    await runLines(run, { namespace, lines: [`link set lan0 address ${virtualMac}`] });
  await runLines(run, {
    namespace: b.gateway,
    lines: [
      `addr replace ${a.defaultGateway}/32 dev lan0`,
      `route replace ${address}/32 dev lan0`,
      `neigh replace ${address} lladdr ${macOf(address)} dev lan0 nud permanent`,
    ],
  });
  await runLines(run, { namespace: b.edge, lines: [`route replace ${address}/32 via ${b.wanAddress}`] });
}

async function routeToSite({ run }: LabWorld, { outside, circuits }: Layout, site: 'a' | 'b'): Promise<void> {
  const device = circuits.find(({ name }) => name === `outside-${site}`)?.ends[0].device ?? '';
  const via = outsideGateways[site];
  await runLines(run, {
    namespace: outside.namespace,
    lines: [`route replace ${guestAddress('a', 0)}/32 via ${via} dev ${device} src ${outside.address}`],
  });
}

const outsideGateways = { a: '192.0.2.5', b: '192.0.2.9' } as const;

interface RunningSession {
  readonly process: Awaited<ReturnType<LabWorld['start']>>;
  readonly logFile: string;
}

async function startSession(world: LabWorld, layout: Layout, labId: string): Promise<RunningSession> {
  const program = await compiled(world, 'probes', 'session.c');
  const logFile = path.join(
    world.directories.runtime,
    `bare-session-${Math.round(world.clock.nowSeconds() * 1000)}.jsonl`,
  );
  const argv = inNamespace(layout.outside.namespace, [
    program,
    'connect',
    guestAddress('a', 0),
    String(echoPort),
  ]);
  const process = await world.start(argv, { logFile, environment: { [environmentMark]: labId } });
  return { process, logFile };
}

async function endSession(world: LabWorld, { process, logFile }: RunningSession): Promise<SessionReport> {
  await endProcesses([process], { clock: world.clock, graceSeconds: sessionEndSeconds });
  return { role: 'outside', ...(await readSessionReport(logFile)) };
}

/** The longest gap that reaches into the time from stop to a while after the resume. */
function stallOf(
  { gaps, error }: SessionReport,
  { stoppedAtSeconds, resumedAtSeconds }: Pick<BareOutcome, 'stoppedAtSeconds' | 'resumedAtSeconds'>,
): number | null {
  if (stoppedAtSeconds === null || resumedAtSeconds === null || error !== null) return null;
  const touching = gaps.filter(
    ({ atSeconds, seconds }) =>
      atSeconds + seconds > stoppedAtSeconds && atSeconds < resumedAtSeconds + settleSeconds,
  );
  return touching.length === 0 ? null : Math.max(...touching.map(({ seconds }) => seconds));
}

/** A guest that was lost on the way answers again after a reboot; its counter tells. */
async function requireAlive(target: BareGuest, ticksBefore: number): Promise<void> {
  const ticks = await target.ticks();
  if (ticks <= ticksBefore) throw new LonghaulError('LH_LAB_GUEST_LOST', [ticksBefore, ticks]);
}
