import { readFile } from 'node:fs/promises';
import { LonghaulError } from '../../topology/errors.ts';
import type { SourceFile } from '../../topology/load/document.ts';
import { topologyAndRunbookFrom } from '../../topology/resolve/read.ts';
import type { Runbook } from '../../topology/resolve/runbook.ts';
import type { Topology } from '../../topology/resolve/topology.ts';

/** The edge where files become values: read and validated once, then trusted. */
export async function readSource(file: string): Promise<SourceFile> {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(await readFile(file));
    return { file, text };
  } catch (cause) {
    throw new LonghaulError('LH_INPUT_UNREADABLE', [file, unreadableBecause(cause)], { cause });
  }
}

export function unreadableBecause(cause: unknown): string {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  if (code === 'ENOENT') return 'there is no such file; check the path';
  if (code === 'EISDIR') return 'it is a directory; name the file in it';
  if (code === 'EACCES') return 'access is denied; check its owner and mode';
  if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA') return 'it is not UTF-8 text; save it as UTF-8';
  return cause instanceof Error ? cause.message : String(cause);
}

/** Throws LH_INPUT_INVALID with every problem of both files. */
export async function readTopologyAndRunbook(files: {
  readonly topology: string;
  readonly runbook: string;
}): Promise<{ readonly topology: Topology; readonly runbook: Runbook }> {
  const [topology, runbook] = await Promise.all([readSource(files.topology), readSource(files.runbook)]);
  return topologyAndRunbookFrom(topology, runbook);
}
