import { LonghaulError } from '../errors.ts';

/**
 * What is wrong with a file. All problems of all files are collected, and said together:
 * `file:line:column: path: what is wrong; what would be right`.
 */
export interface Problem {
  readonly file: string;
  /** Both from 1, as editors count; columns in UTF-16 units. */
  readonly line: number;
  readonly column: number;
  /** 'links[0].rtt'; empty for the file as a whole. */
  readonly path: string;
  readonly wrong: string;
  readonly right: string;
}

/** Where in a file: keys and indexes from its top. */
export type Path = readonly (string | number)[];

/** Takes a problem; the file and the position are found from the path. */
export type Report = (path: Path, wrong: string, right: string) => void;

export function problemText({ file, line, column, path, wrong, right }: Problem): string {
  const where = path === '' ? '' : `${path}: `;
  return `${file}:${line}:${column}: ${where}${wrong}; ${right}`;
}

/** File by file as they come, each in its own order; each thing said once. */
export function sortedProblems(problems: readonly Problem[]): readonly Problem[] {
  const byText = new Map(problems.map((problem) => [problemText(problem), problem]));
  const files = [...new Set(problems.map(({ file }) => file))];
  return [...byText.values()].sort(
    (a, b) =>
      files.indexOf(a.file) - files.indexOf(b.file) ||
      a.line - b.line ||
      a.column - b.column ||
      compare(a.path, b.path),
  );
}

/** The refusal of bad files as a whole. */
export function inputError(problems: readonly Problem[]): LonghaulError {
  return new LonghaulError('LH_INPUT_INVALID', [sortedProblems(problems).map(problemText).join('\n')]);
}

/** ['links', 0, 'rtt'] → 'links[0].rtt'. */
export function pathText(path: Path): string {
  return path
    .map((step, index) => (typeof step === 'number' ? `[${step}]` : `${index === 0 ? '' : '.'}${step}`))
    .join('');
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
