import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { openDirectory } from '../../src/runs/store/open.ts';
import type { Records } from '../../src/runs/store/records.ts';
import { silentLog } from '../support/log.ts';
import { program, requires, root } from '../support/requires.ts';

/** A state directory on a file system of its own, small enough to fill: tmpfs, by root. */
const mebibyte = 2 ** 20;

function mountable(): string | null {
  if (root() !== null || program('mount') !== null) return root() ?? program('mount');
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'longhaul-mount-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', 'none', directory], { stdio: 'ignore' });
    execFileSync('umount', [directory], { stdio: 'ignore' });
    return null;
  } catch {
    return 'tmpfs cannot be mounted here';
  } finally {
    fs.rmdirSync(directory);
  }
}

/** Writes until nothing more fits. */
function fill(file: string): void {
  const descriptor = fs.openSync(file, 'w');
  for (const bytes of [mebibyte, 4096, 1]) {
    try {
      for (;;) fs.writeSync(descriptor, Buffer.alloc(bytes, 1));
    } catch (error) {
      expect((error as NodeJS.ErrnoException).code).toBe('ENOSPC');
    }
  }
  fs.closeSync(descriptor);
}

async function appendUntilRefused(records: Records): Promise<unknown> {
  const text = 'x'.repeat(64 * 1024);
  for (let count = 0; count < 4096; count++) {
    const entry = {
      atSeconds: count,
      workload: null,
      attempt: 1,
      epoch: 0,
      step: 'note',
      event: 'note',
    } as const;
    const error: unknown = await records.append('run', { ...entry, detail: { text } }).then(
      () => null,
      (cause: unknown) => cause,
    );
    if (error !== null) return error;
  }
  return null;
}

requires('a full disk', [mountable()], () => {
  test('a state that cannot be written any more is told as such, with its place', async () => {
    const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'longhaul-full-'));
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=192m', 'none', directory]);
    try {
      const { records } = await openDirectory(directory, silentLog);
      fill(path.join(directory, 'ballast'));
      expect(await appendUntilRefused(records)).toMatchObject({
        code: 'LH_STATE_FAILED',
        kind: 'world',
        message: expect.stringContaining(`State at '${directory}' failed: `) as string,
      });
    } finally {
      execFileSync('umount', ['-l', directory]);
      fs.rmdirSync(directory);
    }
  });
});
