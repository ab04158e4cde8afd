import type { SourceFile } from '../../topology/load/document.ts';
import { inputError, type Problem } from '../../topology/load/problems.ts';
import { readObservationLine } from '../estimate/lines.ts';
import type { Observation } from '../estimate/observation.ts';

/**
 * The observations of some files, as JSON lines. Refused as a whole, with every problem: a model that was fitted to what
 * is left of a damaged file would not say so later. Throws LH_INPUT_INVALID.
 */
export function observationsFrom(sources: readonly SourceFile[]): Observation[] {
  const observations: Observation[] = [];
  const problems: Problem[] = [];
  const seen = new Map<string, string>();
  for (const { file, text } of sources)
    for (const [index, line] of text.split('\n').entries()) {
      if (line.trim() === '') continue;
      const where = { file, line: index + 1, column: 1 };
      const read = readObservationLine(line);
      if (read.problems !== null) {
        problems.push(...read.problems.map((problem) => ({ ...where, path: '', ...halves(problem) })));
        continue;
      }
      problems.push(...contradictions(read.value, seen).map((said) => ({ ...where, ...said })));
      seen.set(read.value.id, `${file}:${index + 1}`);
      observations.push(read.value);
    }
  if (problems.length > 0) throw inputError(problems);
  return observations;
}

function contradictions(
  { id, outcome }: Observation,
  seen: ReadonlyMap<string, string>,
): Pick<Problem, 'path' | 'wrong' | 'right'>[] {
  const found = [];
  const before = seen.get(id);
  if (before !== undefined)
    found.push({
      path: 'id',
      wrong: `'${id}' stands at ${before} already`,
      right: "give repeats '-1', '-2' at the end",
    });
  if (outcome.status !== 'completed') return found;
  const counted = { ...outcome, transferredBytes: outcome.transferredBytes ?? outcome.wireBytes };
  for (const name of ['totalSeconds', 'transferredBytes'] as const)
    if ((counted[name] ?? 0) === 0)
      found.push({
        path: `outcome.${name}`,
        wrong: 'is missing or 0 although the move completed',
        right: 'write what was measured, or leave the move out',
      });
  return found;
}

/** 'wrong; right' of a line's problem. */
function halves(problem: string): { wrong: string; right: string } {
  const cut = problem.lastIndexOf('; ');
  return { wrong: problem.slice(0, cut), right: problem.slice(cut + 2) };
}
