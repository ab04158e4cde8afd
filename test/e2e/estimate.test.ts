import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

/** `longhaul estimate` and `longhaul calibrate` as their users see them. */
let folder = '';
beforeAll(() => void (folder = mkdtempSync(path.join(tmpdir(), 'longhaul-estimate-'))));
afterAll(() => rmSync(folder, { recursive: true }));

function longhaul(argv: readonly string[], stdin = '') {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--import', 'tsx', 'src/cli/main.ts', ...argv],
    { encoding: 'utf8', timeout: 240_000, input: stdin, maxBuffer: 2 ** 26 },
  );
  return { status, lines: stdout.split('\n').filter((line) => line !== ''), stderr };
}

const observations = 'examples/observations/qemu-7.2-tcg-wan.jsonl';
const recorded = readFileSync(observations, 'utf8').trim().split('\n');
const withoutOutcome = (line: string): string => {
  const { outcome: _, ...input } = JSON.parse(line) as Record<string, unknown>;
  return JSON.stringify(input);
};

test('one answer a line, in order, and the outcome does not change a byte of it', () => {
  const told = longhaul(['estimate', observations]);
  expect(told).toMatchObject({ status: 0, stderr: '' });
  expect(told.lines.map((line) => (JSON.parse(line) as { id: string }).id)).toEqual(
    recorded.map((line) => (JSON.parse(line) as { id: string }).id),
  );
  expect(longhaul(['estimate', '-'], recorded.map(withoutOutcome).join('\n')).lines).toEqual(told.lines);
});

test('a bad line gets an error in its place, the others are answered, exit 2', () => {
  const { status, lines } = longhaul(['estimate'], `${recorded[0]}\n\nnonsense\n${recorded[1]}\n`);
  expect(status).toBe(2);
  expect(lines.map((line) => Object.keys(JSON.parse(line) as object).slice(0, 2))).toEqual([
    ['id', 'verdict'],
    ['id', 'error'],
    ['id', 'verdict'],
  ]);
  expect(JSON.parse(lines[1] ?? '')).toMatchObject({
    id: null,
    error: { code: 'LH_INPUT_INVALID', message: expect.stringMatching(/^line 3: not JSON/) as string },
  });
});

test('a reader that goes away ends the filter quietly', () => {
  const many = path.join(folder, 'many.jsonl');
  writeFileSync(many, Array.from({ length: 20 }, () => recorded.join('\n')).join('\n'));
  const { stdout, stderr } = spawnSync(
    'sh',
    ['-c', '"$0" --import tsx src/cli/main.ts estimate "$1" | head -n 1', process.execPath, many],
    { encoding: 'utf8', timeout: 60_000 },
  );
  expect({ lines: stdout.trim().split('\n').length, stderr }).toEqual({ lines: 1, stderr: '' });
});

test('--tune adds a proposal to each answer', () => {
  const { status, lines } = longhaul(['estimate', '--tune', '--pause', '200 ms'], recorded[80]);
  expect(status).toBe(0);
  expect(JSON.parse(lines[0] ?? '')).toHaveProperty('tuned.gain.pauseSeconds');
});

test.each([
  [['estimate', '--pause', '200 ms'], 'go with --tune'],
  [['estimate', '--tune', '--pause', 'soon'], "'soon' is not a time"],
  [['estimate', 'no-such-file'], "Cannot read 'no-such-file'"],
  [['estimate', 'examples'], 'it is a directory'],
  [['estimate', '--model', observations, observations], 'is not JSON'],
  [['calibrate', 'no-such-file'], 'there is no such file'],
])('%j is refused with exit 2', (argv, message) => {
  const { status, lines, stderr } = longhaul(argv);
  expect({ status, lines }).toEqual({ status: 2, lines: [] });
  expect(stderr).toContain(message);
});

test('calibrate writes a model that estimate reads, and prints how good it is', () => {
  const few = path.join(folder, 'few.jsonl');
  writeFileSync(few, recorded.filter((line) => /^\{"id": "s2-0[0-4]/.test(line)).join('\n'));
  const model = path.join(folder, 'model.json');
  const { status, lines, stderr } = longhaul(['calibrate', few, '-o', model]);
  expect({ status, last: stderr.trim().split('\n').at(-1) }).toMatchObject({
    status: 0,
    last: expect.stringMatching(/^calibrate: (\d+) of \1 scenarios held out$/) as string,
  });
  expect(lines.filter((line) => line.startsWith('all ')).length).toBe(7);
  expect(Math.max(...lines.slice(1).map((line) => line.length))).toBeLessThanOrEqual(100);
  expect(longhaul(['estimate', '--model', model, observations])).toMatchObject({ status: 0, stderr: '' });
  const damaged = path.join(folder, 'damaged.json');
  writeFileSync(damaged, readFileSync(model, 'utf8').replace('"goodputShare"', '"goodputshare"'));
  expect(longhaul(['estimate', '--model', damaged, observations]).stderr).toContain(
    'parameters.goodputShare: is missing',
  );
});
