import { stringify } from 'yaml';
import type { z } from 'zod';
import { exampleOf, innerValue, keysOf, schemaAt } from '../schema/describe.ts';
import type { Path } from './problems.ts';
import { nearest } from './suggest.ts';

/** What a schema finds wrong, in words for an operator. */
export interface Complaint {
  readonly path: Path;
  /** The key itself is wrong, not its value. */
  readonly isKey: boolean;
  readonly wrong: string;
  readonly right: string;
}

type Schema = z.core.$ZodType;

/** The sentence for each issue of a schema that has none of its own. */
export function wrongOf(issue: z.core.$ZodRawIssue): string | undefined {
  const { input } = issue;
  switch (issue.code) {
    case 'invalid_type':
      return input === undefined
        ? 'is missing'
        : input === null
          ? 'is empty'
          : mistyped(input, issue.expected);
    case 'invalid_value':
      return `${shown(input)} is not one of ${issue.values.map(String).join(', ')}`;
    case 'too_small':
      return outOfBounds(input, 'below', issue.minimum);
    case 'too_big':
      return outOfBounds(input, 'above', issue.maximum);
    case 'invalid_format':
      return `${shown(input)} does not have the right form`;
    case 'invalid_union':
      return Array.isArray(issue.options)
        ? unknownTag(innerValue(input, issue.discriminator ?? ''), issue.options)
        : `${shown(input)} is not of a form that is read here`;
    default:
      return undefined;
  }
}

function mistyped(input: unknown, expected: string): string {
  if (expected === 'object' || expected === 'record') return `${shown(input)} is not a mapping (key: value)`;
  if (expected === 'array' || expected === 'tuple') return `${shown(input)} is not a list`;
  if (expected === 'boolean') return `${shown(input)} is neither true nor false`;
  if (expected === 'int') return `${shown(input)} is not a whole number`;
  if (expected === 'number') return `${shown(input)} is not a number`;
  return `${shown(input)} is not text`;
}

function outOfBounds(input: unknown, side: 'below' | 'above', bound: number | bigint): string {
  if (typeof input === 'number') return `${input} is ${side} ${bound}`;
  const size = Array.isArray(input) || typeof input === 'string' ? input.length : 0;
  if (size === 0) return 'is empty';
  return side === 'below'
    ? `has ${size} entries, not ${bound}`
    : `has ${size} entries, at most ${bound} are read`;
}

function unknownTag(tag: unknown, options: readonly unknown[]): string {
  return tag === undefined ? 'is missing' : `${shown(tag)} is not one of ${options.map(String).join(', ')}`;
}

/** Values as the operator wrote them, cut short. */
export function shown(input: unknown): string {
  if (Array.isArray(input)) return 'a list';
  if (input !== null && typeof input === 'object') return 'a mapping';
  const text = String(input);
  return `'${text.length > 40 ? `${text.slice(0, 40)}…` : text}'`;
}

/** All that is wrong with `value`, each at its own place. */
export function complaintsOf(
  issues: readonly z.core.$ZodIssue[],
  { schema, value }: { readonly schema: Schema; readonly value: unknown },
): readonly Complaint[] {
  return issues.flatMap((issue) => {
    const path = issue.path as Path;
    if (issue.code === 'unrecognized_keys') return unknownKeys(issue.keys, { path, schema, value });
    const inner = issue.code === 'invalid_union' ? nearestBranch(issue) : null;
    if (inner !== null)
      return complaintsOf(
        inner.map((one) => ({ ...one, path: [...issue.path, ...one.path] })),
        { schema, value },
      );
    return [{ path, isKey: false, wrong: issue.message, right: rightOf(issue, { path, schema, value }) }];
  });
}

/** Of a union without a tag: the issues of the branch whose kind of value (list, mapping) was written. */
function nearestBranch(issue: z.core.$ZodIssueInvalidUnion): readonly z.core.$ZodIssue[] | null {
  const isAbout = (code: string) => (one: z.core.$ZodIssue) => one.path.length === 0 && one.code === code;
  const ofThisKind = issue.errors.filter(
    (branch) => branch.length > 0 && !branch.some(isAbout('invalid_type')),
  );
  const isText = typeof issue.input === 'string';
  return ofThisKind.find((branch) => branch.some(isAbout('invalid_value')) === isText) ?? null;
}

interface Place {
  readonly path: Path;
  readonly schema: Schema;
  readonly value: unknown;
}

function unknownKeys(keys: readonly string[], { path, schema, value }: Place): readonly Complaint[] {
  const holder = schemaAt(schema, path, value);
  const here = path.reduce<unknown>((inner, step) => innerValue(inner, step), value);
  const known = holder === null ? [] : keysOf(holder, here);
  return keys.map((key) => {
    const meant = nearest(key, known);
    return {
      path: [...path, key],
      isKey: true,
      wrong: `'${key}' is not a key here`,
      right: meant === null ? `known are ${[...known].sort().join(', ')}` : `did you mean '${meant}'?`,
    };
  });
}

function rightOf(issue: z.core.$ZodIssue, { path, schema, value }: Place): string {
  const words = wordsOf(issue);
  if (words !== null) {
    const meant = nearest(words.written, words.allowed);
    return meant === null ? 'write one of them' : `did you mean '${meant}'?`;
  }
  const place = schemaAt(schema, path, value);
  const example = place === null ? undefined : exampleOf(place);
  if (example === undefined) return 'see the reference of this file';
  const key = path.at(-1);
  if (issue.message === 'is missing' && typeof key === 'string')
    return `add for example '${key}: ${flow(example)}'`;
  return `write for example ${typeof example === 'string' ? JSON.stringify(example) : flow(example)}`;
}

/** Where only certain words are read: the one written, and those; null elsewhere, and where none was written. */
function wordsOf(issue: z.core.$ZodIssue): { written: string; allowed: readonly string[] } | null {
  if (issue.code === 'invalid_value' && typeof issue.input === 'string')
    return { written: issue.input, allowed: issue.values.map(String) };
  if (issue.code !== 'invalid_union' || !('options' in issue) || issue.options === undefined) return null;
  const tag = innerValue(issue.input, issue.discriminator ?? '');
  return typeof tag === 'string' ? { written: tag, allowed: issue.options.map(String) } : null;
}

/** A value on one line of YAML. */
export function flow(value: unknown): string {
  return stringify(value, { collectionStyle: 'flow', flowCollectionPadding: false, lineWidth: 0 }).trim();
}
