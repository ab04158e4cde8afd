import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { describe } from 'vitest';

/**
 * A suite that needs what a machine may not have. Where something is missing it says so in one line and is skipped;
 * under LONGHAUL_CI=1 it fails instead, so that a missing server is never mistaken for a passing test.
 *
 *   requires('redis', [program('redis-server')], () => { test(…) });
 */
export function requires(suite: string, needs: readonly (string | null)[], body: () => void): void {
  const lacking = needs.filter((need) => need !== null);
  if (lacking.length === 0) describe(suite, body);
  else if (process.env['LONGHAUL_CI'] === '1')
    describe(suite, () => {
      throw new Error(`${suite} cannot run here: ${lacking.join(', ')}`);
    });
  else {
    process.stdout.write(`skipped: ${suite}: ${lacking.join(', ')}\n`);
    describe.skip(suite, body);
  }
}

/** What is missing when the program is not on the path (with /usr/sbin); null when it is there. */
export function program(name: string): string | null {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  return folders.some((folder) => isExecutable(join(folder, name))) ? null : `${name} is not installed`;
}

export function root(): string | null {
  return process.getuid?.() === 0 ? null : 'not run as root';
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
