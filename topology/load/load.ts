import type { z } from 'zod';
import { innerValue } from '../schema/describe.ts';
import { complaintsOf, shown, wrongOf } from './complaints.ts';
import { parseSource } from './document.ts';
import type { SourceDocument, SourceFile } from './document.ts';
import { pathText } from './problems.ts';
import type { Problem, Report } from './problems.ts';
import { salvage } from './salvage.ts';

/**
 * Text → Raw. Reads one file, checks its form, and collects every problem with its line and column. What the file
 * means (references, sums, distances) is checked afterwards by topology/resolve, with the same `report`.
 */
export interface Loaded<Raw> {
  /** What could be read; null where nothing could. */
  readonly raw: Raw | null;
  /** True where the form is right, so that nothing is missing from `raw`. */
  readonly isWhole: boolean;
  /** Names of entries that are in the file, but not in `raw`, because they are faulty. */
  readonly lostNames: ReadonlySet<string>;
  /** Grows as `report` is called. */
  readonly problems: readonly Problem[];
  readonly report: Report;
}

export interface FileForm<Raw> {
  /** 'topology', 'runbook'. */
  readonly kind: string;
  readonly format: string;
  readonly schema: z.ZodType<Raw>;
}

export function load<Raw>(source: SourceFile, form: FileForm<Raw>): Loaded<Raw> {
  const { document, problems } = parseSource(source);
  if (document === null) return unreadable(source.file, problems);
  const found = [...problems];
  const foreign = formatProblem(document, form);
  if (foreign !== null) return unreadable(source.file, [...found, foreign]);
  const result = form.schema.safeParse(document.value, { reportInput: true, error: wrongOf });
  if (result.success) {
    const report = reporter(document, found);
    return { raw: result.data, isWhole: true, lostNames: new Set(), problems: found, report };
  }
  for (const { path, isKey, wrong, right } of complaintsOf(result.error.issues, {
    schema: form.schema,
    value: document.value,
  })) {
    const position = isKey ? document.positionOfKey(path) : document.positionOf(path);
    found.push({ file: source.file, ...position, path: pathText(path), wrong, right });
  }
  const { raw, lostNames, filePath } = salvage(form.schema, document.value);
  const reportInFile = reporter(document, found);
  const report: Report = (path, wrong, right) => reportInFile(filePath(path), wrong, right);
  return { raw, isWhole: false, lostNames, problems: found, report };
}

function reporter(document: SourceDocument, problems: Problem[]): Report {
  return (path, wrong, right) => {
    problems.push({ file: document.file, ...document.positionOf(path), path: pathText(path), wrong, right });
  };
}

function unreadable(file: string, problems: readonly Problem[]): Loaded<never> {
  const found = [...problems];
  const report: Report = (path, wrong, right) =>
    void found.push({ file, line: 1, column: 1, path: pathText(path), wrong, right });
  return { raw: null, isWhole: false, lostNames: new Set(), problems: found, report };
}

/** Another file's form is refused at once: complaints about its every key would help nobody. */
function formatProblem<Raw>(document: SourceDocument, { kind, format }: FileForm<Raw>): Problem | null {
  const written = innerValue(document.value, 'format');
  if (written === format) return null;
  const at = { file: document.file, ...document.positionOf(['format']), path: 'format' };
  const right = `begin a ${kind} with 'format: ${format}'`;
  if (written === undefined || written === null) return { ...at, wrong: 'is missing', right };
  const wrong = `${shown(written)} is not a format of a ${kind} that this version reads`;
  return { ...at, wrong, right };
}
