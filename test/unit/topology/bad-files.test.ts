import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { problemText } from '../../../topology/load/problems.ts';
import { readFiles } from '../../../topology/resolve/read.ts';

/**
 * Each file of test/fixtures/bad is named by its fault; beside it stands a .txt with exactly what is said about it.
 * Runbooks are read with the good topology.
 */
const folder = 'test/fixtures/bad';
const sourceOf = (file: string) => ({ file: path.basename(file), text: readFileSync(file, 'utf8') });
const goodTopology = sourceOf('test/fixtures/good/topology.yaml');

function complaintsAbout(name: string): readonly string[] {
  const source = sourceOf(path.join(folder, name));
  const reading = name.startsWith('runbook-') ? readFiles(goodTopology, source) : readFiles(source, null);
  return reading.problems.map(problemText);
}

const faulty = readdirSync(folder).filter((name) => !name.endsWith('.txt'));

describe('bad files', () => {
  test.each(faulty)('%s is refused with its own message, line and column', (name) => {
    const expected = readFileSync(path.join(folder, `${path.parse(name).name}.txt`), 'utf8');
    expect(
      complaintsAbout(name)
        .map((line) => `${line}\n`)
        .join(''),
    ).toBe(expected);
  });

  test('each says something of its own', () => {
    const said = faulty.map((name) =>
      complaintsAbout(name)
        .map((line) => line.replace(name, ''))
        .join('\n'),
    );
    expect(said.filter((text) => text === '')).toEqual([]);
    expect(new Set(said).size).toBeGreaterThan(80);
  });
});

test('clean files are not complained about', () => {
  const reading = readFiles(goodTopology, sourceOf('test/fixtures/good/runbook.yaml'));
  expect(reading.problems).toEqual([]);
  expect(reading.topology?.workloads.map(({ name }) => name)).toEqual(['db-1', 'web-1']);
});

test('faults in both files are told together, the topology first', () => {
  const reading = readFiles(
    sourceOf(path.join(folder, 'topology-rtt-without-unit.yaml')),
    sourceOf(path.join(folder, 'runbook-site-unknown.yaml')),
  );
  expect(reading.problems.map(({ file, line, column }) => `${file}:${line}:${column}`)).toEqual([
    'topology-rtt-without-unit.yaml:36:10',
    'runbook-site-unknown.yaml:5:6',
  ]);
});
