import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { readConfig } from '../../../src/config/config.ts';
import { resolveSecret, Secret } from '../../../src/config/secret.ts';

describe('configuration', () => {
  test('defaults', () => {
    expect(readConfig({}, {})).toEqual({
      state: { kind: 'directory', path: path.resolve('.longhaul') },
      concurrency: 16,
      logLevel: 'info',
      limits: 'wan',
      speed: 60,
      listen: { host: '127.0.0.1', port: 7400 },
      token: null,
    });
  });

  test('flags win over the environment, the environment over defaults, and the whole is frozen', () => {
    const config = readConfig(
      { state: '/flag', listen: '[::1]:80' },
      {
        LONGHAUL_STATE: '/env',
        LONGHAUL_CONCURRENCY: '3',
        LONGHAUL_LISTEN: '1',
        LONGHAUL_TOKEN: 'file:/run/token',
      },
    );
    expect(config).toEqual({
      state: { kind: 'directory', path: '/flag' },
      concurrency: 3,
      logLevel: 'info',
      limits: 'wan',
      speed: 60,
      listen: { host: '::1', port: 80 },
      token: 'file:/run/token',
    });
    expect(Object.isFrozen(config) && Object.isFrozen(config.state) && Object.isFrozen(config.listen)).toBe(
      true,
    );
  });

  test.each([
    [{ concurrency: '0' }, "Option --concurrency: '0' must be a whole number from 1 to 256"],
    [{ concurrency: '2.5' }, "Option --concurrency: '2.5' must be a whole number from 1 to 256"],
    [{ logLevel: 'loud' }, "Option --log-level: 'loud' must be one of debug, info, warn, error"],
    [
      { listen: 'here' },
      "Option --listen: 'here' must be a port, or an address and a port such as 127.0.0.1:7400",
    ],
    [
      { listen: '99999' },
      "Option --listen: '99999' must be a port, or an address and a port such as 127.0.0.1:7400",
    ],
    [{ token: 'hunter2' }, 'Option --token: must refer to the token (env:NAME or file:PATH), not be it'],
    [
      { state: 'http://x' },
      'Option --state: must be a directory, redis://…, rediss://… or unix:///path of a Redis socket',
    ],
  ])('%j is refused', (flags, message) => {
    expect(() => readConfig(flags, {})).toThrow(message);
  });

  test('a variable that is wrong is named as the variable', () => {
    expect(() => readConfig({}, { LONGHAUL_LISTEN: 'x' })).toThrow('Option LONGHAUL_LISTEN: ');
  });

  test('the password of a Redis URL is printed nowhere', () => {
    const { state } = readConfig({ state: 'redis://joe:hunter2@10.0.0.1/3' }, {});
    expect(`${inspect(state)} ${JSON.stringify(state)}`).not.toContain('hunter2');
    expect(state).toMatchObject({ kind: 'redis', name: 'redis://[secret]@10.0.0.1/3' });
  });
});

describe('secrets', () => {
  test('print as [secret], however they are printed', () => {
    const secret = new Secret('hunter2');
    expect([String(secret), JSON.stringify({ secret }), inspect(secret), inspect({ secret })]).toEqual([
      '[secret]',
      '{"secret":"[secret]"}',
      '[secret]',
      '{ secret: [secret] }',
    ]);
    expect(secret.reveal()).toBe('hunter2');
  });

  test('come from the environment or from a file without its last line end', () => {
    const file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'longhaul-secret-')), 'token');
    fs.writeFileSync(file, 'from file\n');
    expect(resolveSecret('env:TOKEN', { TOKEN: 'from env' }).reveal()).toBe('from env');
    expect(resolveSecret(`file:${file}`).reveal()).toBe('from file');
    fs.rmSync(path.dirname(file), { recursive: true });
  });

  test.each([
    ['env:NONE', "Secret 'env:NONE' cannot be resolved: the environment has no such variable"],
    ['file:/none', "Secret 'file:/none' cannot be resolved: ENOENT"],
    ['hunter2', "Secret '[secret]' cannot be resolved: write env:NAME or file:PATH"],
  ])('%s is refused', (reference, message) => {
    expect(() => resolveSecret(reference, {})).toThrow(message);
  });
});
