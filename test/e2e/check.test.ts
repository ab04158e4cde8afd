import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

/** `longhaul check` as its user sees it: exit code, standard output, standard error. */
let folder = '';
beforeAll(() => void (folder = mkdtempSync(path.join(tmpdir(), 'longhaul-check-'))));
afterAll(() => rmSync(folder, { recursive: true }));

function longhaul(...argv: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--import', 'tsx', 'src/cli/main.ts', ...argv],
    {
      encoding: 'utf8',
      timeout: 60_000,
    },
  );
  return { status, stdout, stderr };
}

const storm = ['examples/storm/topology.yaml', 'examples/storm/evacuate.yaml'] as const;

test('files without problems: a short summary, exit 0', () => {
  expect(longhaul('check', ...storm)).toEqual({
    status: 0,
    stdout:
      "topology 'storm': 3 sites, 5 hosts, 3 links (2.6 Gbit/s), 14 workloads (220 GiB of memory)\n" +
      "runbook 'evacuate-paris': evacuate, deadline 2026-11-24T17:00:00.000Z\n" +
      'no problems\n',
    stderr: '',
  });
});

test('problems of both files together on standard error, nothing on standard output, exit 2', () => {
  const topology = 'test/fixtures/bad/topology-two-faults.yaml';
  const runbook = 'test/fixtures/bad/runbook-site-unknown.yaml';
  const inFolder = (text: string) => text.replaceAll(/^/gm, 'test/fixtures/bad/');
  const expected = ['topology-two-faults', 'runbook-site-unknown']
    .map((name) => inFolder(readFileSync(`test/fixtures/bad/${name}.txt`, 'utf8').trimEnd()))
    .join('\n');
  expect(longhaul('check', topology, runbook)).toEqual({
    status: 2,
    stdout: '',
    stderr: `error LH_INPUT_INVALID\n${expected}\n`,
  });
});

test('--json: the problems one by one on standard output, exit 2 all the same', () => {
  const { status, stdout } = longhaul('check', '--json', 'test/fixtures/bad/topology-rtt-without-unit.yaml');
  expect(status).toBe(2);
  expect(JSON.parse(stdout)).toEqual({
    valid: false,
    problems: [
      {
        file: 'test/fixtures/bad/topology-rtt-without-unit.yaml',
        line: 36,
        column: 10,
        path: 'links[0].rtt',
        wrong: "'8' has no unit (us, ms, s, min, h, d)",
        right: 'write for example "38 ms"',
      },
    ],
    topology: null,
    runbook: null,
  });
});

test('files that cannot be read are named with the reason', () => {
  const notText = path.join(folder, 'picture.yaml');
  writeFileSync(notText, Buffer.from([0xff, 0xd8, 0xff, 0xe0]));
  expect(longhaul('check', 'missing.yaml').stderr).toBe(
    "error LH_INPUT_UNREADABLE: Cannot read 'missing.yaml': there is no such file; check the path\n",
  );
  expect(longhaul('check', folder).stderr).toContain('it is a directory; name the file in it');
  expect(longhaul('check', notText).stderr).toContain('it is not UTF-8 text; save it as UTF-8');
});

test('without arguments: what is missing, exit 2; with -h: the worked example, exit 0', () => {
  const without = longhaul('check');
  expect({ status: without.status, first: without.stderr.split('\n')[0] }).toEqual({
    status: 2,
    first: "error: missing required argument 'topology'",
  });
  const help = longhaul('check', '-h');
  expect(help.status).toBe(0);
  expect(help.stdout).toContain(`$ longhaul check ${storm.join(' ')}`);
});
