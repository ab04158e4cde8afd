import { execFile } from 'node:child_process';
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import type { TestProject } from 'vitest/node';
import { openDirectory } from '../../src/runs/store/open.ts';
import { silentLog } from './log.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** A state directory in which nothing ever ran, to be copied: making one takes seconds. */
    readonly emptyState: string;
  }
}

/** The command line is tested as it is shipped: compiled. */
export default async function build({ provide }: TestProject): Promise<() => Promise<void>> {
  const root = path.join(import.meta.dirname, '../..');
  const compiler = path.join(root, 'node_modules/typescript/bin/tsc');
  await promisify(execFile)(process.execPath, [compiler, '-p', 'tsconfig.build.json'], { cwd: root });
  const directory = await fs.mkdtemp(path.join(os.tmpdir(), 'longhaul-e2e-state-'));
  await (await openDirectory(directory, silentLog)).close();
  provide('emptyState', directory);
  return async () => await fs.rm(directory, { recursive: true });
}
