import { rename, writeFile } from 'node:fs/promises';
import { isMap, isSeq, parseDocument } from 'yaml';
import { LonghaulError } from '../../topology/errors.ts';
import type { SourceFile } from '../../topology/load/document.ts';

/** What a probe found of a workload, in the words of the topology file. */
export interface WorkloadEdit {
  readonly workload: string;
  readonly resident: string | null;
  readonly dirty: readonly { readonly interval: string; readonly rate: string }[];
}

/** The file's text with the measured values in it; comments and all else stay as they are. */
export function editTopology({ file, text }: SourceFile, edits: readonly WorkloadEdit[]): string {
  const document = parseDocument(text, { version: '1.2', schema: 'core', stringKeys: true });
  const workloads = document.get('workloads');
  if (!isSeq(workloads)) throw unfound(file, 'workloads');
  for (const { workload, resident, dirty } of edits) {
    const entry = workloads.items.find((item) => isMap(item) && item.get('name') === workload);
    if (!isMap(entry)) throw unfound(file, workload);
    if (resident !== null) entry.set('resident', resident);
    const samples = document.createNode(dirty.map((sample) => document.createNode(sample, { flow: true })));
    entry.set('dirty', samples);
  }
  return document.toString({ lineWidth: 0 });
}

/** Whole or not at all. */
export async function replaceFile(file: string, text: string): Promise<void> {
  await writeFile(`${file}.new`, text);
  await rename(`${file}.new`, file);
}

const unfound = (file: string, what: string): LonghaulError =>
  new LonghaulError('LH_INPUT_UNREADABLE', [file, `'${what}' is not written in it as a plain entry`]);
