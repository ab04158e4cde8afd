import { complaintsOf, wrongOf } from '../../topology/load/complaints.ts';
import { inputError, pathText } from '../../topology/load/problems.ts';
import { LonghaulError } from '../../topology/errors.ts';
import { type Model, modelSchema } from '../../planners/estimate/model.ts';
import { readSource } from './input-files.ts';

/** A model made by `longhaul calibrate`. Throws LH_INPUT_INVALID with every problem. */
export async function readModelFile(file: string): Promise<Model> {
  const { text } = await readSource(file);
  const value = parse(file, text);
  const format = typeof value === 'object' && value !== null && 'format' in value ? value.format : undefined;
  if (format !== modelSchema.shape.format.value)
    throw new LonghaulError('LH_INPUT_FORMAT_UNKNOWN', [
      file,
      String(format),
      modelSchema.shape.format.value,
    ]);
  const result = modelSchema.safeParse(value, { reportInput: true, error: wrongOf });
  if (result.success) return result.data;
  throw inputError(
    complaintsOf(result.error.issues, { schema: modelSchema, value }).map(({ path, wrong }) => ({
      file,
      line: 1,
      column: 1,
      path: pathText(path),
      wrong,
      right: `make the model anew with 'longhaul calibrate'`,
    })),
  );
}

function parse(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause);
    throw new LonghaulError('LH_INPUT_UNREADABLE', [file, `it is not JSON (${detail})`], { cause });
  }
}
