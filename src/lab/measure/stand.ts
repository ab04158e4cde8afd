import path from 'node:path';
import { z } from 'zod';
import type { Observation } from '../../../planners/estimate/observation.ts';
import { residentBytes } from '../../hypervisors/qemu/process.ts';
import { buildGuestImage, type GuestImage } from '../guest/image.ts';
import { guestAddress, macOf } from '../layout.ts';
import { guestBootSecondsMax, oddMemoryBytes, settleSeconds } from '../limits.ts';
import type { LabWorld } from '../world.ts';
import { BareGuest, type BareGuestSpec } from './bare-guest.ts';
import { adoptGateway, routeToSite } from './client.ts';
import { emptyImage, makeImage } from './bare-disk.ts';
import type { Lab, StandingGuest } from './standing-guest.ts';
import type { DirtyLoad, DiskLoad, Stand } from './scenario.ts';

/**
 * Boots the stand's guests, samples what they dirty, hands them to `use`, and ends them. A source that was moved away
 * still holds the whole guest: it goes on when the target has been ended, so one boot serves many moves.
 */
export async function onStand<T>(
  world: LabWorld,
  lab: Lab,
  { stand, use }: { readonly stand: Stand; readonly use: (guests: readonly StandingGuest[]) => Promise<T> },
): Promise<T> {
  const image = await buildGuestImage(world);
  const sources: BareGuest[] = [];
  try {
    for (let index = 0; index < stand.guests; index += 1) {
      await adoptGateway(world, lab.layout, index);
      await routeToSite(world, lab.layout, { site: 'a', index });
      const spec = guestSpec(world, lab, { site: 'a', stand, image, index });
      if (stand.disk !== null && spec.disk !== null) await makeImage(world, spec.disk, stand.disk);
      sources.push(await BareGuest.start(world, spec));
    }
    const begun = world.clock.monotonicSeconds();
    let bootSeconds = 0;
    for (const source of sources) {
      await source.awaitLine(/^TICK 1$/m, guestBootSecondsMax);
      bootSeconds = world.clock.monotonicSeconds() - begun;
      await source.awaitLine(/^DIRTY ready/m, guestBootSecondsMax);
      await source.awaitLine(/^TICK 5$/m, guestBootSecondsMax);
    }
    return await use(
      await Promise.all(
        sources.map(async (source, index): Promise<StandingGuest> => {
          const spec = guestSpec(world, lab, { site: 'b', stand, image, index });
          return {
            index,
            source,
            dirty: await dirtyCurve(world, source),
            startTarget: async (how) => {
              if (stand.disk !== null && spec.disk !== null) await emptyImage(spec.disk, stand.disk);
              return await BareGuest.start(world, { ...spec, ...how });
            },
            bootSeconds,
            disk: stand.disk,
            description: await describeGuest(source, spec.memoryBytes),
          };
        }),
      ),
    );
  } finally {
    for (const source of sources) await source.end();
  }
}

function guestSpec(
  world: LabWorld,
  { layout, state }: Lab,
  {
    site,
    stand,
    image,
    index,
  }: {
    readonly site: 'a' | 'b';
    readonly stand: Stand;
    readonly image: GuestImage;
    readonly index: number;
  },
): BareGuestSpec {
  const address = guestAddress('a', index);
  const options = [
    `lh.name=bare${index} lh.address=${address}/24 lh.gateway=${layout.sites.a.defaultGateway} lh.tick=100`,
    `lh.dirty=${dirtyArguments(stand.load)}`,
    ...diskOptions(stand.disk),
  ];
  return {
    layout,
    site,
    index,
    labId: state.id,
    folder: world.directories.runtime,
    image,
    memoryBytes: stand.memoryMebibytes * 2 ** 20 + oddMemoryBytes,
    kernelLine: `console=ttyS0 quiet panic=-1 ${options.join(' ')}`,
    mac: macOf(address),
    starts: site === 'b' ? 'by-stream' : 'at-once',
    disk: stand.disk === null ? null : path.join(world.directories.runtime, `bare-${site}${index}.img`),
    onEvent: () => undefined,
  };
}

const diskOptions = (disk: DiskLoad | null): readonly string[] =>
  disk === null || disk.writtenKibibytesPerSecond === 0
    ? []
    : [`lh.disk=${disk.writtenKibibytesPerSecond},${disk.usedMebibytes * 1024}`];

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

async function describeGuest(source: BareGuest, memoryBytes: number): Promise<Observation['guest']> {
  const { qemu } = await source.ask('query-version', {}, versionSchema);
  return {
    memoryBytes,
    residentBytes: await residentBytes(source.files, memoryBytes),
    vcpus: 1,
    accelerator: 'tcg',
    qemu: `${qemu.major}.${qemu.minor}.${qemu.micro}`,
  };
}

/** As the shared measurements have them: short ones repeated, since bursts show in one and not in the next. */
const intervalsSeconds = [1, 1, 1, 3, 10] as const;
const dirtySchema = z.object({ status: z.string(), 'dirty-rate': z.int().optional() });

async function dirtyCurve(world: LabWorld, guest: BareGuest): Promise<NonNullable<Observation['dirty']>> {
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
