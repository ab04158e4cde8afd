import { createHash } from 'node:crypto';
import { access, mkdir, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { labSource } from './files.ts';
import { runChecked } from './kernel.ts';
import type { LabWorld } from './world.ts';

/** Compiles the lab's C programs into its cache, under a name made of the source and the flags: same name, same program. */
const flags = ['-O2', '-static', '-s', '-Wall', '-Wextra', '-Werror'];

/** The path of the compiled program; compiles it when the cache has it not. */
export async function compiled(world: LabWorld, ...source: readonly string[]): Promise<string> {
  const file = labSource(...source);
  const name = path.basename(file, '.c');
  const digest = createHash('sha256')
    .update(await readFile(file))
    .update(flags.join(' '))
    .digest('hex');
  const program = path.join(world.directories.cache, `${name}-${digest.slice(0, 16)}`);
  if (await exists(program)) return program;
  await mkdir(world.directories.cache, { recursive: true });
  const draft = `${program}.${process.pid}`;
  try {
    await runChecked(world.run, ['cc', ...flags, '-o', draft, file]);
    await rename(draft, program);
  } finally {
    await rm(draft, { force: true });
  }
  return program;
}

export async function exists(file: string): Promise<boolean> {
  return await access(file).then(
    () => true,
    () => false,
  );
}
