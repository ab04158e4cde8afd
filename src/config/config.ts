import path from 'node:path';
import { LonghaulError } from '../../topology/errors.ts';
import type { SecretReference } from '../../topology/resolve/topology.ts';
import { Secret } from './secret.ts';

/**
 * What a process was told, once: flags over environment over defaults, checked here, frozen, handed on as one value.
 * Nothing else in the product looks at the environment.
 */
export interface Config {
  readonly state: StatePlace;
  /** Moves this worker carries out at once. */
  readonly concurrency: number;
  readonly logLevel: LogLevel;
  /** How long moves wait, try and look: `wan`, or `lab` for two sites on one machine. */
  readonly limits: LimitsName;
  /** Simulated sites: times as fast as the real clock. */
  readonly speed: number;
  /** Where `serve` listens. */
  readonly listen: { readonly host: string; readonly port: number };
  /** The bearer token that callers of `serve` must show; null: nobody is asked. */
  readonly token: SecretReference | null;
}

/** A redis URL may hold a password, so it is a secret as a whole; `name` is what may be printed. */
export type StatePlace =
  | { readonly kind: 'directory'; readonly path: string }
  | { readonly kind: 'redis'; readonly url: Secret; readonly name: string };

const logLevels = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof logLevels)[number];

const limitsNames = ['wan', 'lab'] as const;
export type LimitsName = (typeof limitsNames)[number];

/** As commander gives them: text, or absent. */
export interface Flags {
  readonly state?: string | undefined;
  readonly concurrency?: string | undefined;
  readonly logLevel?: string | undefined;
  readonly limits?: string | undefined;
  readonly speed?: string | undefined;
  readonly listen?: string | undefined;
  readonly token?: string | undefined;
}

export function readConfig(flags: Flags, env: NodeJS.ProcessEnv = process.env): Config {
  const pick = (flag: keyof Flags, variable: string, standard: string): Setting => {
    const fromFlag = flags[flag];
    if (fromFlag !== undefined) return { name: `--${kebab(flag)}`, text: fromFlag };
    const fromEnv = env[variable];
    return fromEnv === undefined || fromEnv === ''
      ? { name: `--${kebab(flag)}`, text: standard }
      : { name: variable, text: fromEnv };
  };
  const token = pick('token', 'LONGHAUL_TOKEN', '');
  return Object.freeze({
    state: readStatePlace(pick('state', 'LONGHAUL_STATE', './.longhaul')),
    concurrency: readCount(pick('concurrency', 'LONGHAUL_CONCURRENCY', '16'), concurrencyMax),
    logLevel: readOneOf(logLevels, pick('logLevel', 'LONGHAUL_LOG_LEVEL', 'info')),
    limits: readOneOf(limitsNames, pick('limits', 'LONGHAUL_LIMITS', 'wan')),
    speed: readSpeed(pick('speed', 'LONGHAUL_SPEED', '60')),
    listen: Object.freeze(readListen(pick('listen', 'LONGHAUL_LISTEN', '127.0.0.1:7400'))),
    token: token.text === '' ? null : readReference(token),
  });
}

/** Whether somebody said where runs are remembered; else it is the place where they are if nobody does. */
export function namesState({ state }: Flags, env: NodeJS.ProcessEnv = process.env): boolean {
  return (state ?? env['LONGHAUL_STATE'] ?? '') !== '';
}

/** A move in flight is a held call and a few timers; agents take as many connections from one worker. */
const concurrencyMax = 256;

interface Setting {
  readonly name: string;
  readonly text: string;
}

function readStatePlace({ name, text }: Setting): StatePlace {
  if (/^(rediss?|unix):\/\//.test(text))
    return Object.freeze({
      kind: 'redis',
      url: new Secret(text),
      name: text.replace(/\/\/[^/@]*@/, '//[secret]@'),
    });
  if (/^\w+:\/\//.test(text))
    throw invalid(name, 'must be a directory, redis://…, rediss://… or unix:///path of a Redis socket');
  return Object.freeze({ kind: 'directory', path: path.resolve(text) });
}

function readCount({ name, text }: Setting, max: number): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1 || count > max)
    throw invalid(name, `'${text}' must be a whole number from 1 to ${max}`);
  return count;
}

function readOneOf<T extends string>(allowed: readonly T[], { name, text }: Setting): T {
  const found = allowed.find((each) => each === text);
  if (found === undefined) throw invalid(name, `'${text}' must be one of ${allowed.join(', ')}`);
  return found;
}

function readSpeed({ name, text }: Setting): number {
  const speed = Number(text);
  if (!(speed > 0 && speed <= speedMax))
    throw invalid(name, `'${text}' must be a number above 0 and at most ${speedMax}`);
  return speed;
}

/** A day in under a second and a half; this machine falls behind long before. */
const speedMax = 60_000;

/** `7400`, `127.0.0.1:7400` or `[::1]:7400`. */
function readListen({ name, text }: Setting): Config['listen'] {
  const match = /^(?:(\[[0-9a-f:]+\]|[^:[\]]+):)?(\d{1,5})$/i.exec(text);
  const port = Number(match?.[2]);
  if (match === null || port > 65_535)
    throw invalid(name, `'${text}' must be a port, or an address and a port such as 127.0.0.1:7400`);
  return { host: (match[1] ?? '127.0.0.1').replace(/^\[|\]$/g, ''), port };
}

function readReference({ name, text }: Setting): SecretReference {
  if (/^(env|file):./.test(text)) return text;
  throw invalid(name, 'must refer to the token (env:NAME or file:PATH), not be it');
}

const kebab = (text: string): string => text.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
const invalid = (name: string, why: string): LonghaulError =>
  new LonghaulError('LH_OPTION_INVALID', [name, why]);
