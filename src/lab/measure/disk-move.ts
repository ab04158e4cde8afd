import type { Observation } from '../../../planners/estimate/observation.ts';
import { guestBootSecondsMax, migrationPort } from '../limits.ts';
import type { LabWorld } from '../world.ts';
import {
  copySeed,
  type DiskPass,
  type DiskPath,
  diskWrites,
  endMirror,
  mirrorDisk,
  sendWritten,
  writtenBytes,
} from './bare-disk.ts';
import type { BareGuest } from './bare-guest.ts';
import { moveBare, rounded } from './bare-move.ts';
import type { DiskLoad, Scenario } from './scenario.ts';
import type { Lab, StandingGuest } from './standing-guest.ts';

/**
 * Moves in which a disk crosses: mirrored beside a live move; copied for a cold move, whose guest boots at site b from
 * the copy, or, where site b has an older copy, what was written since; copied for a clone that boots beside the old
 * guest, which goes on (redirect). There is no balancer and no name server here, and the guest is stopped, not shut down:
 * what they take is told as zero. A mirror's own count takes the image's holes for bytes, so how much crossed is told by
 * the wire alone.
 */
export interface DiskMove {
  readonly guest: StandingGuest;
  readonly target: BareGuest;
  readonly scenario: Scenario;
}

type Measured = Pick<
  Observation,
  'method' | 'disks' | 'shutdownSeconds' | 'bootSeconds' | 'cloneSeconds' | 'convergence'
> & { readonly outcome: Observation['outcome'] };

/** So long the guest's writes are watched beforehand. */
const watchSeconds = 4;
/** So old a seed is when its guest moves. */
const seedAgeSeconds = 15;

/** Site b gets the disk as it is, and the guest writes on; `forgetWritten` when its move is over. */
export async function seedDisk(
  world: LabWorld,
  lab: Lab,
  { guest: { source }, target }: Pick<DiskMove, 'guest' | 'target'>,
): Promise<void> {
  await copySeed(world, { source, target, targetAddress: lab.layout.sites.b.hypervisorAddress });
  await world.clock.sleep(seedAgeSeconds, world.signal);
}

export async function moveWithDisk(
  world: LabWorld,
  lab: Lab,
  { move, disk }: { readonly move: DiskMove; readonly disk: DiskLoad },
): Promise<Measured> {
  const { guest, scenario } = move;
  const disks = [
    {
      sizeBytes: disk.sizeMebibytes * 2 ** 20,
      usedBytes: disk.usedMebibytes * 2 ** 20,
      writeBytesPerSecond: Math.round(await diskWrites(world, guest.source, watchSeconds)),
    },
  ];
  const targetAddress = lab.layout.sites.b.hypervisorAddress;
  const cold = {
    method: 'cold',
    shutdownSeconds: 0,
    bootSeconds: guest.bootSeconds,
    convergence: { kind: 'dns', seconds: 0 },
  } as const;
  switch (scenario.kind) {
    case 'cold-copy':
      return { ...cold, disks, outcome: await coldCopy(world, { ...move, targetAddress }) };
    case 'seeded': {
      const since = await writtenBytes(guest.source);
      return {
        ...cold,
        disks: disks.map((each) => ({ ...each, seededBytes: Math.max(0, each.usedBytes - since) })),
        outcome: await deltaCopy(world, { ...move, targetAddress }),
      };
    }
    case 'clone':
      return {
        method: 'redirect',
        disks,
        cloneSeconds: guest.bootSeconds,
        convergence: { kind: 'balancer', seconds: 0 },
        outcome: await clone(world, { ...move, targetAddress }),
      };
    default:
      return { disks, outcome: await mirroredMove(world, { ...move, targetAddress }) };
  }
}

type Addressed = DiskMove & { readonly targetAddress: string };

/** The mirror ends while the guest is stopped, just before its memory's last pages go; then the target may have its image. */
async function mirroredMove(
  world: LabWorld,
  { guest: { source, index }, target, scenario, targetAddress }: Addressed,
): Promise<Observation['outcome']> {
  const path = { source, target, targetAddress };
  const begun = world.clock.monotonicSeconds();
  await mirrorDisk(world, path);
  const mirrorSeconds = world.clock.monotonicSeconds() - begun;
  let mirrors = true;
  const {
    stoppedAtSeconds: _stopped,
    resumedAtSeconds: _resumed,
    ...outcome
  } = await moveBare(world, {
    ...path,
    port: migrationPort + index,
    settings: scenario.settings,
    beforeSwitchover: async () => {
      mirrors = false;
      await endMirror(world, path);
    },
  });
  if (mirrors) await endMirror(world, path); // its memory did not get that far
  return { ...outcome, totalSeconds: rounded(outcome.totalSeconds + mirrorSeconds), transferredBytes: null };
}

async function coldCopy(
  world: LabWorld,
  { guest: { source }, target, targetAddress }: Addressed,
): Promise<Observation['outcome']> {
  const path = { source, target, targetAddress };
  const begun = world.clock.monotonicSeconds();
  await mirrorDisk(world, path);
  const stopped = world.clock.monotonicSeconds();
  await source.tell('stop');
  await endMirror(world, path);
  return coldOutcome({ begun, stopped, running: await boot(world, target) });
}

function coldOutcome({
  begun,
  stopped,
  running,
}: Readonly<Record<'begun' | 'stopped' | 'running', number>>): Observation['outcome'] {
  return {
    status: 'completed',
    totalSeconds: rounded(running - begun),
    downtimeSeconds: rounded(running - stopped),
    pauseSeconds: rounded(running - stopped),
    transferredBytes: null,
  };
}

/** What was written since the seed was copied; passes end by the rule of planners/estimate/disk-copy.ts. */
async function deltaCopy(
  world: LabWorld,
  { guest: { source }, target, targetAddress }: Addressed,
): Promise<Observation['outcome']> {
  const path: DiskPath = { source, target, targetAddress };
  const begun = world.clock.monotonicSeconds();
  let stopped = begun;
  await sendWritten(world, path, {
    goesOn: ({ bytes, seconds, restBytes }: DiskPass) =>
      restBytes > bytes / Math.max(seconds, 1e-3) && restBytes <= bytes / 2,
    stop: async () => {
      stopped = world.clock.monotonicSeconds();
      await source.tell('stop');
    },
  });
  return coldOutcome({ begun, stopped, running: await boot(world, target) });
}

async function clone(
  world: LabWorld,
  { guest: { source }, target, targetAddress }: Addressed,
): Promise<Observation['outcome']> {
  const path = { source, target, targetAddress };
  const begun = world.clock.monotonicSeconds();
  await mirrorDisk(world, path);
  await endMirror(world, path);
  const running = await boot(world, target);
  return {
    status: 'completed',
    totalSeconds: rounded(running - begun),
    downtimeSeconds: 0,
    pauseSeconds: 0,
    transferredBytes: null,
  };
}

async function boot(world: LabWorld, target: BareGuest): Promise<number> {
  await target.tell('cont');
  await target.awaitLine(/^TICK 1$/m, guestBootSecondsMax);
  return world.clock.monotonicSeconds();
}
