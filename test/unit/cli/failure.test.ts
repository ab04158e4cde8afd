import { CommanderError } from 'commander';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { reportFailure } from '../../../src/cli/render/failure.ts';
import { LonghaulError } from '../../../topology/errors.ts';

let said = '';
beforeEach(() => {
  said = '';
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    said += String(text);
    return true;
  });
});
afterEach(() => vi.restoreAllMocks());

const text = { json: false };

test('the kind of an error is its exit code; what settles it is said last', () => {
  const stale = new LonghaulError('LH_PLAN_STALE', ['storm', "host 'paris-1' is gone"], {
    settle: 'longhaul plan …',
  });
  expect(reportFailure(stale, text)).toBe(4);
  expect(said).toBe(
    "error LH_PLAN_STALE: Plan 'storm' no longer fits the world: host 'paris-1' is gone\nTo settle it: longhaul plan …\n",
  );
  expect(reportFailure(new LonghaulError('LH_COMMAND_TIMEOUT', ['x', 1]), text)).toBe(1);
  expect(reportFailure(new LonghaulError('LH_OPTION_INVALID', ['--x', 'y']), text)).toBe(2);
  expect(reportFailure(new LonghaulError('LH_PLAN_INFEASIBLE', ['z']), text)).toBe(3);
});

test('several problems begin on their own line', () => {
  reportFailure(new LonghaulError('LH_INPUT_INVALID', ['a.yaml:1:1: x\na.yaml:2:1: y']), text);
  expect(said).toBe('error LH_INPUT_INVALID\na.yaml:1:1: x\na.yaml:2:1: y\n');
});

test('with --json an error is one JSON line', () => {
  expect(reportFailure(new LonghaulError('LH_OPTION_INVALID', ['--at', 'is no time']), { json: true })).toBe(
    2,
  );
  expect(JSON.parse(said)).toEqual({
    error: { code: 'LH_OPTION_INVALID', kind: 'input', message: 'Option --at: is no time', settle: null },
  });
});

test('wrong options exit 2, help and version 0', () => {
  expect(reportFailure(new CommanderError(1, 'commander.unknownOption', 'error: …'), text)).toBe(2);
  expect(reportFailure(new CommanderError(0, 'commander.helpDisplayed', '(outputHelp)'), text)).toBe(0);
  expect(reportFailure(new CommanderError(0, 'commander.version', '0.1.0'), text)).toBe(0);
  expect(said).toBe('');
});

test('anything else is a fault of ours, with its stack, and exits 1', () => {
  expect(reportFailure(new TypeError('x is not a function'), text)).toBe(1);
  expect(said).toContain('a fault in Longhaul itself');
  expect(said).toContain('TypeError: x is not a function\n    at ');
});
