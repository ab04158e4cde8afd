import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { stateFailure } from '../../../src/runs/store/failures.ts';
import { openDirectory } from '../../../src/runs/store/open.ts';
import { LonghaulError } from '../../../topology/errors.ts';
import { silentLog } from '../../support/log.ts';

const messageOf = (error: unknown): unknown => {
  const failure = stateFailure('LH_STATE_FAILED', '/srv/state', error);
  return failure instanceof LonghaulError ? failure.message : failure;
};

test('whatever a store throws is told in words', () => {
  expect(messageOf(new Error('disk full'))).toBe("State at '/srv/state' failed: disk full");
  expect(messageOf({ name: 'ErrnoError', errno: 44 })).toBe(
    "State at '/srv/state' failed: its files cannot be used any more (ErrnoError 44)",
  );
  expect(messageOf({ some: 'thing' })).toBe(`State at '/srv/state' failed: {"some":"thing"}`);
  const fault = new assert.AssertionError({ message: 'ours' });
  expect(messageOf(fault)).toBe(fault);
});

test('a state directory whose files are half gone cannot be opened, and says so', async () => {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'longhaul-state-'));
  fs.mkdirSync(path.join(directory, 'database'));
  fs.writeFileSync(path.join(directory, 'database', 'PG_VERSION'), '17\n');
  await expect(openDirectory(directory, silentLog)).rejects.toMatchObject({
    code: 'LH_STATE_UNREACHABLE',
    message: expect.not.stringContaining('[object') as string,
  });
  fs.rmSync(directory, { recursive: true });
});
