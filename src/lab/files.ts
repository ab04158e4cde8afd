import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { packageRoot } from '../config/package.ts';

/** Where the lab keeps what it knows and what it has built; and small file helpers that survive a kill. */
export interface LabDirectories {
  /** State, sockets, logs, keys of one standing lab; gone after `down`. */
  readonly runtime: string;
  /** Compiled programs and guest images, named by what they were made from; stays. */
  readonly cache: string;
}

export const labDirectories = (prefix: string): LabDirectories => ({
  runtime: path.join('/run/longhaul-lab', prefix),
  cache: '/var/cache/longhaul-lab',
});

/** The lab's C sources and its guest's init: shipped as they are, compiled by `lab up`. */
export const labSource = (...parts: readonly string[]): string =>
  path.join(packageRoot(), 'src', 'lab', ...parts);

/** Whole or not at all: a reader never sees half a file, a kill leaves the old one. */
export async function writeWhole(file: string, content: string | Uint8Array, mode = 0o600): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true });
  const draft = `${file}.new`;
  await writeFile(draft, content, { mode });
  await rename(draft, file);
}

export async function readIfThere(file: string): Promise<string | null> {
  return await readFile(file, 'utf8').catch((cause: unknown) => {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw cause;
  });
}

export async function readJsonIfThere<T>(file: string, schema: z.ZodType<T>): Promise<T | null> {
  const text = await readIfThere(file);
  return text === null ? null : schema.parse(JSON.parse(text));
}
