import { open, rm } from 'node:fs/promises';
import { z } from 'zod';
import { runChecked } from '../kernel.ts';
import { diskPort, migrationPollSeconds } from '../limits.ts';
import { awaitResult, type LabWorld } from '../world.ts';
import type { BareGuest } from './bare-guest.ts';
import type { DiskLoad } from './scenario.ts';

/**
 * A guest's disk over the WAN, as hypervisors do it: QEMU at the target serves its own image by NBD, QEMU at the source
 * mirrors into it, first all, then what is written meanwhile, until it is told to stop.
 */
export interface DiskPath {
  readonly source: BareGuest;
  readonly target: BareGuest;
  readonly targetAddress: string;
}

const jobsSchema = z.array(
  z.object({
    device: z.string(),
    ready: z.boolean().optional(),
    error: z.string().optional(),
  }),
);
const job = 'mirror0';
const remote = 'remote0';

/** A disk of some ten MiB at 50 Mbit/s takes seconds; its writes must leave room. */
const mirrorSecondsMax = 120;

/** Until both images are alike. Afterwards each write crosses too, until `endMirror`. */
export async function mirrorDisk(world: LabWorld, path: DiskPath): Promise<void> {
  const { source, target, targetAddress } = path;
  const server = { host: targetAddress, port: String(diskPort) };
  await target.tell('nbd-server-start', { addr: { type: 'inet', data: server } });
  await target.tell('block-export-add', {
    id: remote,
    type: 'nbd',
    'node-name': 'disk0',
    name: 'disk0',
    writable: true,
  });
  await source.tell('blockdev-add', {
    driver: 'nbd',
    'node-name': remote,
    server: { type: 'inet', ...server },
    export: 'disk0',
  });
  await source.tell('blockdev-mirror', { 'job-id': job, device: 'disk0', target: remote, sync: 'full' });
  const what = { what: 'the mirror of the disk', seconds: mirrorSecondsMax, hint: source.files.serialLog };
  await awaitResult(world, what, async () => {
    const [mirror] = await source.ask('query-block-jobs', {}, jobsSchema);
    return mirror?.ready === true ? true : null;
  });
}

/** What was written last crosses, the mirror ends, and the target's image is its own again. */
export async function endMirror(world: LabWorld, { source, target }: DiskPath): Promise<void> {
  await source.tell('block-job-cancel', { device: job });
  while ((await source.ask('query-block-jobs', {}, jobsSchema)).length > 0)
    await world.clock.sleep(migrationPollSeconds / 10, world.signal);
  await source.tell('blockdev-del', { 'node-name': remote });
  await target.tell('nbd-server-stop');
}

const statsSchema = z.array(
  z.object({ 'node-name': z.string().optional(), stats: z.object({ wr_bytes: z.number() }) }),
);

/** What the guest writes to its disk a second, over so many seconds. */
export async function diskWrites(world: LabWorld, source: BareGuest, seconds: number): Promise<number> {
  const written = async (): Promise<number> =>
    (await source.ask('query-blockstats', {}, statsSchema)).reduce(
      (sum, { stats }) => sum + stats.wr_bytes,
      0,
    );
  const begun = world.clock.monotonicSeconds();
  const before = await written();
  await world.clock.sleep(seconds, world.signal);
  return ((await written()) - before) / (world.clock.monotonicSeconds() - begun);
}

/** A raw image whose used part holds random bytes; the rest is a hole, which no copy sends. */
export async function makeImage(
  world: LabWorld,
  file: string,
  { usedMebibytes, sizeMebibytes }: DiskLoad,
): Promise<void> {
  await rm(file, { force: true });
  await runChecked(world.run, [
    'dd',
    ...['if=/dev/urandom', `of=${file}`, 'bs=1M', `count=${usedMebibytes}`, 'status=none'],
  ]);
  await resizeImage(file, sizeMebibytes);
}

export async function emptyImage(file: string, { sizeMebibytes }: DiskLoad): Promise<void> {
  await rm(file, { force: true });
  await resizeImage(file, sizeMebibytes);
}

async function resizeImage(file: string, sizeMebibytes: number): Promise<void> {
  const image = await open(file, 'a');
  try {
    await image.truncate(sizeMebibytes * 2 ** 20);
  } finally {
    await image.close();
  }
}
