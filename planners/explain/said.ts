import { modeName } from '../choose/modes.ts';
import type { MoveOption } from '../plan/plan.ts';
import { sentenceOf, type Reason } from '../plan/reasons.ts';

/**
 * Explaining turns a plan into what people ask about it. Everything is read from the plan itself, nothing is planned
 * again: what is explained is, to the byte, what was approved. summary.ts answers for the whole plan, workload.ts for
 * one of its workloads; src/cli/render prints both.
 *
 * A reason beside its sentence, so that programs and people are told the same.
 */
export interface Said extends Reason {
  readonly sentence: string;
}

export const said = (reason: Reason): Said => ({ ...reason, sentence: sentenceOf(reason) });

/** 'routed-live', 'routed-live, hybrid', 'cold': the method, and how memory is sent where that is not the plain way. */
export function wayName({ method, settings }: MoveOption): string {
  if (!method.endsWith('-live') || settings === null) return method;
  const extra = modeName(settings).replace(/^pre-copy(, )?/, '');
  return extra === '' ? method : `${method}, ${extra}`;
}
