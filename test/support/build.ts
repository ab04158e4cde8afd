import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';

/** The command line is tested as it is shipped: compiled. */
export default async function build(): Promise<void> {
  const root = path.join(import.meta.dirname, '../..');
  const compiler = path.join(root, 'node_modules/typescript/bin/tsc');
  await promisify(execFile)(process.execPath, [compiler, '-p', 'tsconfig.build.json'], { cwd: root });
}
