import { readFileSync } from 'node:fs';
import { inspect } from 'node:util';
import { LonghaulError } from '../../topology/errors.ts';
import type { SecretReference } from '../../topology/resolve/topology.ts';

/** A value that prints as `[secret]` wherever it is printed, logged or turned into JSON. */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return '[secret]';
  }

  toJSON(): string {
    return '[secret]';
  }

  [inspect.custom](): string {
    return '[secret]';
  }
}

/** `env:NAME` or `file:PATH` (its last line end cut off), read where it is used and not before. */
export function resolveSecret(reference: SecretReference, env: NodeJS.ProcessEnv = process.env): Secret {
  const [kind, ...rest] = reference.split(':');
  const place = rest.join(':');
  if (kind === 'env') {
    const value = env[place];
    if (value === undefined || value === '')
      throw unresolved(reference, 'the environment has no such variable');
    return new Secret(value);
  }
  if (kind === 'file') return new Secret(readSecretFile(reference, place));
  throw unresolved(reference, 'write env:NAME or file:PATH');
}

function readSecretFile(reference: SecretReference, path: string): string {
  try {
    const value = readFileSync(path, 'utf8').replace(/\r?\n$/, '');
    if (value !== '') return value;
  } catch (cause) {
    throw unresolved(reference, cause instanceof Error ? cause.message : String(cause));
  }
  throw unresolved(reference, 'the file is empty');
}

/** Only the reference is named: whoever wrote the secret itself there by mistake must not find it in a log. */
function unresolved(reference: SecretReference, why: string): LonghaulError {
  const isReference = reference.startsWith('env:') || reference.startsWith('file:');
  return new LonghaulError('LH_SECRET_UNRESOLVED', [isReference ? reference : '[secret]', why]);
}
