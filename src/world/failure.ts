import { z } from 'zod';
import { type ErrorCode, type ErrorKind, errorRegistry, LonghaulError } from '../../topology/errors.ts';

/** An error on the wire, and the same error made again from it at the other end. */
const failureSchema = z.object({
  error: z.object({
    code: z.string(),
    message: z.string(),
    values: z.array(z.union([z.string(), z.number()])),
    settle: z.string().nullable(),
  }),
});

export const statusOf: Readonly<Record<ErrorKind, number>> = {
  input: 422,
  infeasible: 422,
  person: 409,
  world: 502,
};

export function failureJson({ code, kind, message, values, settle }: LonghaulError): {
  readonly error: Readonly<Record<string, unknown>>;
} {
  return { error: { code, kind, message, values, settle: settle ?? null } };
}

/** Null where the text is no failure of ours: something else answered. */
export function parseFailure(
  text: string,
  unknownCode: (why: string) => LonghaulError,
): LonghaulError | null {
  const parsed = failureSchema.safeParse(parseJson(text));
  if (!parsed.success) return null;
  const { code, message, values, settle } = parsed.data.error;
  if (!isKnown(code)) return unknownCode(`${code}: ${message}`);
  return new LonghaulError(code, values, settle === null ? {} : { settle });
}

/** A peer of a newer version may know more codes, or take another number of values in one. */
const isKnown = (code: string): code is ErrorCode => Object.hasOwn(errorRegistry, code);

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
