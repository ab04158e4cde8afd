import { LonghaulError } from '../../topology/errors.ts';
import { planHash } from './hash.ts';
import type { Plan } from './plan.ts';

const format = 'longhaul-plan/1';

/** A plan from its file's text. Its hash says that it is, to the byte, what a planner wrote and people looked at. */
export function readPlan(text: string, file: string): Plan {
  const value = parseJson(text, file);
  const found = value['format'];
  if (found !== format)
    throw new LonghaulError('LH_INPUT_FORMAT_UNKNOWN', [
      file,
      typeof found === 'string' ? found : 'none',
      format,
    ]);
  const plan = value as unknown as Plan;
  const hash = planHash(plan);
  if (plan.hash !== hash) throw new LonghaulError('LH_PLAN_CHANGED', [file, hash, plan.hash]);
  return plan;
}

function parseJson(text: string, file: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    if (value !== null && typeof value === 'object' && !Array.isArray(value))
      return value as Readonly<Record<string, unknown>>;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new LonghaulError('LH_INPUT_UNREADABLE', [file, `no JSON: ${why}`], { cause });
  }
  throw new LonghaulError('LH_INPUT_UNREADABLE', [file, 'a plan is a JSON object']);
}
