import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';

/** House rules that no linter knows (docs/design/README.md). */
const skipped = new Set(['node_modules', 'dist', 'coverage', '.git', '.longhaul']);

function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const file = path.posix.join(folder, entry.name);
    if (skipped.has(entry.name)) return [];
    return entry.isDirectory() ? filesBelow(file) : entry.isFile() ? [file] : [];
  });
}

const files = filesBelow('.');
const withEnding = (...endings: readonly string[]) =>
  files.filter((file) => endings.includes(path.extname(file)));
const sources = withEnding('.ts', '.js', '.c', '.css', '.html', '.sh');
const pages = withEnding('.md');
const read = (file: string): string => readFileSync(file, 'utf8');

/** Each line of these files that matches, as `file:line: text`. */
function linesWith(pattern: RegExp, among: readonly string[]): readonly string[] {
  return among.flatMap((file) =>
    read(file)
      .split('\n')
      .flatMap((line, index) => (pattern.test(line) ? [`${file}:${index + 1}: ${line.trim()}`] : [])),
  );
}

test('file and folder names are kebab-case', () => {
  const capitals = /^(README|CHANGELOG|CONTRIBUTING|LICENSE|NOTICE)(\.md)?$/;
  const kebab = /^\.?[a-z0-9]+([.-][a-z0-9]+)*$/;
  const odd = files.flatMap((file) =>
    file.split('/').filter((part) => !kebab.test(part) && !capitals.test(part)),
  );
  expect([...new Set(odd)]).toEqual([]);
});

test('no file is called after nothing in particular', () => {
  const vague = /^(utils?|helpers?|common|misc|index|types|constants)\.ts$/;
  expect(sources.filter((file) => vague.test(path.basename(file)))).toEqual([]);
});

test('a page has one title, and begins with it', () => {
  const odd = pages.filter((file) => {
    const text = read(file).replaceAll(/^```.*?^```/gms, '');
    return !/^# \S/.test(text) || (text.match(/^# /gm)?.length ?? 0) !== 1;
  });
  expect(odd).toEqual([]);
});

test('every page of docs/design ends in its review notes', () => {
  const odd = pages.filter((file) => {
    const headings = [...read(file).matchAll(/^## (.+)$/gm)].map(([, heading]) => heading);
    return (
      file.startsWith('docs/design/') &&
      path.basename(file) !== 'README.md' &&
      headings.at(-1) !== 'Review notes'
    );
  });
  expect(odd).toEqual([]);
});

test('no marker of unfinished work is left', () => {
  const markers = /(TO[D]O|FIX[M]E|XX[X]|HA[C]K)/;
  expect(linesWith(markers, [...sources, ...pages])).toEqual([]);
});

test('no test is singled out', () => {
  expect(linesWith(/\b(test|it|describe|suite)\.only\(/, sources)).toEqual([]);
});

test('no rule is switched off in passing', () => {
  const switches = /(eslint-dis[a]ble|@ts-(ign[o]re|exp[e]ct-error|noch[e]ck)|biome-ign[o]re)/;
  expect(linesWith(switches, sources)).toEqual([]);
});

test('every command is registered', () => {
  const program = read('src/cli/program.ts');
  const commands = files
    .filter(
      (file) => file.startsWith('src/cli/commands/') && read(file).includes('export function register('),
    )
    .map((file) => path.basename(file));
  expect(commands.filter((name) => !program.includes(`./commands/${name}`))).toEqual([]);
});

test('every test lies in a suite that is run', () => {
  const suites = new Set(['unit', 'conformance', 'simulation', 'services', 'lab', 'e2e', 'architecture']);
  const stray = files.filter((file) => file.endsWith('.test.ts') && !suites.has(file.split('/')[1] ?? ''));
  expect(stray).toEqual([]);
});
