import { cpus, loadavg } from 'node:os';
import type { Observation } from '../../../planners/estimate/observation.ts';
import { LonghaulError } from '../../../topology/errors.ts';
import { setSysctls } from '../kernel.ts';
import { migrationPort, settleSeconds } from '../limits.ts';
import { connectRelay } from '../relay.ts';
import type { LabWorld } from '../world.ts';
import { forgetWritten } from './bare-disk.ts';
import type { BareGuest, BareGuestSpec } from './bare-guest.ts';
import { type BareOutcome, moveBare } from './bare-move.ts';
import { endSession, routeToSite, type RunningSession, stallOf, startSession } from './client.ts';
import { moveWithDisk, seedDisk } from './disk-move.ts';
import type { Scenario } from './scenario.ts';
import type { Lab, StandingGuest } from './standing-guest.ts';

/**
 * One scenario: all guests of a stand to site b at once, each with a client's session, and back to how it was. There is
 * no gateway of ours: a client's route to its guest is changed the moment the target runs. One observation a guest;
 * of several, each is called by the scenario and its number, as a repeat is.
 */
export async function measureScenario(
  world: LabWorld,
  lab: Lab,
  { guests, scenario }: { readonly guests: readonly StandingGuest[]; readonly scenario: Scenario },
): Promise<readonly Observation[]> {
  await shapeWan(world, lab, scenario);
  const relay = connectRelay(world.directories.runtime);
  const pairs: { guest: StandingGuest; target: BareGuest }[] = [];
  try {
    for (const guest of guests) {
      const { index } = guest;
      await routeToSite(world, lab.layout, { site: 'a', index });
      const reroute = ({ name }: { readonly name: string }): void => {
        if (name === 'RESUME') void routeToSite(world, lab.layout, { site: 'b', index });
      };
      const target = await guest.startTarget({ onEvent: reroute, starts: startOf(scenario) });
      pairs.push({ guest, target });
    }
    if (scenario.kind === 'seeded')
      for (const { guest, target } of pairs) await seedDisk(world, lab, { guest, target });
    const host = { cores: cpus().length, load1: Number((loadavg()[0] ?? 0).toFixed(2)) };
    const before = (await relay.stats()).circuits['wan']?.forward.wireBytes;
    const moves = await Promise.all(pairs.map(async (pair) => await move(world, lab, { ...pair, scenario })));
    const after = (await relay.stats()).circuits['wan']?.forward.wireBytes;
    const wireBytes =
      before === undefined || after === undefined ? null : Math.round((after - before) / guests.length);
    return moves.map(({ outcome, ...told }, place) => ({
      id: guests.length === 1 ? scenario.id : `${scenario.id}-${place + 1}`,
      ...told,
      link: linkOf(scenario),
      settings: scenario.settings,
      host,
      ...(guests.length === 1 ? {} : { concurrent: guests.slice(1).map(() => ({})) }),
      outcome: { ...outcome, wireBytes },
    }));
  } finally {
    for (const { target } of pairs) await target.end();
    for (const { source } of guests) {
      if (scenario.kind === 'seeded') await forgetWritten(source);
      await source.tell('cont');
    }
  }
}

/** A clone and a guest that was shut down boot at the target; all others come by stream. */
const startOf = ({ kind }: Scenario): BareGuestSpec['starts'] =>
  kind === 'clone' || kind === 'cold-copy' || kind === 'seeded' ? 'when-told' : 'by-stream';

interface Move {
  readonly guest: StandingGuest;
  readonly target: BareGuest;
  readonly scenario: Scenario;
}

async function move(
  world: LabWorld,
  lab: Lab,
  { guest, target, scenario }: Move,
): Promise<Omit<Observation, 'id' | 'link'>> {
  const described = { guest: guest.description, dirty: guest.dirty };
  if (guest.disk !== null)
    return {
      ...described,
      ...(await moveWithDisk(world, lab, { move: { guest, target, scenario }, disk: guest.disk })),
    };
  const session = await startSession(world, lab, guest.index);
  try {
    const ticksBefore = await guest.source.ticks();
    const { stoppedAtSeconds, resumedAtSeconds, ...outcome } = await moveBare(world, {
      source: guest.source,
      target,
      targetAddress: lab.layout.sites.b.hypervisorAddress,
      port: migrationPort + guest.index,
      settings: scenario.settings,
    });
    await world.clock.sleep(settleSeconds, world.signal);
    if (outcome.status === 'completed') await requireAlive(target, ticksBefore);
    const sessionStallSeconds = await stall(world, session, { stoppedAtSeconds, resumedAtSeconds });
    return { ...described, outcome: { ...outcome, sessionStallSeconds } };
  } catch (cause) {
    await endSession(world, session).catch(() => undefined);
    throw cause;
  }
}

async function stall(
  world: LabWorld,
  session: RunningSession,
  times: Pick<BareOutcome, 'stoppedAtSeconds' | 'resumedAtSeconds'>,
): Promise<number | null> {
  return stallOf(await endSession(world, session), times);
}

/** Linux's own default, which the model assumes of a target: not what this machine may have been given. */
const receiveMemory = '4096 131072 6291456';

/** The relay and the senders' TCP, as the scenario wants them; what the kernel learned on an earlier path is not kept. */
async function shapeWan(world: LabWorld, { layout }: Lab, scenario: Scenario): Promise<void> {
  await connectRelay(world.directories.runtime).reshape('wan', scenario.link);
  for (const site of ['a', 'b'] as const)
    await setSysctls(world.run, layout.sites[site].hypervisor, {
      'net.ipv4.tcp_wmem': `4096 16384 ${scenario.sendBufferBytes}`,
      'net.ipv4.tcp_rmem': receiveMemory,
      'net.ipv4.tcp_congestion_control': scenario.congestionControl,
      'net.ipv4.tcp_no_metrics_save': '1',
    });
}

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

/** A guest that was lost on the way answers again after a reboot; its counter tells. */
async function requireAlive(target: BareGuest, ticksBefore: number): Promise<void> {
  const ticks = await target.ticks();
  if (ticks <= ticksBefore) throw new LonghaulError('LH_LAB_GUEST_LOST', [ticksBefore, ticks]);
}
