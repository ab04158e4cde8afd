import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { problemText } from '../../topology/load/problems.ts';
import { readFiles } from '../../topology/resolve/read.ts';

/** A folder of examples holds one topology and the runbooks for it. */
const folders = readdirSync('examples', { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && existsSync(path.join('examples', entry.name, 'topology.yaml')))
  .map(({ name }) => path.join('examples', name));

const source = (file: string) => ({ file, text: readFileSync(file, 'utf8') });

for (const folder of folders) {
  const topology = path.join(folder, 'topology.yaml');
  test(`${topology} has no problems`, () => {
    expect(readFiles(source(topology), null).problems.map(problemText)).toEqual([]);
  });

  for (const name of readdirSync(folder).filter(
    (file) => file.endsWith('.yaml') && file !== 'topology.yaml',
  )) {
    const runbook = path.join(folder, name);
    test(`${runbook} has no problems`, () => {
      expect(readFiles(source(topology), source(runbook)).problems.map(problemText)).toEqual([]);
    });
  }
}

test('there are examples', () => {
  expect(folders).toContain(path.join('examples', 'storm'));
});
