import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ClaimBook, createClaimDirectory } from '../../../src/site/claims.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'longhaul-claims-'));
});
afterEach(async () => await rm(directory, { recursive: true }));

const open = async (): Promise<ClaimBook> => await ClaimBook.open('lyon', createClaimDirectory(directory));

test('what was remembered is there after a restart, the departure with it', async () => {
  const claim = { workload: 'app', epoch: 4, run: 'run-1' };
  const book = await open();
  await book.accept(claim);
  await book.setDeparture(claim, 'lyon-1', { kind: 'transfer', epoch: 4 });
  const reopened = await open();
  expect(reopened.departure('app', 'lyon-1')).toEqual({ kind: 'transfer', epoch: 4 });
  await expect(reopened.accept({ ...claim, epoch: 3 })).rejects.toMatchObject({ code: 'LH_EPOCH_STALE' });
  await reopened.accept({ ...claim, epoch: 5, run: 'run-2' });
  expect(reopened.departure('app', 'lyon-1')).toEqual({ kind: 'transfer', epoch: 4 });
});

test('a half-written record of a killed agent is no record', async () => {
  await (await open()).accept({ workload: 'app', epoch: 4, run: 'run-1' });
  await writeFile(join(directory, 'app.json.new'), '{"format":"longh');
  await expect((await open()).accept({ workload: 'app', epoch: 3, run: 'run-1' })).rejects.toMatchObject({
    code: 'LH_EPOCH_STALE',
  });
});

test('a damaged record stops the agent instead of being forgotten', async () => {
  await writeFile(join(directory, 'app.json'), '{}');
  await expect(open()).rejects.toMatchObject({ code: 'LH_INPUT_UNREADABLE' });
});

test('a name that is a path stays a file of the directory', async () => {
  await (await open()).accept({ workload: '../up', epoch: 1, run: 'run-1' });
  expect(await readdir(directory)).toEqual(['..%2Fup.json']);
});
