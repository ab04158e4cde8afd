import { open, rm } from 'node:fs/promises';
import { z } from 'zod';
import { LonghaulError } from '../../../topology/errors.ts';
import { runChecked } from '../kernel.ts';
import { diskPort, migrationPollSeconds } from '../limits.ts';
import { awaitResult, type LabWorld } from '../world.ts';
import type { BareGuest } from './bare-guest.ts';
import type { DiskLoad } from './scenario.ts';

/**
 * A guest's disk over the WAN, as hypervisors do it: QEMU at the target serves its own image by NBD, QEMU at the source
 * mirrors into it, first all, then what is written meanwhile, until it is told to stop; or it notes what is written from
 * such a copy on (dirty bitmap), and sends that alone later.
 */
export interface DiskPath {
  readonly source: BareGuest;
  readonly target: BareGuest;
  readonly targetAddress: string;
}

const jobsSchema = z.array(z.object({ id: z.string(), status: z.string() }));
type Job = z.infer<typeof jobsSchema>[number];
const job = 'copy0';
const remote = 'remote0';
const written = 'written0';

/** A disk of some ten MiB at 50 Mbit/s takes seconds; its writes must leave room. */
const copySecondsMax = 120;

/** The target's image, as one of the source's disks. */
async function connectDisk({ source, target, targetAddress }: DiskPath): Promise<void> {
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
}

/** The target's image is its own again. */
async function disconnectDisk({ source, target }: DiskPath): Promise<void> {
  await source.tell('blockdev-del', { 'node-name': remote });
  await target.tell('nbd-server-stop');
}

/** Until both images are alike. Afterwards each write crosses too, until `endMirror`. */
export async function mirrorDisk(world: LabWorld, path: DiskPath): Promise<void> {
  const { source } = path;
  await connectDisk(path);
  await source.tell('blockdev-mirror', { 'job-id': job, device: 'disk0', target: remote, sync: 'full' });
  await awaitJob(world, source, (mirror) => mirror?.status === 'ready');
}

/** What was written last crosses, the mirror ends, and the target's image is its own again. */
export async function endMirror(world: LabWorld, path: DiskPath): Promise<void> {
  await path.source.tell('block-job-cancel', { device: job });
  await awaitJob(world, path.source, (mirror) => mirror === undefined);
  await disconnectDisk(path);
}

/** The target's image as the disk is now; what is written from now on is noted. */
export async function copySeed(world: LabWorld, path: DiskPath): Promise<void> {
  await mirrorDisk(world, path);
  await path.source.tell('block-dirty-bitmap-add', { node: 'disk0', name: written });
  await endMirror(world, path);
}

const nodesSchema = z.array(
  z.object({
    'node-name': z.string(),
    'dirty-bitmaps': z.array(z.object({ name: z.string().optional(), count: z.number() })).optional(),
  }),
);

/** What was written and has not crossed, in bytes of whole 64 KiB; undefined: nothing is noted. */
async function notedBytes(source: BareGuest): Promise<number | undefined> {
  const nodes = await source.ask('query-named-block-nodes', { flat: true }, nodesSchema);
  const bitmaps = nodes.find((node) => node['node-name'] === 'disk0')?.['dirty-bitmaps'] ?? [];
  return bitmaps.find(({ name }) => name === written)?.count;
}

export async function writtenBytes(source: BareGuest): Promise<number> {
  return (await notedBytes(source)) ?? 0;
}

/** Also after a copy that did not get so far. */
export async function forgetWritten(source: BareGuest): Promise<void> {
  if ((await notedBytes(source)) !== undefined)
    await source.tell('block-dirty-bitmap-remove', { node: 'disk0', name: written });
}

/**
 * What was written crosses, as it is now, in passes while the guest runs (`goesOn`: whether the next pays), and the rest
 * once `stop` has stopped it.
 */
export async function sendWritten(
  world: LabWorld,
  path: DiskPath,
  { goesOn, stop }: { readonly goesOn: (pass: DiskPass) => boolean; readonly stop: () => Promise<void> },
): Promise<void> {
  const { source } = path;
  await connectDisk(path);
  for (let pays = true; pays; ) {
    const bytes = await writtenBytes(source);
    const begun = world.clock.monotonicSeconds();
    await sendOnce(world, source);
    const seconds = world.clock.monotonicSeconds() - begun;
    pays = goesOn({ bytes, seconds, restBytes: await writtenBytes(source) });
  }
  await stop();
  await sendOnce(world, source);
  const left = await writtenBytes(source); // of a pass that failed
  if (left > 0) {
    const why = `${left} bytes of the disk did not cross; QEMU's own words may be in ${source.files.directory}`;
    throw new LonghaulError('LH_COMMAND_FAILED', ['blockdev-backup', -1, why]);
  }
  await disconnectDisk(path);
}

/** So much crossed in so long, and so much was written meanwhile. */
export interface DiskPass {
  readonly bytes: number;
  readonly seconds: number;
  readonly restBytes: number;
}

async function sendOnce(world: LabWorld, source: BareGuest): Promise<void> {
  const copy = { device: 'disk0', target: remote, sync: 'incremental', bitmap: written };
  await source.tell('blockdev-backup', { 'job-id': job, ...copy });
  await awaitJob(world, source, (pass) => pass === undefined);
}

async function awaitJob(
  world: LabWorld,
  source: BareGuest,
  isThere: (one: Job | undefined) => boolean,
): Promise<void> {
  const what = { what: 'the copy of the disk', seconds: copySecondsMax, hint: source.files.serialLog };
  await awaitResult(world, { ...what, everySeconds: migrationPollSeconds / 10 }, async () => {
    const one = (await source.ask('query-jobs', {}, jobsSchema)).find(({ id }) => id === job);
    return isThere(one) ? true : null;
  });
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
