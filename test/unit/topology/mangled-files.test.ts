import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Problem } from '../../../topology/load/problems.ts';
import { readFiles } from '../../../topology/resolve/read.ts';

/** Whatever stands in the files: either values, or problems that point into the file. Never an exception. */
const seed = Number(process.env['SEED'] ?? 20261124);
const topologyText = readFileSync('test/fixtures/good/everything.yaml', 'utf8');
const runbookText = readFileSync('test/fixtures/good/runbook.yaml', 'utf8');
const goodTopology = {
  file: 'topology.yaml',
  text: readFileSync('test/fixtures/good/topology.yaml', 'utf8'),
};

const oddities = [
  '',
  '~',
  '[]',
  '{}',
  '-1',
  '1e999',
  '.nan',
  '0',
  'x',
  '"',
  "'",
  '*a',
  '&a b',
  '!!x y',
  '- ',
  ': ',
  '#',
  '\t',
  '?',
  '{a: ',
  '1 GiB',
  '10.0.0.0/33',
  '__proto__',
  'constructor',
];

/** One change to the text: a token replaced, a line gone, doubled, or moved in or out. */
const change = fc.record({
  kind: fc.constantFrom('token', 'remove', 'double', 'indent', 'outdent'),
  at: fc.nat(),
  oddity: fc.constantFrom(...oddities),
});
type Change = typeof change extends fc.Arbitrary<infer T> ? T : never;

function mangled(text: string, changes: readonly Change[]): string {
  let lines = text.split('\n');
  for (const { kind, at, oddity } of changes) {
    const index = at % lines.length;
    const line = lines[index] ?? '';
    lines = lines.toSpliced(index, 1, ...mangledLine(line, { kind, at, oddity }));
  }
  return lines.join('\n');
}

function mangledLine(line: string, { kind, at, oddity }: Change): readonly string[] {
  if (kind === 'remove') return [];
  if (kind === 'double') return [line, line];
  if (kind === 'indent') return [`  ${line}`];
  if (kind === 'outdent') return [line.replace(/^ {2}/, '')];
  const tokens = line.split(/\b/);
  return [tokens.toSpliced(at % Math.max(1, tokens.length), 1, oddity).join('')];
}

function expectPlaced(problems: readonly Problem[], text: string): void {
  const lines = text.split('\n');
  for (const { line, column, wrong, right } of problems) {
    expect(line).toBeGreaterThanOrEqual(1);
    expect(line).toBeLessThanOrEqual(lines.length);
    expect(column).toBeGreaterThanOrEqual(1);
    expect(column).toBeLessThanOrEqual((lines[line - 1]?.length ?? 0) + 1);
    expect(wrong).toMatch(/\S/);
    expect(right).toMatch(/\S/);
  }
}

test('a mangled topology is refused with problems inside it, or read', () => {
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
      const text = mangled(topologyText, changes);
      const { problems, topology } = readFiles({ file: 'topology.yaml', text }, null);
      expect(topology === null).toBe(problems.length > 0);
      expectPlaced(problems, text);
    }),
    { seed, numRuns: 60 },
  );
});

test('a mangled runbook is refused with problems inside it, or read', () => {
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
      const text = mangled(runbookText, changes);
      const { problems, runbook } = readFiles(goodTopology, { file: 'runbook.yaml', text });
      expect(runbook === null).toBe(problems.length > 0);
      expectPlaced(problems, text);
    }),
    { seed, numRuns: 60 },
  );
});
