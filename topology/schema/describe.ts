import { z } from 'zod';

/** What a schema says about itself: looked up for complaints, for the JSON Schema and for the reference page. */
export interface Meaning {
  readonly description: string | undefined;
  /** What kind of value it is: 'a length of time'. */
  readonly title: string | undefined;
  /** What an empty file would get, as people write it; undefined: the key is required, or has no default. */
  readonly preset: unknown;
  readonly isRequired: boolean;
  /** The schema below its wrappers (optional, default, transformation). */
  readonly core: z.core.$ZodType;
}

export function meaningOf(schema: z.core.$ZodType): Meaning {
  const meta = metaOf(schema);
  const inner = innerMeaning(schema);
  return {
    ...inner,
    description: text(meta?.['description']) ?? inner.description,
    title: text(meta?.['title']) ?? inner.title,
  };
}

function innerMeaning(schema: z.core.$ZodType): Meaning {
  if (schema instanceof z.ZodOptional) return { ...meaningOf(schema.unwrap()), isRequired: false };
  if (schema instanceof z.ZodPrefault)
    return { ...meaningOf(schema.unwrap()), preset: schema.def.defaultValue, isRequired: false };
  if (schema instanceof z.ZodPipe) return meaningOf(schema.in);
  return { description: undefined, title: undefined, preset: undefined, isRequired: true, core: schema };
}

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/** A value that would be right, as people write it. */
export function exampleOf(schema: z.core.$ZodType): unknown {
  const examples = metaOf(schema)?.['examples'];
  if (Array.isArray(examples)) return examples[0];
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodPrefault) return exampleOf(schema.unwrap());
  if (schema instanceof z.ZodPipe) return exampleOf(schema.in);
  if (schema instanceof z.ZodArray) return [exampleOf(schema.element)];
  if (schema instanceof z.ZodLiteral) return schema.value;
  if (schema instanceof z.ZodEnum) return schema.options[0];
  if (schema instanceof z.ZodUnion) return exampleOf(schema.options[0] ?? schema);
  if (schema instanceof z.ZodObject) {
    const keys = Object.entries(shapeOf(schema));
    const required = keys.filter(([, inner]) => meaningOf(inner).isRequired);
    const shown = required.length > 0 ? required : keys.slice(0, 1);
    return Object.fromEntries(shown.map(([key, inner]) => [key, exampleOf(inner)]));
  }
  return undefined;
}

/** The schema of the value at `path`; null where the path leaves what the schema knows. */
export function schemaAt(
  schema: z.core.$ZodType,
  path: readonly (string | number)[],
  value: unknown,
): z.core.$ZodType | null {
  const [step, ...rest] = path;
  if (step === undefined) return schema;
  const next = innerSchema(meaningOf(schema).core, step, value);
  return next === null ? null : schemaAt(next, rest, innerValue(value, step));
}

function innerSchema(core: z.core.$ZodType, step: string | number, value: unknown): z.core.$ZodType | null {
  if (core instanceof z.ZodArray) return typeof step === 'number' ? core.element : null;
  if (core instanceof z.ZodTuple) return core.def.items[Number(step)] ?? null;
  if (core instanceof z.ZodRecord) return core.valueType;
  if (core instanceof z.ZodObject) return shapeOf(core)[step] ?? null;
  if (core instanceof z.ZodUnion) return innerOfUnion(core, step, value);
  return null;
}

function innerOfUnion(union: z.ZodUnion, step: string | number, value: unknown): z.core.$ZodType | null {
  const fitting = union.options.find((option) => bearsTheTagOf(option, value)) ?? null;
  const options = fitting === null ? union.options : [fitting];
  for (const option of options) {
    const found = innerSchema(meaningOf(option).core, step, value);
    if (found !== null) return found;
  }
  return null;
}

/** Of a union told apart by a literal key (`goal`): whether this option is the one that `value` names. */
export function bearsTheTagOf(option: z.core.$ZodType, value: unknown): boolean {
  if (!(option instanceof z.ZodObject)) return false;
  const tags = Object.entries(shapeOf(option)).filter(([, inner]) => inner instanceof z.ZodLiteral);
  return (
    tags.length > 0 && tags.every(([key, tag]) => (tag as z.ZodLiteral).value === innerValue(value, key))
  );
}

export function innerValue(value: unknown, step: string | number): unknown {
  return value !== null && typeof value === 'object'
    ? (value as Record<string | number, unknown>)[step]
    : undefined;
}

/** The keys that may stand at this place. */
export function keysOf(schema: z.core.$ZodType, value: unknown): readonly string[] {
  const { core } = meaningOf(schema);
  if (core instanceof z.ZodObject) return Object.keys(shapeOf(core));
  if (!(core instanceof z.ZodUnion)) return [];
  const fitting = core.options.find((option) => bearsTheTagOf(option, value));
  const options = fitting === undefined ? core.options : [fitting];
  return [...new Set(options.flatMap((option) => keysOf(option, value)))];
}

/** Its keys; without a prototype, so that `constructor` is none. */
export function shapeOf(schema: z.ZodObject): Readonly<Record<string | number, z.core.$ZodType>> {
  return Object.assign(Object.create(null) as Record<string, z.core.$ZodType>, schema.shape);
}

function metaOf(schema: z.core.$ZodType): Readonly<Record<string, unknown>> | undefined {
  return z.globalRegistry.get(schema);
}
